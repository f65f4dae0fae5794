package io.tideline.server.catalog;

import io.tideline.lsm.CompactionScheme;
import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.Damage;
import io.tideline.lsm.Engine;
import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.EngineResources;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.manager.PartitionDescriptor;
import io.tideline.server.cluster.Member;
import io.tideline.server.cluster.Members;
import io.tideline.server.command.Command;
import io.tideline.server.command.CommandResult;
import io.tideline.server.command.PartitionOptions;
import io.tideline.server.command.TimelineStateMachine;
import io.tideline.server.replica.EngineHome;
import io.tideline.server.replica.ExpiryClock;
import io.tideline.server.replica.PartitionReplica;
import io.tideline.server.replica.ReplicaContext;
import io.tideline.server.replica.WriteOutcome;
import io.tideline.server.transfer.ArrivedSnapshot;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens, finds, closes and deletes the partitions of timelines that run on this node, one engine
 * directory each: {@code partitions/<partition id>}.
 *
 * <p>Threading: safe for many threads; of those that open, close or destroy one partition, one
 * waits for the other.
 */
final class PartitionHost {

  private record Running(
      PartitionReplica replica,
      TimelineStateMachine machine,
      ExpiryClock expiry,
      List<Member> holders,
      AtomicReference<PartitionOptions> wanted,
      AtomicBoolean settingOptions) {

    boolean shared() {
      return holders.size() > 1;
    }
  }

  /** A partition whose own files were found damaged when it was to be opened. */
  private record Unopened(
      PartitionFailure failure, List<Member> holders, PartitionOptions options) {}

  /**
   * Partitions opened or closed at the same time wait for each other by their id in so many groups.
   */
  private static final int LOCKS = 64;

  /** Directory of a partition of timelines: its id, which is at least 1. */
  private static final Pattern PARTITION_NAME = Pattern.compile("[1-9][0-9]{0,17}");

  /** Where an engine keeps tables that were found damaged. */
  private static final String QUARANTINE = "quarantine";

  private static final Logger LOG = LoggerFactory.getLogger(PartitionHost.class);

  private final Path directory;
  private final EngineOptions engineOptions;
  private final EngineResources resources;
  private final ReplicaContext context;
  private final Members members;
  private final ReentrantLock[] locks = new ReentrantLock[LOCKS];
  private final Map<Long, Running> running = new ConcurrentHashMap<>();

  /** Partitions whose own files were found damaged at start; none of them is running. */
  private final Map<Long, Unopened> damaged = new ConcurrentHashMap<>();

  /**
   * @param directory the node's {@code partitions/}, which exists
   * @param engineOptions of all engines; its scheme is for those whose rows live long
   */
  PartitionHost(
      Path directory,
      EngineOptions engineOptions,
      EngineResources resources,
      ReplicaContext context,
      Members members) {
    this.directory = directory;
    this.engineOptions = engineOptions;
    this.resources = resources;
    this.context = context;
    this.members = members;
    Arrays.setAll(locks, i -> new ReentrantLock());
  }

  Optional<PartitionReplica> find(long partitionId) {
    return Optional.ofNullable(running.get(partitionId)).map(Running::replica);
  }

  /** Who has a replica of a partition that runs here, but for this node. */
  List<Member> otherHolders(long partitionId) {
    Running partition = running.get(partitionId);
    return partition == null ? List.of() : others(partition.holders());
  }

  private List<Member> others(List<Member> holders) {
    return holders.stream().filter(member -> !member.equals(members.self())).toList();
  }

  /** Whether a partition that runs here has replicas elsewhere too. */
  boolean isShared(long partitionId) {
    Running partition = running.get(partitionId);
    return partition != null && partition.shared();
  }

  List<PartitionReplica> replicas() {
    List<PartitionReplica> replicas = new ArrayList<>();
    running.values().forEach(r -> replicas.add(r.replica()));
    replicas.sort(Comparator.comparingLong(PartitionReplica::partitionId));
    return replicas;
  }

  /** Why a partition could not be opened; empty for one that runs or is not of this node. */
  Optional<PartitionFailure> failure(long partitionId) {
    return Optional.ofNullable(damaged.get(partitionId)).map(Unopened::failure);
  }

  /** Partitions that could not be opened, by id. */
  List<PartitionFailure> failures() {
    return damaged.values().stream()
        .map(Unopened::failure)
        .sorted(Comparator.comparingLong(PartitionFailure::partitionId))
        .toList();
  }

