package io.tideline.server.log;

import java.time.Duration;

/**
 * How a {@link GroupLog} is laid out.
 *
 * @param segmentBytes size of a segment file; one is made larger when a single request needs it
 * @param batchBytes how much one write may gather; what is waiting beyond it goes into the next
 * @param queueBytes how much may wait to be written before callers are held back
 * @param cacheBytes memory for recent entries
 * @param softLimitBytes size above which old entries are copied forward and groups are asked to
 *     flush
 * @param idleMark after this long without requests a mark is written that makes damage to the last
 *     batch distinguishable from an interrupted write; zero writes it only at close
 * @param spareSegment whether the next segment is prepared in the background
 */
public record GroupLogOptions(
    int segmentBytes,
    int batchBytes,
    long queueBytes,
    long cacheBytes,
    long softLimitBytes,
    Duration idleMark,
    boolean spareSegment) {

  /** Below this a segment would be mostly checkpoint. */
  static final int SEGMENT_BYTES_MIN = 16 << 10;

  /** Offsets in a segment are 31-bit with room for one oversized request. */
  static final int SEGMENT_BYTES_MAX = 1 << 30;

  /** 64 MiB segments, 1 GiB soft limit: what a node with some hundred groups runs with. */
  public static final GroupLogOptions DEFAULT =
      new GroupLogOptions(
          64 << 20, 4 << 20, 64L << 20, 32L << 20, 1L << 30, Duration.ofSeconds(1), true);

  public GroupLogOptions {
    if (segmentBytes < SEGMENT_BYTES_MIN || segmentBytes > SEGMENT_BYTES_MAX) {
      throw new IllegalArgumentException(
          "segmentBytes "
              + segmentBytes
              + " is outside "
              + SEGMENT_BYTES_MIN
              + ".."
              + SEGMENT_BYTES_MAX);
    }
    if (batchBytes < 1 || queueBytes < 1 || cacheBytes < 0 || softLimitBytes < 0) {
      throw new IllegalArgumentException(
          "batchBytes %d and queueBytes %d must be positive, cacheBytes %d and softLimitBytes %d not negative"
              .formatted(batchBytes, queueBytes, cacheBytes, softLimitBytes));
    }
    if (idleMark.isNegative()) {
      throw new IllegalArgumentException("idleMark " + idleMark + " is negative");
    }
  }

  public GroupLogOptions withSegmentBytes(int bytes) {
    return new GroupLogOptions(
        bytes, batchBytes, queueBytes, cacheBytes, softLimitBytes, idleMark, spareSegment);
  }

  public GroupLogOptions withCacheBytes(long bytes) {
    return new GroupLogOptions(
        segmentBytes, batchBytes, queueBytes, bytes, softLimitBytes, idleMark, spareSegment);
  }

  public GroupLogOptions withSoftLimitBytes(long bytes) {
    return new GroupLogOptions(
        segmentBytes, batchBytes, queueBytes, cacheBytes, bytes, idleMark, spareSegment);
  }

  public GroupLogOptions withIdleMark(Duration idle) {
    return new GroupLogOptions(
        segmentBytes, batchBytes, queueBytes, cacheBytes, softLimitBytes, idle, spareSegment);
  }

  public GroupLogOptions withSpareSegment(boolean spare) {
    return new GroupLogOptions(
        segmentBytes, batchBytes, queueBytes, cacheBytes, softLimitBytes, idleMark, spare);
  }
}
