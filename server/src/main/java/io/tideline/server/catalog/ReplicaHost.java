package io.tideline.server.catalog;

import io.grpc.BindableService;
import io.grpc.Deadline;
import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.EngineResources;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.server.cluster.Members;
import io.tideline.server.cluster.PeerAdmin;
import io.tideline.server.cluster.PeerCalls;
import io.tideline.server.cluster.Peers;
import io.tideline.server.log.GroupLog;
import io.tideline.server.log.GroupLogListener;
import io.tideline.server.log.GroupLogOptions;
import io.tideline.server.log.GroupLogStats;
import io.tideline.server.raft.JRaftGroups;
import io.tideline.server.replica.Admission;
import io.tideline.server.replica.GroupFailedException;
import io.tideline.server.replica.PartitionReplica;
import io.tideline.server.replica.PartitionStatus;
import io.tideline.server.replica.Replica;
import io.tideline.server.replica.ReplicaContext;
import io.tideline.server.replica.TimelineWatchers;
import io.tideline.server.transfer.SnapshotTransfers;
import io.tideline.server.transfer.TransferLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the replicas of one node: the shared log, the Raft transport, partition 0 and every
 * partition of every store placed here.
 *
 * <p>Lifetime: {@link #open} joins the catalog's group, {@link #serve} returns once the catalog and
 * all partitions of live stores serve; {@link #close} refuses new writes, lets proposed ones
 * finish, stops the groups and closes engines and log. The caller closes the {@link
 * EngineResources} afterwards.
 *
 * <p>Threading: safe for many threads.
 */
public final class ReplicaHost implements AutoCloseable {

  /** Partition of the catalog. */
  public static final long CATALOG_PARTITION = 0;

  // Directories of the data directory.
  static final String PARTITIONS = "partitions";
  static final String LOG_DIRECTORY = "log";

  /** Snapshots on their way to and from other nodes. */
  static final String TRANSFER = "transfer";

  /** How often disk space is sampled, expiry and forgotten memtables are looked after. */
  private static final long MAINTENANCE_MILLIS = 1_000;

  /** How often a node that finds no majority says so. */
  private static final long WAITING_TOLD_SECONDS = 10;

  private static final long CATALOG_RETRY_MILLIS = 5;

  /** A hand-over takes some tens of milliseconds; a stop must not wait for members that hang. */
  private static final long HAND_OVER_MILLIS = 3_000;

  private static final Logger LOG = LoggerFactory.getLogger(ReplicaHost.class);

  private final HostSettings settings;
  private final EngineResources resources;
  private final Consumer<Throwable> fatal;
  private final AtomicBoolean failed = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final AtomicBoolean logSpaceLow = new AtomicBoolean();

  /** Set once it serves: the log's threads may ask before. */
  private final AtomicReference<@Nullable StoreCatalog> catalog = new AtomicReference<>();

  private final Set<Long> flushing = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("replica-timer").daemon().factory());
  private final ExecutorService answers =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("replica-answer").factory());
  private final Admission admission;
  private final GroupLog log;
  private final JRaftGroups groups;
  private final Peers peers;
  private final SnapshotTransfers transfers;
  private final TimelineWatchers watchers = new TimelineWatchers();
  private final PartitionHost partitions;
  private final CatalogReplica catalogReplica;
  private final StoreCatalog stores;
  private final DamageLog damage;
  private final HandOver handOver;
  private final ReplicaRepair repair;

  /** Opens in order and, when a step fails, closes what is open already in reverse order. */
  private ReplicaHost(
      HostSettings settings,
      EngineResources resources,
      InstantSource clock,
      Consumer<Throwable> fatal)
      throws IOException {
    this.settings = settings;
    this.resources = resources;
    this.fatal = fatal;
    this.peers = new Peers(settings.members());
    this.handOver = new HandOver(peers, answers);
    this.damage = new DamageLog(settings.dataDirectory());
    this.admission =
        new Admission(
            settings.inFlightBytesMax(),
            settings.diskReserveBytes(),
            settings.logBacklogBytesMax());
    Path partitionsDirectory = settings.dataDirectory().resolve(PARTITIONS);
    FileSystem fileSystem = resources.fileSystem();
    fileSystem.createDirectories(partitionsDirectory);
    fileSystem.syncDirectory(settings.dataDirectory());
    this.transfers = openTransfers(fileSystem);
    try {
      this.log = openLog(fileSystem);
    } catch (IOException | RuntimeException e) {
      transfers.close();
      stopThreads();
      throw e;
    }
    try {
      this.groups =
          JRaftGroups.start(
              log,
              settings.raftAddress(),
              settings.electionTimeout(),
              settings.reads().leaseReads());
      try {
        ReplicaContext context =
            new ReplicaContext(
                groups,
                admission,
                transfers,
                clock,
                timer,
                answers,
                settings.engineOptions().flushLogBytes(),
                settings.reads(),
                watchers,
                this::replicaFailed);
        this.partitions =
            new PartitionHost(
                partitionsDirectory,
                settings.engineOptions(),
                resources,
                context,
                settings.members());
        this.catalogReplica = CatalogReplica.open(partitions, settings.members(), context);
        this.repair = new ReplicaRepair(this::damagedCopies, peers, handOver, transfers, answers);
        this.stores =
            new StoreCatalog(
                catalogReplica,
                partitions,
                new CatalogFollower(settings.members().self().nodeId(), partitions, log::groups),
                peers,
                admission,
                settings.dropGrace(),
                clock);
      } catch (IOException | RuntimeException e) {
        groups.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      transfers.close();
      stopThreads();
      closeLog();
      throw e;
    }
  }

  /**
   * Waits until this node knows every store there is, and opens its partitions; returns when those
   * of live stores serve.
   *
   * <p>Other nodes must be able to call {@link #peerService} and {@link #snapshotService} by then:
   * a majority may need a snapshot of this node's catalog before there is one.
   *
   * @throws IOException if files are damaged; {@link #close} is still to be called
   */
  public void serve() throws IOException, InterruptedException {
    sampleDisk();
    awaitCatalog();
    stores.resume();
    catalog.set(stores);
    var _ =
        timer.scheduleWithFixedDelay(
            this::maintain, MAINTENANCE_MILLIS, MAINTENANCE_MILLIS, TimeUnit.MILLISECONDS);
  }

  private List<DamagedCopy> damagedCopies() {
    List<DamagedCopy> copies = new ArrayList<>(partitions.damagedCopies());
    catalogReplica.damagedCopy().ifPresent(copies::add);
    return copies;
  }

  /** Returns once this node knows every store there is; a damaged catalog is repaired first. */
  private void awaitCatalog() throws IOException, InterruptedException {
    Deadline tell = Deadline.after(WAITING_TOLD_SECONDS, TimeUnit.SECONDS);
    while (!catalogReplica.isReady() || !isCurrent()) {
      repair.look();
      if (tell.isExpired()) {
        tell = Deadline.after(WAITING_TOLD_SECONDS, TimeUnit.SECONDS);
        LOG.info(
            "waiting for a majority of the members {}: are the others started?",
            settings.members().all());
      }
      TimeUnit.MILLISECONDS.sleep(CATALOG_RETRY_MILLIS);
    }
  }

  private boolean isCurrent() throws InterruptedException {
    try {
      return stores.current().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a defect while reading the catalog", e.getCause());
    }
  }

  private SnapshotTransfers openTransfers(FileSystem fileSystem) throws IOException {
    Members members = settings.members();
    return new SnapshotTransfers(
        fileSystem,
        settings.dataDirectory().resolve(TRANSFER),
        members.self().grpcAddress(),
        address -> members.others().stream().anyMatch(m -> m.grpcAddress().equals(address)),
        TransferLimits.DEFAULTS);
  }

  /**
   * Opens the log and the catalog in the data directory, or begins there; {@link #serve} comes
   * next.
   *
   * @param resources memory, threads and disk shared by the engines
   * @param clock stamps proposals; never read while applying
   * @param fatal told once, by any thread, of an error after which this node must not go on (a
   *     failed sync, a corrupt log; not damage in one partition's files): the process should stop.
   *     Must not call {@link #close} on the calling thread
   * @throws IOException if files are damaged, of a newer format, or the Raft port is in use
   */
  public static ReplicaHost open(
      HostSettings settings,
      EngineResources resources,
      InstantSource clock,
      Consumer<Throwable> fatal)
      throws IOException {
    return new ReplicaHost(settings, resources, clock, fatal);
  }

  /**
   * As {@link #open}; but if the log is damaged in the middle and the other members have
   * everything, this node's data is set aside and it begins as a member that lost its disk.
   *
   * @throws IOException also if the other members do not answer or are not well; nothing was
   *     changed then
   */
  public static ReplicaHost openRejoining(
      HostSettings settings,
      EngineResources resources,
      InstantSource clock,
      Consumer<Throwable> fatal)
      throws IOException, InterruptedException {
    try {
      ReplicaHost host = open(settings, resources, clock, fatal);
      LOG.info("the log is whole: there was no need to rejoin");
      return host;
    } catch (CorruptionException e) {
      LostLog.giveUp(resources.fileSystem(), settings.dataDirectory(), settings.members(), e);
      return open(settings, resources, clock, fatal);
    }
  }

  /** Shows what is known of the stores; before {@link #serve} returns, maybe not all of them. */
  public Catalog catalog() {
    return stores;
  }

  /** Log entries applied again at start, over all partitions. */
  public long replayedEntries() {
    return catalog().partitions().stream().mapToLong(p -> p.status().replayedEntries()).sum();
  }

  /** Passes calls on to the other nodes. */
  public PeerCalls peerCalls() {
    return peers.calls();
  }

  /** Who waits for news in timelines of this node's replicas. */
  public TimelineWatchers watchers() {
    return watchers;
  }

  /** What the other nodes tell. */
  public PeerAdmin peerAdmin() {
    return peers.admin();
  }

  /**
   * Hands every leadership to another member that can take it, so that a stop that follows costs
   * writers a moment and not an election. Returns when that is done or did not succeed; what could
   * not be handed over is elected anew.
   */
  public void handOver() throws InterruptedException {
    List<Replica> led = new ArrayList<>();
    for (Replica replica : catalog().partitions()) {
      boolean shared =
          replica.partitionId() == CATALOG_PARTITION || partitions.isShared(replica.partitionId());
      if (shared
          && !settings.members().isAlone()
          && replica.status().role() == PartitionStatus.Role.LEADER) {
        led.add(replica);
      }
    }
    List<CompletableFuture<Void>> transfers =
        led.stream()
            .map(
                replica ->
                    replica
                        .transferLeader(Optional.empty())
                        .exceptionally(
                            error -> {
                              LOG.info(
                                  "partition {} is not handed over: {}",
                                  replica.partitionId(),
                                  error.getMessage());
                              return null;
                            }))
            .toList();
    try {
      CompletableFuture.allOf(transfers.toArray(CompletableFuture<?>[]::new))
          .get(HAND_OVER_MILLIS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.info("not every leadership was handed over before the stop", e);
    }
    if (!led.isEmpty()) {
      LOG.info("{} leaderships were handed over or will be elected", led.size());
    }
  }

  /** What other nodes may call on this one. */
  public BindableService peerService() {
    return peers.service(this::replica);
  }

  /** What other nodes read snapshots of partitions from. */
  public BindableService snapshotService() {
    return transfers.service();
  }

  /** Sends and receives snapshots; for its figures. */
  public SnapshotTransfers transfers() {
    return transfers;
  }

  private Optional<PartitionReplica> replica(long partitionId) {
    return partitionId == CATALOG_PARTITION
        ? catalogReplica.replica()
        : partitions.find(partitionId);
  }

  /** Bytes of log segments on disk. */
  public long logBytes() {
    return log.stats().logBytes();
  }

  /** Counters of the shared log. */
  public GroupLogStats logStats() {
    return log.stats();
  }

  /** Bytes of writes between admission and answer. */
  public long inFlightBytes() {
    return admission.inFlightBytes();
  }

  /** What is left of a damaged log must not be gone on with: it may have been acknowledged. */
  private GroupLog openLog(FileSystem fileSystem) throws IOException {
    Path data = settings.dataDirectory();
    try {
      return GroupLog.open(
          fileSystem, data.resolve(LOG_DIRECTORY), logOptions(), new LogListener());
    } catch (CorruptionException e) {
      LOG.error(
          "THE LOG IS DAMAGED: {}. What comes behind it was acknowledged and must not be lost. {}",
          e.getMessage(),
          settings.members().isAlone()
              ? "Restore the file from a copy; `tideline inspect --data " + data + "` tells more"
              : "The other members have it too: if all of them serve (`tideline cluster health`),"
                  + " start this node with `tideline server --rejoin`. It sets "
                  + data
                  + " aside, copies everything from them, and votes when it has caught up");
      throw e;
    }
  }

  private GroupLogOptions logOptions() {
    return GroupLogOptions.DEFAULT
        .withSegmentBytes(settings.logSegmentBytes())
        .withSoftLimitBytes(settings.logBacklogBytesMax() / 2);
  }

  private void maintain() {
    try {
      sampleDisk();
      partitions.tickExpiry();
      for (PartitionReplica replica : partitions.replicas()) {
        flushIfAdvised(replica);
        handOver.ifDiskFull(replica, partitions.otherHolders(replica.partitionId()));
        damage.tell(replica, partitions.isShared(replica.partitionId()));
      }
      catalogReplica.replica().ifPresent(this::maintainCatalog);
      repair.look();
      stores.lookAfter();
    } catch (IOException | RuntimeException e) {
      LOG.error("maintenance failed and will be tried again", e);
    }
  }

  private void maintainCatalog(PartitionReplica replica) {
    flushIfAdvised(replica);
    handOver.ifDiskFull(replica, settings.members().others());
    damage.tell(replica, !settings.members().isAlone());
  }

  private void flushIfAdvised(PartitionReplica replica) {
    replica.sampleLog();
    if (replica.flushAdvised()) {
      flush(replica);
    }
  }

  private void sampleDisk() throws IOException {
    long usable = resources.fileSystem().usableBytes(settings.dataDirectory());
    admission.sampled(usable, log.stats().logBytes(), logSpaceLow.get());
  }

  /** Flushes in the background unless a flush asked for here is still running. */
  private void flush(Replica partition) {
    long id = partition.partitionId();
    if (!flushing.add(id)) {
      return;
    }
    var _ =
        partition
            .flush()
            .whenComplete(
                (state, error) -> {
                  flushing.remove(id);
                  if (error != null) {
                    LOG.warn("partition {} was not flushed", id, error);
                  }
                });
  }

  private void replicaFailed(Throwable cause) {
    Path root = settings.dataDirectory().resolve(PARTITIONS);
    if (!isOfOnePartition(cause, root, settings.members().isAlone())) {
      fail(cause);
    }
  }

  /**
   * Damage in the files of one partition, or a Raft node of it that cannot be mended, stops that
   * partition, which tells why and answers REPLICA_FAILED; whatever else stops a replica is of the
   * node. So is a Raft node of the catalog, and damage of a catalog that no other node has.
   *
   * @param root directory of all partitions
   * @param isAlone whether there are no other nodes
   */
  static boolean isOfOnePartition(Throwable cause, Path root, boolean isAlone) {
    if (cause instanceof GroupFailedException group) {
      return group.partitionId() != CATALOG_PARTITION;
    }
    Path ofCatalog = root.resolve(Long.toString(CATALOG_PARTITION));
    return PartitionHost.damage(cause)
        .map(CorruptionException::file)
        .filter(file -> file.startsWith(root))
        .filter(file -> !file.startsWith(ofCatalog) || !isAlone)
        .isPresent();
  }

  private void fail(Throwable cause) {
    if (failed.compareAndSet(false, true)) {
      LOG.error("the node cannot go on", cause);
      fatal.accept(cause);
    }
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    stores.stopChanges();
    repair.close();
    closeReplicas();
    peers.close();
    transfers.close();
    groups.close();
    stopThreads();
    closeLog();
  }

  /** All at once, for each waits for its own writes; the catalog last. */
  private void closeReplicas() {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (PartitionReplica replica : partitions.replicas()) {
        threads.execute(() -> partitions.close(replica.partitionId()));
      }
    }
    catalogReplica.close();
  }

  private void stopThreads() {
    timer.shutdownNow();
    answers.shutdown();
  }

  private void closeLog() {
    try {
      log.close();
    } catch (IOException e) {
      LOG.warn("the log did not close cleanly; it is recovered at the next start", e);
    }
  }

  /** Called on the log's threads: hands everything that may wait to other threads. */
  private final class LogListener implements GroupLogListener {

    @Override
    public void failed(Throwable cause) {
      fail(cause);
    }

    @Override
    public void pinned(List<Long> pinning, long segment, long logBytes) {
      StoreCatalog serving = catalog.get();
      if (serving == null || closed.get()) {
        return;
      }
      List<Replica> toFlush = new ArrayList<>();
      pinning.forEach(id -> serving.partition(id).ifPresent(toFlush::add));
      answers.execute(() -> toFlush.forEach(ReplicaHost.this::flush));
    }

    @Override
    public void spaceLow(boolean low) {
      logSpaceLow.set(low);
      if (low) {
        LOG.warn("the disk has no room for the next log segment: writes are refused");
      }
    }
  }
}