  /**
   * Gives the partitions this node leads the options their store has by now. For those with other
   * replicas, whose leader changes: nobody else knows who has to.
   */
  void keepOptions() {
    for (Running partition : running.values()) {
      PartitionOptions wanted = Objects.requireNonNull(partition.wanted().get());
      if (partition.shared()
          && partition.replica().leads()
          && !partition.machine().options().equals(Optional.of(wanted))
          && partition.settingOptions().compareAndSet(false, true)) {
        // A refusal or an unknown outcome needs no care: the next round asks again.
        var _ =
            partition
                .replica()
                .write(List.of(new Command.SetOptions(wanted)), true)
                .whenComplete((done, error) -> partition.settingOptions().set(false));
      }
    }
  }

  /** Lets partitions that nobody writes to expire what is due. */
  void tickExpiry() {
    running.values().forEach(r -> r.expiry().tick());
  }

  /**
   * Opens the engine of a partition, creating it if need be.
   *
   * @param ttlMillis lifetime of its rows, 0 for ever: it merges its files accordingly until it is
   *     opened again
   */
  Engine openEngine(long partitionId, long ttlMillis) throws IOException {
    FileSystem fileSystem = resources.fileSystem();
    CompactionScheme scheme = CompactionScheme.forTtl(ttlMillis);
    if (scheme.kind() == CompactionScheme.Kind.LONG_LIVED) {
      scheme = engineOptions.scheme();
    }
    Engine engine = Engine.open(path(partitionId), engineOptions.withScheme(scheme), resources);
    try {
      fileSystem.syncDirectory(directory);
    } catch (IOException e) {
      engine.close();
      throw e;
    }
    return engine;
  }

  /**
   * Opens this node's replica of a partition; then {@link #find} finds it. One that is the only
   * replica takes writes under {@code options} on return. One of several has begun to join the
   * others, and whoever leads gives it the options. One that runs already only gets the options.
   *
   * @param isNew whether nothing was ever written to the partition: its store is being created
   */
  void open(PartitionDescriptor descriptor, PartitionOptions options, boolean isNew)
      throws IOException, InterruptedException {
    long partitionId = descriptor.partitionId();
    List<Member> holders = members.of(descriptor.replicas());
    ReentrantLock lock = lockOf(partitionId);
    lock.lockInterruptibly();
    try {
      Running partition = running.get(partitionId);
      if (partition == null) {
        partition = start(partitionId, holders, options, isNew);
        if (!partition.shared()) {
          try {
            awaitReady(partition.replica());
            setOptions(partition, options);
          } catch (IOException | RuntimeException | InterruptedException e) {
            closeQuietly(partition.replica());
            throw e;
          }
        }
        running.put(partitionId, partition);
      } else if (partition.shared()) {
        partition.wanted().set(options);
      } else {
        setOptions(partition, options);
      }
    } finally {
      lock.unlock();
    }
  }

  private Running start(
      long partitionId, List<Member> holders, PartitionOptions options, boolean isNew)
      throws IOException {
    Engine engine = openEngine(partitionId, options.ttlMillis());
    TimelineStateMachine machine;
    try {
      machine = TimelineStateMachine.open(engine);
    } catch (IOException | RuntimeException e) {
      engine.close();
      throw e;
    }
    List<String> addresses = holders.stream().map(Member::raftAddress).toList();
    PartitionReplica replica =
        PartitionReplica.open(
            partitionId,
            addresses,
            isNew,
            home(partitionId, options.ttlMillis()),
            engine,
            machine,
            context);
    return new Running(
        replica,
        machine,
        new ExpiryClock(replica, machine, context.clock()),
        holders,
        new AtomicReference<>(options),
        new AtomicBoolean());
  }

  /** Where a partition's engine lives; for {@link #openEngine}'s arguments. */
  EngineHome home(long partitionId, long ttlMillis) {
    return new EngineHome(path(partitionId), () -> openEngine(partitionId, ttlMillis));
  }

  private ReentrantLock lockOf(long partitionId) {
    return locks[Math.floorMod(partitionId, LOCKS)];
  }

