package io.tideline.server.catalog;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.Engine;
import io.tideline.manager.CatalogImage;
import io.tideline.server.catalog.CatalogStateMachine.Shown;
import io.tideline.server.cluster.Member;
import io.tideline.server.cluster.Members;
import io.tideline.server.replica.PartitionReplica;
import io.tideline.server.replica.ReplicaContext;
import io.tideline.server.transfer.ArrivedSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's replica of partition 0, the catalog, and the image that look-ups read.
 *
 * <p>Damage in its files ends a node that is alone. With other members it does not: the replica is
 * repaired from theirs, and until it has caught up the image stays what it was. At a start there is
 * no image yet, so that the start waits for the repair.
 *
 * <p>Lifetime: {@link #open} joins the group; {@link #close} leaves it.
 *
 * <p>Threading: safe for many threads; one that closes or replaces waits for the other.
 */
final class CatalogReplica {

  private static final Logger LOG = LoggerFactory.getLogger(CatalogReplica.class);

  private final PartitionHost partitions;
  private final Members members;
  private final ReplicaContext context;
  private final ReentrantLock lock = new ReentrantLock();

  /** Null while it cannot be opened, or its files are being replaced. */
  private volatile @Nullable PartitionReplica running;

  /** Of the newest replica, also when it is closed; null before there was one. */
  private volatile @Nullable CatalogStateMachine machine;

  /**
   * The newest that the replicas before this one have shown. A new one may begin further back, and
   * what is looked up must not go back with it.
   */
  private volatile Shown before = Shown.NOTHING;

  /** Why it could not be opened; null otherwise. */
  private volatile @Nullable PartitionFailure failure;

  private CatalogReplica(PartitionHost partitions, Members members, ReplicaContext context) {
    this.partitions = partitions;
    this.members = members;
    this.context = context;
  }

  /**
   * Opens what is in the node's directory, or begins there.
   *
   * @param partitions opens the engine and holds its directory
   * @throws IOException if it is damaged and no other member has it, or for another reason
   */
  static CatalogReplica open(PartitionHost partitions, Members members, ReplicaContext context)
      throws IOException {
    CatalogReplica catalog = new CatalogReplica(partitions, members, context);
    try {
      catalog.start();
    } catch (CorruptionException e) {
      if (!catalog.isRepairable(e)) {
        throw e;
      }
      catalog.noteDamaged(e);
    }
    return catalog;
  }

  private void start() throws IOException {
    Engine engine = partitions.openEngine(ReplicaHost.CATALOG_PARTITION, 0);
    CatalogStateMachine opened;
    try {
      opened = CatalogStateMachine.open(engine);
    } catch (IOException | RuntimeException e) {
      engine.close();
      throw e;
    }
    PartitionReplica replica =
        PartitionReplica.open(
            ReplicaHost.CATALOG_PARTITION,
            members.all().stream().map(Member::raftAddress).toList(),
            false,
            partitions.home(ReplicaHost.CATALOG_PARTITION, 0),
            engine,
            opened,
            context);
    // In this order, which shown() reads backwards.
    before = shown();
    machine = opened;
    running = replica;
    failure = null;
  }

  /** Whether it is damage in this partition's own files, which other members can replace. */
  boolean isRepairable(Throwable cause) {
    Path directory = partitions.path(ReplicaHost.CATALOG_PARTITION);
    return !members.isAlone()
        && PartitionHost.damage(cause).filter(e -> e.file().startsWith(directory)).isPresent();
  }

  private void noteDamaged(Exception cause) {
    failure =
        new PartitionFailure(
            ReplicaHost.CATALOG_PARTITION,
            cause instanceof CorruptionException damage
                ? damage.file() + " at offset " + damage.offset()
                : partitions.path(ReplicaHost.CATALOG_PARTITION).toString(),
            "partition 0, the catalog, cannot be opened: "
                + cause.getMessage()
                + "; it is repaired from another replica");
    LOG.error(
        "partition 0, the catalog, CANNOT BE OPENED and is repaired from another replica", cause);
  }

  /** The replica; empty while there is none. */
  Optional<PartitionReplica> replica() {
    return Optional.ofNullable(running);
  }

  /** Whether this node leads the catalog, as far as it knows. */
  boolean leads() {
    return replica().map(PartitionReplica::leads).orElse(false);
  }

  /** Why there is no replica; empty while there is one. */
  Optional<PartitionFailure> failure() {
    return Optional.ofNullable(failure);
  }

  /** The newest image this node knows. */
  CatalogImage image() {
    return shown().image();
  }

  private Shown shown() {
    CatalogStateMachine newest = machine;
    Shown kept = before;
    if (newest == null) {
      return kept;
    }
    Shown present = newest.shown();
    return present.index() >= kept.index() ? present : kept;
  }

  /**
   * Whether the replica has found its place in the group. One that is to be repaired has not.
   *
   * @throws IOException if it never will
   */
  boolean isReady() throws IOException, InterruptedException {
    PartitionReplica here = running;
    try {
      return here != null && PartitionHost.isReady(here);
    } catch (IOException e) {
      if (running == here && !isRepairable(e)) {
        throw e;
      }
      return false;
    }
  }

  /** This copy, if it is damaged and others have the catalog too. */
  Optional<DamagedCopy> damagedCopy() {
    if (members.isAlone()) {
      return Optional.empty();
    }
    PartitionReplica here = running;
    PartitionFailure unopened = failure;
    if (here != null) {
      return partitions.damageOf(here).map(what -> copy(here, what));
    }
    return unopened == null ? Optional.empty() : Optional.of(copy(null, unopened.place()));
  }

  private DamagedCopy copy(@Nullable PartitionReplica replica, String what) {
    return partitions.copy(
        ReplicaHost.CATALOG_PARTITION, replica, members.all(), what, this::replaceContent);
  }

  private boolean replaceContent(DamagedCopy copy, ArrivedSnapshot content)
      throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      if (running != copy.replica()) {
        return false;
      }
      content.requireUsable();
      close();
      try {
        partitions.install(ReplicaHost.CATALOG_PARTITION, content);
      } finally {
        reopen();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void reopen() {
    try {
      start();
    } catch (IOException | RuntimeException e) {
      // Whatever it is, the next repair begins with a catalog that is not open.
      noteDamaged(e);
    }
  }

  void close() {
    lock.lock();
    try {
      PartitionReplica here = running;
      if (here != null) {
        running = null;
        PartitionHost.closeQuietly(here);
      }
    } finally {
      lock.unlock();
    }
  }
}
