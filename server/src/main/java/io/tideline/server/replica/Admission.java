package io.tideline.server.replica;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Decides, before anything enters a log, whether this node has room for a write. One per node;
 * counts bytes, not calls.
 *
 * <p>Threading: safe for many threads. Disk and log figures are samples, set now and then by the
 * host.
 */
public final class Admission {

  /** How long a refused writer should wait before it tries again. */
  private static final long RETRY_AFTER_MILLIS = 100;

  /** Space is freed by people or by compaction, not within milliseconds. */
  private static final long DISK_RETRY_AFTER_MILLIS = 5_000;

  /** A byte taken between two samples soon lies on disk twice: in the log and in a table. */
  private static final long DISK_BYTES_PER_BYTE = 2;

  private final long inFlightBytesMax;
  private final long diskReserveBytes;
  private final long logBacklogBytesMax;
  private final AtomicLong inFlightBytes = new AtomicLong();
  private final AtomicLong bytesSinceSample = new AtomicLong();
  private volatile long usableBytes = Long.MAX_VALUE;
  private volatile @Nullable Refusal nodeRefusal;

  /**
   * @param inFlightBytesMax bytes of writes between admission and answer
   * @param diskReserveBytes free space below which writes are refused
   * @param logBacklogBytesMax size of the shared log above which writes are refused
   */
  public Admission(long inFlightBytesMax, long diskReserveBytes, long logBacklogBytesMax) {
    this.inFlightBytesMax = inFlightBytesMax;
    this.diskReserveBytes = diskReserveBytes;
    this.logBacklogBytesMax = logBacklogBytesMax;
  }

  /**
   * Takes a new sample of the node's disk.
   *
   * @param usableBytes free space of the data directory
   * @param logBytes size of the shared log
   * @param logSpaceLow whether the log could not make room for its next segment
   */
  public void sampled(long usableBytes, long logBytes, boolean logSpaceLow) {
    this.usableBytes = usableBytes;
    bytesSinceSample.set(0);
    if (usableBytes < diskReserveBytes || logSpaceLow) {
      nodeRefusal = diskFull(usableBytes);
    } else if (logBytes > logBacklogBytesMax) {
      nodeRefusal =
          new Refusal(
              Refusal.Reason.LOG_BACKLOG,
              "the log holds " + logBytes + " bytes that are not flushed yet",
              logBytes,
              logBacklogBytesMax,
              RETRY_AFTER_MILLIS);
    } else {
      nodeRefusal = null;
    }
  }

  /** Why client writes are refused whatever their size, null while they are not. */
  public @Nullable Refusal nodeRefusal() {
    return nodeRefusal;
  }

  /**
   * Admits a write of a client.
   *
   * @return null if admitted: the caller owes a {@link #release} of the same bytes; else why not
   */
  @Nullable Refusal tryAcquire(long bytes) {
    Refusal refusal = nodeRefusal;
    if (refusal != null) {
      return refusal;
    }
    long usable = usableBytes - DISK_BYTES_PER_BYTE * bytesSinceSample.addAndGet(bytes);
    if (usable < diskReserveBytes) {
      return diskFull(usable);
    }
    long used = inFlightBytes.addAndGet(bytes);
    // A write larger than the limit alone still gets in when nothing else is in flight.
    if (used <= inFlightBytesMax || used == bytes) {
      return null;
    }
    inFlightBytes.addAndGet(-bytes);
    return new Refusal(
        Refusal.Reason.IN_FLIGHT_BYTES,
        "writes of " + (used - bytes) + " bytes are in flight on this node",
        used - bytes,
        inFlightBytesMax,
        RETRY_AFTER_MILLIS);
  }

  /** What a writer is told when the disk is full, whoever noticed it. */
  Refusal diskFull() {
    return diskFull(usableBytes);
  }

  private Refusal diskFull(long usable) {
    String why =
        usable < diskReserveBytes
            ? " bytes left and " + diskReserveBytes + " are kept in reserve"
            : " bytes left, too few for the next log segment or flush beside the reserve of "
                + diskReserveBytes;
    return new Refusal(
        Refusal.Reason.DISK_FULL,
        "the disk has " + usable + why + ": free space or drop stores",
        usable,
        diskReserveBytes,
        DISK_RETRY_AFTER_MILLIS);
  }

  /** Counts a write of the node's own, which is never refused. */
  void acquireInternal(long bytes) {
    inFlightBytes.addAndGet(bytes);
  }

  void release(long bytes) {
    inFlightBytes.addAndGet(-bytes);
  }

  /** Bytes of writes between admission and answer. */
  public long inFlightBytes() {
    return inFlightBytes.get();
  }
}
