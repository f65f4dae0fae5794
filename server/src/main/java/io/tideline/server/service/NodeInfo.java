package io.tideline.server.service;

/**
 * What AdminService tells about this node.
 *
 * @param version program version, for example "0.1.0"
 * @param startTimeMillis milliseconds since the epoch
 * @param startupMillis from start to serving
 */
public record NodeInfo(
    NodeAddress address,
    String clusterId,
    String version,
    long startTimeMillis,
    long startupMillis,
    long heapLimitBytes,
    long memtableBudgetBytes,
    long blockCacheBudgetBytes,
    long otherOffHeapBudgetBytes) {}
