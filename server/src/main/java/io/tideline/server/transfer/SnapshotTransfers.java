package io.tideline.server.transfer;

import com.google.common.base.Ticker;
import io.grpc.BindableService;
import io.grpc.StatusException;
import io.tideline.lsm.Engine;
import io.tideline.lsm.fs.FileSystem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends and receives the snapshots of one node.
 *
 * <p>Threading: safe for many threads.
 *
 * <p>Lifetime: replicas close their offers and fetches before {@link #close}.
 */
public final class SnapshotTransfers implements AutoCloseable {

  /** Idle snapshots are looked for so many times within the time they may be idle. */
  private static final int LOOKS_PER_IDLE_TIME = 4;

  /**
   * What a snapshot is fetched for. Each has a place of its own for what arrives of a partition: a
   * snapshot that waits to be installed for one must not be touched by a fetch for the other. For
   * one purpose, a partition's snapshots are fetched and installed one after the other.
   */
  private enum Purpose {
    /** The log does not reach back to where the member is. */
    CATCH_UP(""),

    /** Files of the member are damaged. */
    REPAIR("-repair");

    private final String suffix;

    Purpose(String suffix) {
      this.suffix = suffix;
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(SnapshotTransfers.class);

  private final Path incoming;
  private final FileSystem fileSystem;
  private final String address;
  private final Predicate<String> isMember;
  private final PinnedSnapshots pins;
  private final SnapshotService service;
  private final SnapshotFetch.Shared shared;
  private final Semaphore fetches;

  /** Places in which a snapshot is arriving. */
  private final Set<Path> fetching = ConcurrentHashMap.newKeySet();

  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofVirtual().name("snapshot-pins").factory());

  /**
   * @param directory where snapshots are kept meanwhile, on the same file system as the engines;
   *     created if absent. What others were reading before the start is deleted, what was arriving
   *     is kept
   * @param address gRPC address under which other members find {@link #service}
   * @param isMember whether a gRPC address is a member's: from others nothing is fetched, whatever
   *     a message says
   */
  public SnapshotTransfers(
      FileSystem fileSystem,
      Path directory,
      String address,
      Predicate<String> isMember,
      TransferLimits limits)
      throws IOException {
    this.fileSystem = fileSystem;
    this.incoming = directory.resolve("in");
    this.address = address;
    this.isMember = isMember;
    Ticker ticker = Ticker.systemTicker();
    this.pins = new PinnedSnapshots(fileSystem, directory.resolve("out"), limits, ticker);
    this.service =
        new SnapshotService(fileSystem, pins, new RateLimit(ticker, limits.bytesPerSecond()));
    this.shared =
        new SnapshotFetch.Shared(
            fileSystem, limits, new RateLimit(ticker, limits.bytesPerSecond()), new AtomicLong());
    this.fetches = new Semaphore(limits.fetchesMax());
    long period = Math.max(1, limits.idleMillis() / LOOKS_PER_IDLE_TIME);
    var _ = timer.scheduleWithFixedDelay(pins::releaseIdle, period, period, TimeUnit.MILLISECONDS);
  }

  /** What other nodes call. */
  public BindableService service() {
    return service;
  }

  /**
   * Keeps what is durable in an engine for another node to copy.
   *
   * @throws IOException if too much is being sent already, or the engine or its disk does not allow
   *     it; says which
   */
  public SnapshotOffer offer(long partitionId, Engine engine) throws IOException {
    PinnedSnapshots.Pin pin = pins.pin(partitionId, engine);
    return new SnapshotOffer(pins, pin, new SnapshotUri(address, partitionId, pin.id()));
  }

  /**
   * Begins to copy a snapshot for a member that is behind. Files that the engine has, or that an
   * earlier attempt brought, are not copied again.
   *
   * @param uri {@link SnapshotOffer#uri} of a member, or anything: then the fetch is refused
   * @param engine directory of the engine that will have the content
   */
  public SnapshotFetch fetch(long partitionId, String uri, Path engine) {
    return fetch(partitionId, uri, engine, Purpose.CATCH_UP);
  }

  /**
   * As {@link #fetch}, to replace damaged files: does not touch what arrives otherwise. At its end
   * the offer is withdrawn, for it was made for this fetch and nobody closes it.
   */
  public SnapshotFetch fetchForRepair(long partitionId, String uri, Path engine) {
    SnapshotFetch fetch = fetch(partitionId, uri, engine, Purpose.REPAIR);
    SnapshotUri.parse(uri)
        .filter(offer -> offer.partitionId() == partitionId && isMember.test(offer.address()))
        .ifPresent(offer -> fetch.whenEnded(() -> withdraw(offer)));
    return fetch;
  }

  private void withdraw(SnapshotUri offer) {
    var _ =
        Thread.ofVirtual()
            .name("snapshot-withdraw-" + offer.partitionId())
            .start(
                () -> {
                  try (SnapshotSource source =
                      new SnapshotSource(offer, shared.limits().callMillis())) {
                    source.withdraw();
                  } catch (StatusException e) {
                    LOG.debug("{} ends when it is idle", offer, e);
                  }
                });
  }

  private SnapshotFetch fetch(long partitionId, String uri, Path engine, Purpose purpose) {
    Optional<SnapshotUri> parsed = SnapshotUri.parse(uri);
    if (parsed.isEmpty()) {
      return SnapshotFetch.refused(shared, "the leader offers no snapshot now: " + uri);
    }
    if (parsed.get().partitionId() != partitionId || !isMember.test(parsed.get().address())) {
      return SnapshotFetch.refused(
          shared, "not a member's snapshot of partition " + partitionId + ": " + uri);
    }
    Path staging = staging(partitionId, purpose);
    if (!fetching.add(staging)) {
      return SnapshotFetch.refused(
          shared, "a snapshot of partition " + partitionId + " is arriving already");
    }
    if (!fetches.tryAcquire()) {
      fetching.remove(staging);
      return SnapshotFetch.refused(
          shared,
          "this node receives "
              + shared.limits().fetchesMax()
              + " snapshots already, which is its limit");
    }
    SnapshotFetch fetch = new SnapshotFetch(shared, parsed.get(), staging, engine);
    fetch.start(
        () -> {
          fetching.remove(staging);
          fetches.release();
        });
    return fetch;
  }

  /** Deletes what has arrived of a partition that is not wanted any more. */
  public void discard(long partitionId) throws IOException {
    for (Purpose purpose : Purpose.values()) {
      Path staging = staging(partitionId, purpose);
      if (fileSystem.exists(staging)) {
        Trees.delete(fileSystem, staging);
      }
    }
  }

  private Path staging(long partitionId, Purpose purpose) {
    return incoming.resolve(partitionId + purpose.suffix);
  }

  /** Bytes of files sent since the start. */
  public long sentBytes() {
    return service.sentBytes();
  }

  /** Bytes of files received since the start. */
  public long receivedBytes() {
    return shared.receivedBytes().get();
  }

  /** Snapshots kept for others. */
  public int pinned() {
    return pins.count();
  }

  @Override
  public void close() {
    timer.shutdownNow();
    pins.releaseAll();
  }
}
