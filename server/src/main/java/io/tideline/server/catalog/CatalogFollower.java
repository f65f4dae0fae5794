package io.tideline.server.catalog;

import io.tideline.manager.CatalogImage;
import io.tideline.manager.PartitionDescriptor;
import io.tideline.manager.StoreDescriptor;
import io.tideline.manager.StoreState;
import io.tideline.server.command.PartitionOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the partitions of this node what the catalog's image says: opens what is placed here,
 * closes what was dropped, deletes what was purged or is of a store that was forgotten while this
 * node was away.
 *
 * <p>Threading: safe for many threads; {@link #follow} works on a thread of its own.
 */
final class CatalogFollower {

  /** Partitions opened at the same time: enough to share syncs, few enough for one disk. */
  private static final int OPEN_PARALLEL = 16;

  private static final long STOP_SECONDS = 10;
  private static final Logger LOG = LoggerFactory.getLogger(CatalogFollower.class);

  private final String nodeId;
  private final PartitionHost partitions;
  private final Supplier<List<Long>> logged;

  /** Stores that were being created when this node started. */
  private final Set<Long> creatingAtStart = ConcurrentHashMap.newKeySet();

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("catalog-follower").daemon().factory());

  /** The newest image that nobody works on yet. */
  private final AtomicReference<@Nullable CatalogImage> next = new AtomicReference<>();

  /** What was followed to its end; confined to the thread. */
  private @Nullable CatalogImage done;

  /**
   * @param logged asked for the partitions of which the node's log holds something
   */
  CatalogFollower(String nodeId, PartitionHost partitions, Supplier<List<Long>> logged) {
    this.nodeId = nodeId;
    this.partitions = partitions;
    this.logged = logged;
  }

  /**
   * Takes note of what the catalog says before this node opens anything. Its partitions of a store
   * that is being created by then may have a past: this member may have voted in them, and lost its
   * disk. So they are not taken for new.
   */
  void startWith(CatalogImage image) {
    for (StoreDescriptor store : image.stores()) {
      if (store.state() == StoreState.CREATING) {
        creatingAtStart.add(store.storeId());
      }
    }
  }

  /** How a partition is opened, or given its options if it runs. */
  interface Opening {
    /**
     * @param isNew as in {@link PartitionHost#open}
     */
    void open(PartitionDescriptor partition, PartitionOptions options, boolean isNew)
        throws IOException, InterruptedException;
  }

  /**
   * Begins to follow an image; returns at once. What fails is tried again at the next call. While
   * one is followed the newest waits, and those between are left out.
   */
  void follow(CatalogImage image) {
    if (next.getAndSet(image) == null && !thread.isShutdown()) {
      thread.execute(this::followNext);
    }
  }

  private void followNext() {
    CatalogImage image = next.getAndSet(null);
    if (image == null || image == done) {
      return;
    }
    try {
      makeTrue(image);
      done = image;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      LOG.error("not every partition is as the catalog says; will be tried again", e);
    }
  }

  private void makeTrue(CatalogImage image) throws IOException, InterruptedException {
    List<StoreDescriptor> open = new ArrayList<>();
    for (StoreDescriptor store : image.stores()) {
      switch (store.state()) {
        case CREATING, LIVE -> open.add(store);
        case DROPPED -> close(store);
        case PURGING -> destroy(store);
      }
    }
    destroyForgotten(image);
    open(open, this::openUnlessFailed);
  }

  /** One that could not be opened at start takes its options from the catalog at the next. */
  void openUnlessFailed(PartitionDescriptor partition, PartitionOptions options, boolean isNew)
      throws IOException, InterruptedException {
    if (partitions.failure(partition.partitionId()).isEmpty()) {
      partitions.openUnlessDamaged(partition, options, isNew);
    }
  }

  /** Opens this node's partitions of some stores, several at a time; returns when it has. */
  void open(List<StoreDescriptor> stores, Opening opening)
      throws IOException, InterruptedException {
    Semaphore slots = new Semaphore(OPEN_PARALLEL);
    List<Future<?>> opened = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (StoreDescriptor store : stores) {
        PartitionOptions options = optionsOf(store);
        boolean isNew =
            store.state() == StoreState.CREATING && !creatingAtStart.contains(store.storeId());
        for (PartitionDescriptor partition : store.partitions()) {
          if (!partition.isOn(nodeId)) {
            continue;
          }
          slots.acquire();
          opened.add(
              threads.submit(
                  () -> {
                    try {
                      opening.open(partition, options, isNew);
                      return null;
                    } finally {
                      slots.release();
                    }
                  }));
        }
      }
    }
    for (Future<?> one : opened) {
      try {
        one.get();
      } catch (ExecutionException e) {
        throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
      }
    }
  }

  static PartitionOptions optionsOf(StoreDescriptor store) {
    return new PartitionOptions(
        store.options().sequenceMode(),
        store.options().ttlMillis(),
        store.options().dedupWindowMillis(),
        store.options().retentionMaxEntries(),
        store.options().retentionMaxBytes());
  }

  /** A stopped partition's log is flushed first, or its entries would hold the shared log back. */
  void close(StoreDescriptor store) {
    for (PartitionDescriptor partition : store.partitions()) {
      partitions
          .find(partition.partitionId())
          .ifPresent(
              running -> {
                try {
                  running.flush().get(STOP_SECONDS, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                } catch (Exception e) {
                  LOG.warn("partition {} stops without a flush", partition.partitionId(), e);
                }
              });
      partitions.close(partition.partitionId());
    }
  }

  /** Deletes this node's data of a store. */
  void destroy(StoreDescriptor store) throws IOException {
    for (PartitionDescriptor partition : store.partitions()) {
      if (partition.isOn(nodeId)) {
        partitions.destroy(partition.partitionId());
      }
    }
  }

  /** Ids are given once and rising: one below the next, but of no store, will never be again. */
  private void destroyForgotten(CatalogImage image) throws IOException {
    TreeSet<Long> here = new TreeSet<>(partitions.stored());
    here.addAll(logged.get());
    for (long id : here) {
      if (id > ReplicaHost.CATALOG_PARTITION
          && id < image.nextPartitionId()
          && image.storeOf(id).isEmpty()) {
        LOG.info("partition {} is of a store that was deleted: its data goes too", id);
        partitions.destroy(id);
      }
    }
  }

  void stop() {
    thread.shutdownNow();
    try {
      if (!thread.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("a partition is still being opened or closed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