  /**
   * As {@link #open}, but damage in the partition's own directory, also if it is met only while the
   * log is applied again, is noted as its {@link #failure}, so that the others can serve. Anything
   * else fails: a damaged log, a full disk or a newer format are not of one partition alone.
   */
  void openUnlessDamaged(PartitionDescriptor descriptor, PartitionOptions options, boolean isNew)
      throws IOException, InterruptedException {
    long partitionId = descriptor.partitionId();
    try {
      open(descriptor, options, isNew);
    } catch (CorruptionException e) {
      if (!e.file().startsWith(path(partitionId))) {
        throw e;
      }
      noteDamaged(partitionId, members.of(descriptor.replicas()), options, e);
    }
  }

  private void noteDamaged(
      long partitionId, List<Member> holders, PartitionOptions options, Exception e) {
    PartitionFailure failure =
        new PartitionFailure(
            partitionId,
            e instanceof CorruptionException damage
                ? damage.file() + " at offset " + damage.offset()
                : path(partitionId).toString(),
            "partition "
                + partitionId
                + " cannot be opened: "
                + e.getMessage()
                + (holders.size() > 1
                    ? "; it is repaired from another replica"
                    : "; stop the node, run `tideline inspect --data "
                        + directory.getParent()
                        + " --verify`, restore the file from a copy and start the node again"));
    damaged.put(partitionId, new Unopened(failure, holders, options));
    LOG.error(
        "{}. UNTIL THEN NOTHING OF IT IS SERVED, and the shared log keeps what is not in its files",
        failure.message(),
        e);
  }

  /** Damaged copies of partitions that other members have too: those can be repaired. */
  List<DamagedCopy> damagedCopies() {
    List<DamagedCopy> copies = new ArrayList<>();
    running.forEach(
        (id, partition) -> {
          if (partition.shared()) {
            damageOf(partition.replica())
                .ifPresent(
                    what ->
                        copies.add(
                            copy(
                                id,
                                partition.replica(),
                                partition.holders(),
                                what,
                                this::replaceContent)));
          }
        });
    damaged.forEach(
        (id, unopened) -> {
          if (unopened.holders().size() > 1) {
            copies.add(
                copy(
                    id,
                    null,
                    unopened.holders(),
                    unopened.failure().place(),
                    this::replaceContent));
          }
        });
    copies.sort(Comparator.comparingLong(DamagedCopy::partitionId));
    return copies;
  }

  /** What is damaged in the files of a replica that runs, for people; empty for nothing. */
  Optional<String> damageOf(PartitionReplica replica) {
    Optional<String> stoppedOf =
        replica
            .failure()
            .flatMap(PartitionHost::damage)
            .filter(e -> e.file().startsWith(path(replica.partitionId())))
            .map(Throwable::getMessage);
    return stoppedOf.isPresent()
        ? stoppedOf
        : replica.status().damage().stream().findFirst().map(Damage::toString);
  }

  /** The copy here of a partition whose copies {@code holders} have. */
  DamagedCopy copy(
      long id,
      @Nullable PartitionReplica replica,
      List<Member> holders,
      String what,
      DamagedCopy.Replacement replacement) {
    String leader =
        Optional.ofNullable(replica).flatMap(PartitionReplica::leader).orElse("unknown");
    List<Member> others =
        others(holders).stream()
            .sorted(Comparator.comparing(member -> !member.raftAddress().equals(leader)))
            .toList();
    return new DamagedCopy(id, replica, path(id), others, what, replacement);
  }

