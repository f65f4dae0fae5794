package io.tideline.server.catalog;

import io.grpc.Deadline;
import io.tideline.manager.CatalogChange;
import io.tideline.manager.CatalogImage;
import io.tideline.manager.CatalogOutcome;
import io.tideline.manager.OptionsUpdate;
import io.tideline.manager.PartitionDescriptor;
import io.tideline.manager.StoreDescriptor;
import io.tideline.manager.StoreState;
import io.tideline.server.cluster.Members;
import io.tideline.server.cluster.Peers;
import io.tideline.server.cluster.RoutedPartition;
import io.tideline.server.command.Command;
import io.tideline.server.command.CommandResult;
import io.tideline.server.command.FormatException;
import io.tideline.server.replica.Admission;
import io.tideline.server.replica.Freshness;
import io.tideline.server.replica.Partition;
import io.tideline.server.replica.ReadOutcome;
import io.tideline.server.replica.Refusal;
import io.tideline.server.replica.Replica;
import io.tideline.server.replica.WriteOutcome;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
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

  private static final long STOP_SECONDS = 10;

  /** How long the partitions of a new store have to find leaders: several elections. */
  private static final long READY_SECONDS = 30;

  /** How often a partition that cannot take its options yet is asked again. */
  private static final long READY_RETRY_MILLIS = 50;

  /** A store that is in the making for so long was left by a node that stopped. */
  private static final long ABANDONED_MILLIS = 2 * READY_SECONDS * 1_000;

  private static final Logger LOG = LoggerFactory.getLogger(StoreCatalog.class);

  private final CatalogReplica catalog;
  private final PartitionHost partitions;
  private final CatalogFollower follower;
  private final Peers peers;
  private final RoutedPartition everywhere;
  private final Map<Long, RoutedPartition> routes = new ConcurrentHashMap<>();
  private final Admission admission;
  private final Duration dropGrace;
  private final InstantSource clock;
  private final ExecutorService changes =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().name("catalog").daemon().factory());

  StoreCatalog(
      CatalogReplica catalog,
      PartitionHost partitions,
      CatalogFollower follower,
      Peers peers,
      Admission admission,
      Duration dropGrace,
      InstantSource clock) {
    this.catalog = catalog;
    this.partitions = partitions;
    this.follower = follower;
    this.peers = peers;
    this.everywhere =
        peers.route(ReplicaHost.CATALOG_PARTITION, List.of(), id -> catalog.replica());
    this.admission = admission;
    this.dropGrace = dropGrace;
    this.clock = clock;
  }

  @Override
  public Optional<StoreDescriptor> find(String name) {
    return catalog.image().find(name).filter(store -> store.state() == StoreState.LIVE);
  }

  @Override
  public Optional<StoreDescriptor> find(long storeId) {
    return catalog.image().find(storeId);
  }

  @Override
  public List<StoreDescriptor> list(boolean includeDropped) {
    return catalog.image().storesByName().stream()
        .filter(
            store ->
                store.state() == StoreState.LIVE
                    || (includeDropped && store.state() == StoreState.DROPPED))
        .toList();
  }

  @Override
  public Optional<StoreDescriptor> storeOf(long partitionId) {
    return catalog.image().storeOf(partitionId);
  }

  @Override
  public Optional<Partition> route(StoreDescriptor store, byte[] identifier) {
    return route(store.partitionOf(identifier));
  }

  @Override
  public Optional<Partition> route(PartitionDescriptor partition) {
    RoutedPartition routed = routed(partition);
    return !routed.isHereOnly() || partitions.find(partition.partitionId()).isPresent()
        ? Optional.of(routed)
        : Optional.empty();
  }

  private RoutedPartition routed(PartitionDescriptor partition) {
    return routes.computeIfAbsent(
        partition.partitionId(), id -> peers.route(id, partition.replicas(), partitions::find));
  }

  @Override
  public Optional<Replica> partition(long partitionId) {
    return (partitionId == ReplicaHost.CATALOG_PARTITION
            ? catalog.replica()
            : partitions.find(partitionId))
        .map(Replica.class::cast);
  }

  @Override
  public List<Replica> partitions() {
    List<Replica> all = new ArrayList<>();
    catalog.replica().ifPresent(all::add);
    all.addAll(partitions.replicas());
    return all;
  }

  @Override
  public Members members() {
    return peers.members();
  }

  /** By a read of the catalog's own partition: what it shows is applied here by then. */
  @Override
  public CompletableFuture<Boolean> current() {
    return everywhere
        .read(Freshness.LINEARIZABLE)
        .thenApply(
            outcome -> {
              if (outcome instanceof ReadOutcome.Ready(var view)) {
                view.close();
                return true;
              }
              return false;
            });
  }

  @Override
  public Optional<PartitionFailure> failure(long partitionId) {
    return partitionId == ReplicaHost.CATALOG_PARTITION
        ? catalog.failure()
        : partitions.failure(partitionId);
  }

  @Override
  public List<PartitionFailure> failures() {
    List<PartitionFailure> all = new ArrayList<>();
    catalog.failure().ifPresent(all::add);
    all.addAll(partitions.failures());
    return all;
  }

  @Override
  public long recoverableUntilMillis(StoreDescriptor dropped) {
    return dropped.dropTimeMillis() + dropGrace.toMillis();
  }

  @Override
  public CompletableFuture<WriteOutcome<CatalogOutcome>> createStore(
      CatalogChange.CreateStore request) {
    CatalogChange.CreateStore placed =
        request.nodes().isEmpty() ? request.on(peers.members().ids()) : request;
    return submit(
        () -> {
          Refusal refusal = admission.nodeRefusal();
          if (refusal != null) {
            return new WriteOutcome.Refused<>(refusal);
          }
          WriteOutcome<CatalogOutcome> registered = change(placed);
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
            StoreDescriptor store = done(outcome).get();
            try {
              follower.open(List.of(store), follower::openUnlessFailed);
              awaitOptions(store);
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
          done(outcome).ifPresent(follower::close);
          return outcome;
        });
  }

  /** Makes this node's partitions what the catalog says. Called once, before anything is served. */
  void resume() throws IOException, InterruptedException {
    CatalogImage image = catalog.image();
    follower.startWith(image);
    List<StoreDescriptor> stores = image.stores();
    follower.open(
        stores.stream().filter(store -> store.state() == StoreState.LIVE).toList(),
        partitions::openUnlessDamaged);
    if (peers.members().isAlone()) {
      // Other nodes may not take calls yet, so in their company lookAfter() sees to it. Those that
      // were dropped stay closed; lookAfter() deletes them when it is time.
      for (StoreDescriptor store : stores) {
        if (store.state() == StoreState.CREATING) {
          goOn(store);
        }
      }
    }
  }

  private void goOn(StoreDescriptor creating) throws InterruptedException {
    LOG.info("store {} was being created when a node stopped: goes on", creating.name());
    WriteOutcome<CatalogOutcome> outcome = makeLive(creating);
    if (done(outcome).isEmpty()) {
      LOG.warn("store {} was not created: {}", creating.name(), outcome);
    }
  }

  /**
   * Opens and closes what changed, and where this node leads the catalog, deletes what was dropped
   * long enough ago and finishes what was left half made. Called every second or so; returns at
   * once.
   */
  void lookAfter() {
    CatalogImage image = catalog.image();
    if (!peers.members().isAlone()) {
      follower.follow(image);
      routes.keySet().removeIf(id -> image.storeOf(id).isEmpty());
      partitions.keepOptions();
    }
    if (!catalog.leads() || changes.isShutdown()) {
      return;
    }
    if (image.stores().stream().anyMatch(store -> isReapable(store) || isAbandoned(store))) {
      var _ =
          submit(
              () -> {
                for (StoreDescriptor store : catalog.image().stores()) {
                  if (isReapable(store)) {
                    delete(store);
                  } else if (isAbandoned(store)) {
                    goOn(store);
                  }
                }
                return new WriteOutcome.Unknown<>("not asked by anybody");
              });
    }
  }

  private boolean isAbandoned(StoreDescriptor store) {
    return store.state() == StoreState.CREATING
        && clock.millis() >= store.createTimeMillis() + ABANDONED_MILLIS;
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
      follower.destroy(store);
      change(new CatalogChange.ForgetStore(store.storeId()));
      LOG.info("store {} (id {}) is deleted", store.name(), store.storeId());
    } catch (IOException e) {
      LOG.warn("store {} is not deleted yet and will be tried again", store.name(), e);
    }
  }

  private WriteOutcome<CatalogOutcome> makeLive(StoreDescriptor creating)
      throws InterruptedException {
    try {
      follower.open(List.of(creating), partitions::open);
      awaitOptions(creating);
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

  /**
   * Has the partitions that are not this node's alone take their options, wherever they are led;
   * returns when all have, so all take writes.
   */
  private void awaitOptions(StoreDescriptor store) throws IOException, InterruptedException {
    Command command = new Command.SetOptions(CatalogFollower.optionsOf(store));
    Deadline deadline = Deadline.after(READY_SECONDS, TimeUnit.SECONDS);
    List<Future<?>> asked = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (PartitionDescriptor partition : store.partitions()) {
        if (!peers.members().of(partition.replicas()).equals(List.of(peers.members().self()))) {
          asked.add(
              threads.submit(
                  () -> {
                    awaitOptions(routed(partition), command, deadline);
                    return null;
                  }));
        }
      }
    }
    for (Future<?> one : asked) {
      try {
        one.get();
      } catch (ExecutionException e) {
        throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
      }
    }
  }

  /** Setting options twice does no harm, so an unknown outcome is simply tried again. */
  private static void awaitOptions(RoutedPartition partition, Command command, Deadline deadline)
      throws IOException, InterruptedException, ExecutionException {
    WriteOutcome<CommandResult> outcome = partition.execute(command).get();
    while (!(outcome instanceof WriteOutcome.Applied)) {
      if (deadline.isExpired()) {
        throw new IOException(
            "partition " + partition.partitionId() + " takes no writes: " + outcome);
      }
      TimeUnit.MILLISECONDS.sleep(READY_RETRY_MILLIS);
      outcome = partition.execute(command).get();
    }
  }

  /**
   * One change through partition 0's log, wherever it is led; this node's image shows it
   * afterwards. Blocks; on the catalog's thread only, or before serving.
   */
  private WriteOutcome<CatalogOutcome> change(CatalogChange change) throws InterruptedException {
    try {
      WriteOutcome<CommandResult> outcome =
          everywhere.execute(new Command.ChangeCatalog(CatalogFormat.encode(change))).get();
      if (outcome instanceof WriteOutcome.Applied && !catalog.leads() && !current().get()) {
        LOG.debug("this node learns of the change a little later");
      }
      return switch (outcome) {
        case WriteOutcome.Applied<CommandResult> applied ->
            new WriteOutcome.Applied<>(
                CatalogFormat.decodeOutcome(
                    ((CommandResult.CatalogChanged) applied.result()).outcome()),
                applied.position());
        case WriteOutcome.Refused<CommandResult> refused ->
            new WriteOutcome.Refused<>(refused.refusal());
        case WriteOutcome.Unknown<CommandResult> unknown ->
            new WriteOutcome.Unknown<>(unknown.why());
      };
    } catch (ExecutionException e) {
      throw new IllegalStateException("a defect while changing the catalog", e.getCause());
    } catch (FormatException e) {
      return new WriteOutcome.Unknown<>("the catalog's answer is unreadable: " + e.getMessage());
    }
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
    follower.stop();
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
