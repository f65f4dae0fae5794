package io.tideline.server.catalog;

import io.tideline.manager.CatalogImage;
import io.tideline.manager.PartitionDescriptor;
import io.tideline.manager.StoreDescriptor;
import io.tideline.manager.StoreState;
import io.tideline.server.command.PartitionOptions;
import io.tideline.server.log.GroupLog;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
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
  private final GroupLog log;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("catalog-follower").daemon().factory());

  /** What was followed to its end; confined to the thread. */
  private @Nullable CatalogImage done;

  CatalogFollower(String nodeId, PartitionHost partitions, GroupLog log) {
    this.nodeId = nodeId;
    this.partitions = partitions;
    this.log = log;
  }

  /** How a partition is opened, or given its options if it runs. */
  interface Opening {
    /**
     * @param isNew as in {@link PartitionHost#open}
     */
    void open(PartitionDescriptor partition, PartitionOptions options, boolean isNew)
        throws IOException, InterruptedException;
  }

  /** Begins to follow an image; returns at once. What fails is tried again at the next call. */
  void follow(CatalogImage image) {
    if (!thread.isShutdown()) {
      thread.execute(
          () -> {
            if (image != done) {
              try {
                makeTrue(image);
                done = image;
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } catch (IOException | RuntimeException e) {
                LOG.error("not every partition is as the catalog says; will be tried again", e);
              }
            }
          });
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
        boolean isNew = store.state() == StoreState.CREATING;
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
        store.options().dedupWindowMillis());
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
                partitions.close(partition.partitionId());
              });
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
    here.addAll(log.groups());
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
