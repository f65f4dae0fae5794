package io.tideline.server.transfer;

/**
 * What snapshots may take of a node.
 *
 * @param pinnedMax snapshots kept for others at the same time; more are refused, and the leader
 *     that wanted one tries again a heartbeat later
 * @param fetchesMax snapshots received at the same time; more are refused in the same way, so that
 *     a node with a thousand empty partitions fills some of them after the other
 * @param streamsPerFetch files of one snapshot received at the same time
 * @param chunkBytes bytes asked for at a time, at most {@link #CHUNK_BYTES_MAX}
 * @param bytesPerSecond what a node sends, and what it receives, of all snapshots together; 0 for
 *     no limit
 * @param idleMillis how long a snapshot is kept that nobody reads
 * @param callMillis how long a chunk may take before it is asked for again
 */
public record TransferLimits(
    int pinnedMax,
    int fetchesMax,
    int streamsPerFetch,
    int chunkBytes,
    long bytesPerSecond,
    long idleMillis,
    long callMillis) {

  /** A quarter of what gRPC takes in one message by default, so that neither side needs to ask. */
  public static final int CHUNK_BYTES_MAX = 1 << 20;

  /**
   * Two fetches of four streams keep 8 MiB under way, which fills a link of 1 GB/s with a round
   * trip of 8 ms. 256 MiB/s leave most of a fast disk and network to the clients. A minute without
   * a read means that the reader is gone: while it verifies what it has already it asks for the
   * description now and then.
   */
  public static final TransferLimits DEFAULTS =
      new TransferLimits(8, 2, 4, CHUNK_BYTES_MAX, 256L << 20, 60_000, 30_000);

  public TransferLimits {
    if (pinnedMax < 1 || fetchesMax < 1 || streamsPerFetch < 1) {
      throw new IllegalArgumentException("limits below 1");
    }
    if (chunkBytes < 1 || chunkBytes > CHUNK_BYTES_MAX) {
      throw new IllegalArgumentException(
          "chunks of " + chunkBytes + " bytes, allowed are 1.." + CHUNK_BYTES_MAX);
    }
    if (bytesPerSecond < 0 || idleMillis < 1 || callMillis < 1) {
      throw new IllegalArgumentException("negative rate or time");
    }
  }

  public TransferLimits withBytesPerSecond(long rate) {
    return new TransferLimits(
        pinnedMax, fetchesMax, streamsPerFetch, chunkBytes, rate, idleMillis, callMillis);
  }

  public TransferLimits withChunkBytes(int bytes) {
    return new TransferLimits(
        pinnedMax, fetchesMax, streamsPerFetch, bytes, bytesPerSecond, idleMillis, callMillis);
  }

  public TransferLimits withPinnedMax(int count) {
    return new TransferLimits(
        count, fetchesMax, streamsPerFetch, chunkBytes, bytesPerSecond, idleMillis, callMillis);
  }

  public TransferLimits withIdleMillis(long millis) {
    return new TransferLimits(
        pinnedMax, fetchesMax, streamsPerFetch, chunkBytes, bytesPerSecond, millis, callMillis);
  }
}
