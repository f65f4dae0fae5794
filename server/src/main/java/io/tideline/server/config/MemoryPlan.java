package io.tideline.server.config;

/**
 * What a node will use of the machine's memory, in bytes. Computed once at start, printed, and held
 * to by the parts: when one is used up, writes or calls are refused until it is not.
 *
 * @param heapLimitBytes the JVM's -Xmx
 * @param memtablePoolBytes off-heap, memtables of all partitions
 * @param memtableBytes at this size a memtable is flushed
 * @param blockCacheBytes off-heap, decompressed blocks of all partitions
 * @param networkBytes off-heap, Netty's buffers
 * @param callBytes heap, requests and replies of calls in flight
 * @param writeBytes heap, writes between admission and answer
 */
public record MemoryPlan(
    long heapLimitBytes,
    long memtablePoolBytes,
    long memtableBytes,
    long blockCacheBytes,
    long networkBytes,
    long callBytes,
    long writeBytes) {

  /**
   * Off-heap memory unless configured: as much as the heap, but at most a quarter of the machine,
   * so that the page cache, which reads of cold tables live on, keeps the rest.
   */
  private static final int MACHINE_SHARE = 4;

  /** With less the engine would flush all the time. */
  private static final long OFF_HEAP_BYTES_MIN = 128L << 20;

  /**
   * Share of the heap for calls, and the same for writes. A request lives about three times (bytes,
   * message, command), so calls and writes together stay within three quarters.
   */
  private static final int HEAP_SHARE = 8;

  /**
   * Share of the pool for one memtable: while one is flushed another fills up, and there is as much
   * again for other partitions.
   */
  private static final int POOL_SHARE = 4;

  /** Larger ones save little, and a crash replays what they hold. */
  private static final long MEMTABLE_BYTES_MAX = 128L << 20;

  /**
   * Fills in what is not configured.
   *
   * @param heapLimitBytes the JVM's -Xmx
   * @param machineBytes memory of the machine or container
   */
  public static MemoryPlan of(NodeConfig config, long heapLimitBytes, long machineBytes)
      throws ConfigException {
    long offHeap = config.number(ConfigKey.OFF_HEAP_BYTES);
    if (offHeap == 0) {
      offHeap =
          Math.max(OFF_HEAP_BYTES_MIN, Math.min(heapLimitBytes, machineBytes / MACHINE_SHARE));
    }
    long pool = or(config, ConfigKey.MEMTABLE_POOL_BYTES, offHeap / 2);
    MemoryPlan plan =
        new MemoryPlan(
            heapLimitBytes,
            pool,
            or(
                config,
                ConfigKey.ENGINE_MEMTABLE_BYTES,
                Math.min(MEMTABLE_BYTES_MAX, pool / POOL_SHARE)),
            or(config, ConfigKey.BLOCK_CACHE_BYTES, offHeap / 4),
            or(config, ConfigKey.NETWORK_BYTES, offHeap / 4),
            or(config, ConfigKey.CALL_BYTES, heapLimitBytes / HEAP_SHARE),
            or(config, ConfigKey.WRITE_BYTES, heapLimitBytes / HEAP_SHARE));
    plan.refuseIfImpossible(machineBytes);
    return plan;
  }

  private static long or(NodeConfig config, ConfigKey key, long automatic) {
    long given = config.number(key);
    return given == 0 ? automatic : given;
  }

  private void refuseIfImpossible(long machineBytes) throws ConfigException {
    if (heapLimitBytes + offHeapBytes() > machineBytes) {
      throw new ConfigException(
          "the heap limit of "
              + mebibytes(heapLimitBytes)
              + " and the off-heap budget of "
              + mebibytes(offHeapBytes())
              + " exceed the machine's "
              + mebibytes(machineBytes)
              + "; lower -Xmx or memory.off_heap_bytes");
    }
    if (callBytes + writeBytes > heapLimitBytes / 2) {
      throw new ConfigException(
          "memory.call_bytes and memory.write_bytes together are "
              + mebibytes(callBytes + writeBytes)
              + ", more than half of the heap limit of "
              + mebibytes(heapLimitBytes)
              + "; raise -Xmx or lower them");
    }
    if (memtableBytes > memtablePoolBytes / 2) {
      throw new ConfigException(
          "engine.memtable_bytes is "
              + mebibytes(memtableBytes)
              + ", more than half of the memtable pool of "
              + mebibytes(memtablePoolBytes)
              + ", so that writing would stop while one is flushed; lower it or raise"
              + " memory.memtable_pool_bytes");
    }
  }

  /**
   * All that is not heap: what the process needs beside -Xmx and the JVM's own code and threads.
   */
  public long offHeapBytes() {
    return memtablePoolBytes + blockCacheBytes + networkBytes;
  }

  /** One line for the log. */
  public String describe() {
    return "heap up to "
        + mebibytes(heapLimitBytes)
        + " (of it calls in flight "
        + mebibytes(callBytes)
        + ", writes in flight "
        + mebibytes(writeBytes)
        + "), off-heap up to "
        + mebibytes(offHeapBytes())
        + " (memtables "
        + mebibytes(memtablePoolBytes)
        + ", block cache "
        + mebibytes(blockCacheBytes)
        + ", network "
        + mebibytes(networkBytes)
        + ")";
  }

  private static String mebibytes(long bytes) {
    return (bytes >> 20) + " MiB";
  }
}
