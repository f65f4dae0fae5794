package io.tideline.server.catalog;

import io.tideline.manager.CatalogChange;
import io.tideline.manager.CatalogOutcome;
import io.tideline.manager.OptionsUpdate;
import io.tideline.manager.PartitionDescriptor;
import io.tideline.manager.StoreDescriptor;
import io.tideline.manager.StoreState;
import io.tideline.server.command.Command;
import io.tideline.server.command.CommandResult;
import io.tideline.server.command.PartitionOptions;
import io.tideline.server.replica.Admission;
import io.tideline.server.replica.Partition;
import io.tideline.server.replica.PartitionReplica;
import io.tideline.server.replica.Refusal;
import io.tideline.server.replica.WriteOutcome;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The catalog of this node: looks up in the image of partition 0, changes it through partition 0's
 * log, and makes this node's partitions follow it.
 *
 * <p>Creating a store is three steps: it is registered as CREATING, its partitions are opened, it
 * becomes LIVE. A crash between them is made good at the next start, by going on from where it
 * stood. Dropping hides the store; after the grace period its data is deleted and then it is
 * forgotten, each step again resumed after a crash.
 *
 * <p>Threading: look-ups by any thread; changes one after the other on a thread of its own.
 */
final class StoreCatalog implements Catalog {

  /** Partitions opened at the same time: enough to share syncs, few enough for one disk. */
  private static final int OPEN_PARALLEL = 16;

  private static final long STOP_SECONDS = 10;
  private static final Logger LOG = LoggerFactory.getLogger(StoreCatalog.class);