  /** As {@link DamagedCopy.Replacement#replace}; a copy may go with its store. */
  private boolean replaceContent(DamagedCopy copy, ArrivedSnapshot content)
      throws IOException, InterruptedException {
    long partitionId = copy.partitionId();
    ReentrantLock lock = lockOf(partitionId);
    lock.lockInterruptibly();
    try {
      Running old = running.get(partitionId);
      Unopened unopened = damaged.get(partitionId);
      List<Member> holders;
      PartitionOptions options;
      if (old != null && old.replica() == copy.replica()) {
        holders = old.holders();
        options = Objects.requireNonNull(old.wanted().get());
      } else if (unopened != null && copy.replica() == null) {
        holders = unopened.holders();
        options = unopened.options();
      } else {
        return false;
      }
      content.requireUsable();
      close(partitionId);
      try {
        install(partitionId, content);
      } finally {
        reopen(partitionId, holders, options);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Replaces the files of a partition that is not open.
   *
   * @throws IOException if the content does not fit the log here; then the old files stay
   */
  void install(long partitionId, ArrivedSnapshot content) throws IOException {
    context.groups().adopt(partitionId, content.state().position());
    content.install();
    Path quarantine = path(partitionId).resolve(QUARANTINE);
    if (resources.fileSystem().exists(quarantine)) {
      deleteTree(resources.fileSystem(), quarantine);
    }
  }

  private void reopen(long partitionId, List<Member> holders, PartitionOptions options) {
    try {
      running.put(partitionId, start(partitionId, holders, options, false));
      damaged.remove(partitionId);
    } catch (IOException | RuntimeException e) {
      // Whatever it is, the next repair begins with a partition that is not open.
      noteDamaged(partitionId, holders, options, e);
    }
  }

  /**
   * Whether a replica has found its place in the group.
   *
   * @throws IOException if it never will
   */
  static boolean isReady(PartitionReplica replica) throws IOException, InterruptedException {
    if (!replica.ready().isDone()) {
      return false;
    }
    awaitReady(replica);
    return true;
  }

  static void awaitReady(PartitionReplica replica) throws IOException, InterruptedException {
    try {
      replica.ready().get();
    } catch (ExecutionException e) {
      Optional<CorruptionException> damage = damage(e);
      if (damage.isPresent()) {
        throw damage.get();
      }
      throw new IOException(
          "partition " + replica.partitionId() + " did not start: " + e.getCause(), e.getCause());
    }
  }

  /** The damage behind a failure, if that is what it is. */
  static Optional<CorruptionException> damage(Throwable failure) {
    for (Throwable e = failure; e != null; e = e.getCause()) {
      if (e instanceof CorruptionException damage) {
        return Optional.of(damage);
      }
    }
    return Optional.empty();
  }

  private static void setOptions(Running partition, PartitionOptions options)
      throws IOException, InterruptedException {
    if (partition.machine().options().equals(Optional.of(options))) {
      return;
    }
    try {
      WriteOutcome<List<CommandResult>> outcome =
          partition.replica().write(List.of(new Command.SetOptions(options)), true).get();
      if (!(outcome instanceof WriteOutcome.Applied)) {
        throw new IOException(
            "partition "
                + partition.replica().partitionId()
                + " did not take its options: "
                + outcome);
      }
    } catch (ExecutionException e) {
      throw new IOException("a defect while setting options", e.getCause());
    }
  }

  /** Stops a partition that runs, and forgets one that could not be opened; its data stays. */
  void close(long partitionId) {
    ReentrantLock lock = lockOf(partitionId);
    lock.lock();
    try {
      damaged.remove(partitionId);
      Running partition = running.remove(partitionId);
      if (partition != null) {
        closeQuietly(partition.replica());
      }
    } finally {
      lock.unlock();
    }
  }

  /** Partitions of timelines of which there is something in the directory, by id. */
  List<Long> stored() throws IOException {
    List<Long> ids = new ArrayList<>();
    for (String name : resources.fileSystem().list(directory)) {
      if (PARTITION_NAME.matcher(name).matches()) {
        ids.add(Long.parseLong(name));
      }
    }
    ids.sort(Comparator.naturalOrder());
    return ids;
  }

  /**
   * Stops a partition and deletes its data, files first, so that a crash in between is made good.
   */
  void destroy(long partitionId) throws IOException {
    ReentrantLock lock = lockOf(partitionId);
    lock.lock();
    try {
      close(partitionId);
      context.transfers().discard(partitionId);
      FileSystem fileSystem = resources.fileSystem();
      if (fileSystem.exists(path(partitionId))) {
        deleteTree(fileSystem, path(partitionId));
        fileSystem.syncDirectory(directory);
      }
      context.groups().destroy(partitionId);
    } finally {
      lock.unlock();
    }
  }

  private static void deleteTree(FileSystem fileSystem, Path root) throws IOException {
    for (String name : fileSystem.list(root)) {
      Path child = root.resolve(name);
      try {
        fileSystem.delete(child);
      } catch (DirectoryNotEmptyException e) {
        deleteTree(fileSystem, child);
      }
    }
    fileSystem.delete(root);
  }

  /** Directory of a partition's engine. */
  Path path(long partitionId) {
    return directory.resolve(Long.toString(partitionId));
  }

  static void closeQuietly(PartitionReplica replica) {
    try {
      replica.close();
    } catch (IOException | RuntimeException e) {
      // What was acknowledged is in the log; the engine's files are recovered at the next start.
      LOG.warn("partition {} did not close cleanly", replica.partitionId(), e);
    }
  }
}
