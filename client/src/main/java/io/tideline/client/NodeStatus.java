package io.tideline.client;

import java.time.Duration;
import java.time.Instant;

/**
 * What the answering node is and uses.
 *
 * @param nodeId its id
 * @param clusterId the cluster it belongs to
 * @param version program version
 * @param startTime when it started
 * @param startup how long it took until it served
 * @param heapLimitBytes heap limit
 * @param memtableBudgetBytes budget of memtables
 * @param blockCacheBudgetBytes budget of the block cache
 * @param otherOffHeapBudgetBytes budget of other off-heap memory
 * @param partitionCount partitions on the node
 * @param tableBytes bytes of table files on disk
 * @param logBytes bytes of the log on disk
 * @param replayedEntries log entries applied again at the last start
 * @param failedPartitionCount partitions among them that do not serve
 * @param damagedTableCount table files of all partitions that were found damaged
 */
public record NodeStatus(
    String nodeId,
    String clusterId,
    String version,
    Instant startTime,
    Duration startup,
    long heapLimitBytes,
    long memtableBudgetBytes,
    long blockCacheBudgetBytes,
    long otherOffHeapBudgetBytes,
    int partitionCount,
    long tableBytes,
    long logBytes,
    long replayedEntries,
    int failedPartitionCount,
    int damagedTableCount) {}