  private final PartitionReplica replica;
  private final CatalogStateMachine machine;
  private final PartitionHost partitions;
  private final Admission admission;
  private final Duration dropGrace;
  private final InstantSource clock;
  private final ExecutorService changes =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().name("catalog").daemon().factory());

  StoreCatalog(
      PartitionReplica replica,
      CatalogStateMachine machine,
      PartitionHost partitions,
      Admission admission,
      Duration dropGrace,
      InstantSource clock) {
    this.replica = replica;
    this.machine = machine;
    this.partitions = partitions;
    this.admission = admission;
    this.dropGrace = dropGrace;
    this.clock = clock;
  }

  @Override
  public Optional<StoreDescriptor> find(String name) {
    return machine.image().find(name).filter(store -> store.state() == StoreState.LIVE);
  }

  @Override
  public Optional<StoreDescriptor> find(long storeId) {
    return machine.image().find(storeId);
  }

  @Override
  public List<StoreDescriptor> list(boolean includeDropped) {
    return machine.image().storesByName().stream()
        .filter(
            store ->
                store.state() == StoreState.LIVE
                    || (includeDropped && store.state() == StoreState.DROPPED))
        .toList();
  }

  @Override
  public Optional<StoreDescriptor> storeOf(long partitionId) {
    return machine.image().storeOf(partitionId);
  }

  @Override
  public Optional<Partition> route(StoreDescriptor store, byte[] identifier) {
    return partitions.find(store.partitionOf(identifier).partitionId());
  }

  @Override
  public Optional<Partition> partition(long partitionId) {
    return partitionId == replica.partitionId()
        ? Optional.of(replica)
        : partitions.find(partitionId);
  }

  @Override
  public List<Partition> partitions() {
    List<Partition> all = new ArrayList<>();
    all.add(replica);
    all.addAll(partitions.replicas());
    return all;
  }

  @Override
  public Optional<PartitionFailure> failure(long partitionId) {
    return partitions.failure(partitionId);
  }

  @Override
  public List<PartitionFailure> failures() {
    return partitions.failures();
  }

  @Override
  public long recoverableUntilMillis(StoreDescriptor dropped) {
    return dropped.dropTimeMillis() + dropGrace.toMillis();
  }

  @Override
  public CompletableFuture<WriteOutcome<CatalogOutcome>> createStore(
      CatalogChange.CreateStore request) {
    return submit(
        () -> {
          Refusal refusal = admission.nodeRefusal();
          if (refusal != null) {
            return new WriteOutcome.Refused<>(refusal);
          }
          WriteOutcome<CatalogOutcome> registered = change(request);
          return done(registered).isPresent() ? makeLive(done(registered).get()) : registered;
        });
  }

  @Override
  public CompletableFuture<WriteOutcome<CatalogOutcome>> alterStore(
      String name, OptionsUpdate update) {
    return submit(
        () -> {
          WriteOutcome<CatalogOutcome> outcome = change(new CatalogChange.AlterStore(name, update));
          if (done(outcome).isPresent()) {
            try {
              openPartitions(List.of(done(outcome).get()), this::openUnlessFailed);
            } catch (IOException e) {
              LOG.warn("store {} did not take its options everywhere", name, e);
              return new WriteOutcome.Unknown<>(
                  "the options are stored, but not every partition took them: " + e.getMessage());
            }
          }
          return outcome;
        });
  }

  @Override
  public CompletableFuture<WriteOutcome<CatalogOutcome>> dropStore(String name) {
    return submit(
        () -> {
          WriteOutcome<CatalogOutcome> outcome = change(new CatalogChange.DropStore(name));
          done(outcome).ifPresent(this::stopPartitions);
          return outcome;
        });
  }

  /** Makes this node's partitions what the catalog says. Called once, before anything is served. */
  void resume() throws IOException, InterruptedException {
    List<StoreDescriptor> stores = machine.image().stores();
    openPartitions(
        stores.stream().filter(store -> store.state() == StoreState.LIVE).toList(),
        partitions::openUnlessDamaged);
    for (StoreDescriptor store : stores) {
      switch (store.state()) {
        case LIVE -> {
          // Opened above.
        }
        case CREATING -> {
          LOG.info("store {} was being created when the node stopped: goes on", store.name());
          WriteOutcome<CatalogOutcome> outcome = makeLive(store);
          if (done(outcome).isEmpty()) {
            LOG.warn("store {} was not created: {}", store.name(), outcome);
          }
        }
        case DROPPED, PURGING -> {
          // Stays closed; reap() deletes it when it is time.
        }
      }
    }
  }

  /** Deletes what was dropped long enough ago. Returns at once; works on the catalog's thread. */
  void reap() {
    boolean due = machine.image().stores().stream().anyMatch(this::isReapable);
    if (due && !changes.isShutdown()) {
      var _ =
          submit(
              () -> {
                for (StoreDescriptor store : machine.image().stores()) {
                  if (isReapable(store)) {
                    delete(store);
                  }
                }
                return new WriteOutcome.Unknown<>("not asked by anybody");
              });
    }
  }

  private boolean isReapable(StoreDescriptor store) {
    return switch (store.state()) {
      case PURGING -> true;
      case DROPPED -> clock.millis() >= recoverableUntilMillis(store);
      case CREATING, LIVE -> false;
    };
  }

  private void delete(StoreDescriptor store) throws InterruptedException {
    if (store.state() == StoreState.DROPPED
        && done(change(new CatalogChange.PurgeStore(store.storeId()))).isEmpty()) {
      return;
    }
    try {
      for (PartitionDescriptor partition : store.partitions()) {
        partitions.destroy(partition.partitionId());
      }
      change(new CatalogChange.ForgetStore(store.storeId()));
      LOG.info("store {} (id {}) is deleted", store.name(), store.storeId());
    } catch (IOException e) {
      LOG.warn("store {} is not deleted yet and will be tried again", store.name(), e);
    }
  }

  private WriteOutcome<CatalogOutcome> makeLive(StoreDescriptor creating)
      throws InterruptedException {
    try {
      openPartitions(List.of(creating), partitions::open);
    } catch (IOException e) {
      LOG.warn("store {} cannot be created and is rolled back", creating.name(), e);
      change(new CatalogChange.PurgeStore(creating.storeId()));
      return new WriteOutcome.Refused<>(
          Refusal.of(
              Refusal.Reason.UNAVAILABLE,
              "a partition of store " + creating.name() + " could not be made: " + e.getMessage(),
              0));
    }
    return change(new CatalogChange.StoreReady(creating.storeId()));
  }

  /** How a partition is opened, or given its options if it runs. */
  private interface Opening {
    void open(long partitionId, PartitionOptions options) throws IOException, InterruptedException;
  }

  /** One that could not be opened at start takes its options from the catalog at the next. */
  private void openUnlessFailed(long partitionId, PartitionOptions options)
      throws IOException, InterruptedException {
    if (partitions.failure(partitionId).isEmpty()) {
      partitions.open(partitionId, options);
    }
  }

  /** Opens all partitions of some stores, several at a time; returns when all take writes. */
  private void openPartitions(List<StoreDescriptor> stores, Opening opening)
      throws IOException, InterruptedException {
    Semaphore slots = new Semaphore(OPEN_PARALLEL);
    List<Future<?>> opened = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (StoreDescriptor store : stores) {
        PartitionOptions options = optionsOf(store);
        for (PartitionDescriptor partition : store.partitions()) {
          slots.acquire();
          opened.add(
              threads.submit(
                  () -> {
                    try {
                      opening.open(partition.partitionId(), options);
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

  private static PartitionOptions optionsOf(StoreDescriptor store) {
    return new PartitionOptions(
        store.options().sequenceMode(),
        store.options().ttlMillis(),
        store.options().dedupWindowMillis());
  }

  /** A stopped partition's log is flushed first, or its entries would hold the shared log back. */
  private void stopPartitions(StoreDescriptor store) {
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

  /**
   * One change through partition 0's log. Blocks; on the catalog's thread only, or before serving.
   */
  private WriteOutcome<CatalogOutcome> change(CatalogChange change) throws InterruptedException {
    WriteOutcome<CommandResult> outcome;
    try {
      outcome = replica.execute(new Command.ChangeCatalog(CatalogFormat.encode(change))).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a defect while changing the catalog", e.getCause());
    }
    return switch (outcome) {
      case WriteOutcome.Applied<CommandResult> applied ->
          new WriteOutcome.Applied<>(
              ((CommandResult.CatalogChanged) applied.result()).outcome(), applied.position());
      case WriteOutcome.Refused<CommandResult> refused ->
          new WriteOutcome.Refused<>(refused.refusal());
      case WriteOutcome.Unknown<CommandResult> unknown -> new WriteOutcome.Unknown<>(unknown.why());
    };
  }

  private static Optional<StoreDescriptor> done(WriteOutcome<CatalogOutcome> outcome) {
    return outcome instanceof WriteOutcome.Applied<CatalogOutcome>(var result, var position)
            && result instanceof CatalogOutcome.Done(var store)
        ? Optional.of(store)
        : Optional.empty();
  }

  private CompletableFuture<WriteOutcome<CatalogOutcome>> submit(
      Callable<WriteOutcome<CatalogOutcome>> task) {
    CompletableFuture<WriteOutcome<CatalogOutcome>> result = new CompletableFuture<>();
    try {
      changes.execute(
          () -> {
            try {
              result.complete(task.call());
            } catch (InterruptedException e) {
              result.complete(new WriteOutcome.Unknown<>("the node is shutting down"));
            } catch (Exception | AssertionError e) {
              LOG.error("a defect in the catalog", e);
              result.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      result.complete(
          new WriteOutcome.Refused<>(
              Refusal.of(Refusal.Reason.SHUTTING_DOWN, "the node is shutting down", 0)));
    }
    return result;
  }

  /** Finishes the change under way, if it can; takes no more. */
  void stopChanges() {
    changes.shutdown();
    try {
      if (!changes.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
        changes.shutdownNow();
      }
    } catch (InterruptedException e) {
      changes.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
