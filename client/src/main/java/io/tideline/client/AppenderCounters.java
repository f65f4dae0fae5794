package io.tideline.client;

import java.time.Duration;

/** Counts what a batching appender does. Guarded by the appender's lock. */
final class AppenderCounters {

  private long addedItems;
  private long acknowledgedItems;
  private long duplicateItems;
  private long failedItems;
  private long retriedItems;
  private long rejectedItems;
  private long answeredBatches;
  private long blockedAdds;
  private long blockedNanos;

  void added() {
    addedItems++;
  }

  void acknowledged(AppendResult result) {
    acknowledgedItems++;
    if (result.duplicate()) {
      duplicateItems++;
    }
  }

  void failed() {
    failedItems++;
  }

  void retried(int items) {
    retriedItems += items;
  }

  void rejected(Failure refusal) {
    if (refusal.code() == ErrorCode.BUFFER_FULL) {
      rejectedItems++;
    }
  }

  void answeredBatch() {
    answeredBatches++;
  }

  void blocked(long nanos) {
    blockedAdds++;
    blockedNanos += nanos;
  }

  AppenderMetrics snapshot(long pendingItems, long pendingBytes, int inFlightBatches) {
    return new AppenderMetrics(
        pendingItems,
        pendingBytes,
        inFlightBatches,
        addedItems,
        acknowledgedItems,
        duplicateItems,
        failedItems,
        retriedItems,
        rejectedItems,
        answeredBatches + inFlightBatches,
        blockedAdds,
        Duration.ofNanos(blockedNanos));
  }
}
