package io.tideline.tools.bench.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * What one system does in every round of one cell of the benchmark. Everything but {@code system}
 * is equal for all systems of a cell.
 *
 * @param system {@code tideline} or the name of a {@link RocksConfig}
 * @param workload how rows are spread
 * @param rows rows appended in a round
 * @param timelines timelines they are spread over; 0 if {@code dataFile} says
 * @param valueBytes size of generated values; 0 if values come from {@code dataFile}
 * @param dataFile chat log that values are taken from, or null
 * @param reads scans of each kind and gets a round; polls are {@link #POLLS_PER_READ} times as many
 * @param seed of everything random
 * @param shape how long rows live
 * @param zstd whether blocks are compressed with Zstandard instead of LZ4
 * @param memtableBytes size of a memtable; there is memory for {@link #MEMTABLES_MAX}
 * @param blockCacheBytes cache for decompressed blocks
 */
record RoundSpec(
    String system,
    Workload workload,
    int rows,
    int timelines,
    int valueBytes,
    @Nullable String dataFile,
    int reads,
    long seed,
    StoreShape shape,
    boolean zstd,
    long memtableBytes,
    long blockCacheBytes) {

  /** Name of our engine as a system. */
  static final String TIDELINE = "tideline";

  /** Memtables that fit into the memory for them: one is written, others wait for their flush. */
  static final int MEMTABLES_MAX = 4;

  /** Uncompressed bytes of a block. */
  static final int BLOCK_BYTES = 16 << 10;

  /** Polls are much cheaper than scans: for the same precision there must be more. */
  static final int POLLS_PER_READ = 4;

  private static final JsonMapper MAPPER =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  ObjectNode toJson() {
    return MAPPER.valueToTree(this);
  }

  static RoundSpec fromJson(JsonNode json) {
    try {
      return MAPPER.treeToValue(json, RoundSpec.class);
    } catch (JsonProcessingException malformed) {
      throw new IllegalArgumentException("not a round's specification: " + json, malformed);
    }
  }

  /** With memtables of another size, and room for as many of them. */
  RoundSpec withMemtableBytes(long bytes) {
    return new RoundSpec(
        system,
        workload,
        rows,
        timelines,
        valueBytes,
        dataFile,
        reads,
        seed,
        shape,
        zstd,
        bytes,
        blockCacheBytes);
  }

  RoundSpec withSystem(String name) {
    return new RoundSpec(
        name,
        workload,
        rows,
        timelines,
        valueBytes,
        dataFile,
        reads,
        seed,
        shape,
        zstd,
        memtableBytes,
        blockCacheBytes);
  }
}
