package io.tideline.client;

import java.time.Duration;

/**
 * What a {@link BatchingAppender} has done and holds, at one moment. Counters run from its
 * creation.
 *
 * @param pendingItems items added and not yet answered
 * @param pendingBytes memory they are accounted for
 * @param inFlightBatches batches on their way
 * @param addedItems items accepted by add
 * @param acknowledgedItems items the server acknowledged, duplicates included
 * @param duplicateItems of those, acknowledged as already there
 * @param failedItems items that failed
 * @param retriedItems items sent once more; one item may count several times
 * @param rejectedItems items refused by add because memory stayed full
 * @param sentBatches batches sent, retries included
 * @param blockedAdds adds that had to wait for memory
 * @param blockedTime how long they waited in total
 */
public record AppenderMetrics(
    long pendingItems,
    long pendingBytes,
    int inFlightBatches,
    long addedItems,
    long acknowledgedItems,
    long duplicateItems,
    long failedItems,
    long retriedItems,
    long rejectedItems,
    long sentBatches,
    long blockedAdds,
    Duration blockedTime) {}
