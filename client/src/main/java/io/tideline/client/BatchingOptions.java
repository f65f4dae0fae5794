package io.tideline.client;

import java.time.Duration;

/**
 * How a {@link BatchingAppender} gathers, bounds and gives up.
 *
 * <p>Immutable; the {@code with} methods return changed copies.
 *
 * @param linger how long an item may wait for company before its batch is sent
 * @param maxBatchItems items per batch, 1 to 1,000
 * @param maxBatchBytes encoded bytes per batch, 1 KiB to 4 MiB; a larger single item goes alone
 * @param maxInFlight batches on their way at once
 * @param maxPendingBytes memory for items added and not yet answered
 * @param maxBlock how long {@code add} waits for memory; zero fails at once
 * @param deliveryTimeout from {@code add} to the answer, retries included
 */
public record BatchingOptions(
    Duration linger,
    int maxBatchItems,
    int maxBatchBytes,
    int maxInFlight,
    long maxPendingBytes,
    Duration maxBlock,
    Duration deliveryTimeout) {

  /** Long enough to fill batches under load, short enough not to be felt beside an fsync. */
  private static final Duration LINGER = Duration.ofMillis(2);

  /** Half of the contract's 4 MiB: room for what the estimate of encoded bytes leaves out. */
  private static final int BATCH_BYTES = 2 << 20;

  /** Enough to keep one node busy while answers travel. */
  private static final int IN_FLIGHT = 4;

  /** Some seconds of a busy sender while a server restarts; small beside a usual heap. */
  private static final long PENDING_BYTES = 32L << 20;

  private static final Duration MAX_BLOCK = Duration.ofSeconds(30);

  /** Outlasts the restart of a node on a busy machine, and the backlog it leaves. */
  private static final Duration DELIVERY_TIMEOUT = Duration.ofMinutes(2);

  private static final BatchingOptions DEFAULTS =
      new BatchingOptions(
          LINGER,
          Limits.ITEMS_MAX,
          BATCH_BYTES,
          IN_FLIGHT,
          PENDING_BYTES,
          MAX_BLOCK,
          DELIVERY_TIMEOUT);

  public BatchingOptions {
    Limits.notNegative("linger", linger);
    Limits.inRange("max batch items", maxBatchItems, 1, Limits.ITEMS_MAX);
    Limits.inRange("max batch bytes", maxBatchBytes, 1 << 10, Limits.BATCH_BYTES_MAX);
    Limits.inRange("max in flight", maxInFlight, 1, 1_000);
    if (maxPendingBytes < maxBatchBytes) {
      throw new IllegalArgumentException(
          "max pending bytes " + maxPendingBytes + " hold not even one batch of " + maxBatchBytes);
    }
    Limits.notNegative("max block", maxBlock);
    Limits.positive("delivery timeout", deliveryTimeout);
  }

  /**
   * Linger 2 ms, 1,000 items or 2 MiB per batch, 4 batches in flight, 32 MiB pending, add blocks up
   * to 30 s, delivery within 2 minutes.
   */
  public static BatchingOptions defaults() {
    return DEFAULTS;
  }

  public BatchingOptions withLinger(Duration linger) {
    return new BatchingOptions(
        linger,
        maxBatchItems,
        maxBatchBytes,
        maxInFlight,
        maxPendingBytes,
        maxBlock,
        deliveryTimeout);
  }

  public BatchingOptions withMaxBatchItems(int items) {
    return new BatchingOptions(
        linger, items, maxBatchBytes, maxInFlight, maxPendingBytes, maxBlock, deliveryTimeout);
  }

  public BatchingOptions withMaxBatchBytes(int bytes) {
    return new BatchingOptions(
        linger, maxBatchItems, bytes, maxInFlight, maxPendingBytes, maxBlock, deliveryTimeout);
  }

  public BatchingOptions withMaxInFlight(int batches) {
    return new BatchingOptions(
        linger, maxBatchItems, maxBatchBytes, batches, maxPendingBytes, maxBlock, deliveryTimeout);
  }

  public BatchingOptions withMaxPendingBytes(long bytes) {
    return new BatchingOptions(
        linger, maxBatchItems, maxBatchBytes, maxInFlight, bytes, maxBlock, deliveryTimeout);
  }

  /** Let {@code add} wait this long for memory, then fail with BUFFER_FULL. */
  public BatchingOptions withMaxBlock(Duration maxBlock) {
    return new BatchingOptions(
        linger,
        maxBatchItems,
        maxBatchBytes,
        maxInFlight,
        maxPendingBytes,
        maxBlock,
        deliveryTimeout);
  }

  /** Let {@code add} fail with BUFFER_FULL at once when memory is used up. */
  public BatchingOptions withFailFast() {
    return withMaxBlock(Duration.ZERO);
  }

  public BatchingOptions withDeliveryTimeout(Duration timeout) {
    return new BatchingOptions(
        linger, maxBatchItems, maxBatchBytes, maxInFlight, maxPendingBytes, maxBlock, timeout);
  }
}
