package io.tideline.server.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The table of everything that can be configured. Defaults and bounds are here; units, reasons and
 * advice are in {@code conf/tideline.yaml}, which a test keeps equal to this table.
 */
public enum ConfigKey {
  NODE_ID("node.id", "node-1", "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"),
  DATA_DIRECTORY("node.data_directory", "data", ".+"),
  CLUSTER_MEMBERS(
      "cluster.members", "", "|" + ClusterMember.FORM + "(\\s*,\\s*" + ClusterMember.FORM + ")*"),
  CLUSTER_ID("cluster.id", "", "|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),

  BIND_ADDRESS("network.bind_address", "127.0.0.1", "[0-9A-Za-z.:%_-]+"),
  ADVERTISED_ADDRESS("network.advertised_address", "", "[0-9A-Za-z.:%_-]*"),

  GRPC_PORT("grpc.port", ConfigType.NUMBER, 7420, 0, 65_535),
  GRPC_KEEPALIVE_TIME("grpc.keepalive_time_ms", ConfigType.MILLIS, 60_000, 1_000, 3_600_000),
  GRPC_KEEPALIVE_TIMEOUT("grpc.keepalive_timeout_ms", ConfigType.MILLIS, 20_000, 1_000, 600_000),
  GRPC_KEEPALIVE_PERMITTED(
      "grpc.keepalive_permitted_ms", ConfigType.MILLIS, 10_000, 1_000, 3_600_000),
  GRPC_CALLS_PER_CONNECTION("grpc.calls_per_connection_max", ConfigType.NUMBER, 1_000, 1, 100_000),
  GRPC_WAIT("grpc.wait_ms_max", ConfigType.MILLIS, 30_000, 100, 600_000),
  GRPC_STOP_GRACE("grpc.stop_grace_ms", ConfigType.MILLIS, 10_000, 0, 600_000),

  RAFT_PORT("raft.port", ConfigType.NUMBER, 7421, 0, 65_535),
  RAFT_ELECTION_TIMEOUT("raft.election_timeout_ms", ConfigType.MILLIS, 5_000, 100, 60_000),
  RAFT_LEASE_READS("raft.lease_reads", "false", "true|false"),

  READS_SESSION_STALENESS("reads.session_staleness_ms", ConfigType.MILLIS, 10_000, 0, 3_600_000),

  HTTP_PORT("http.port", ConfigType.NUMBER, 7422, 0, 65_535),

  MESSAGE_BYTES_MAX("limits.message_bytes_max", ConfigType.BYTES, 1 << 20, 1 << 10, 4 << 20),

  OFF_HEAP_BYTES("memory.off_heap_bytes", ConfigType.AUTO_BYTES, 0, 64L << 20, 1L << 40),
  MEMTABLE_POOL_BYTES("memory.memtable_pool_bytes", ConfigType.AUTO_BYTES, 0, 16L << 20, 1L << 40),
  BLOCK_CACHE_BYTES("memory.block_cache_bytes", ConfigType.AUTO_BYTES, 0, 4L << 20, 1L << 40),
  NETWORK_BYTES("memory.network_bytes", ConfigType.AUTO_BYTES, 0, 16L << 20, 1L << 40),
  CALL_BYTES("memory.call_bytes", ConfigType.AUTO_BYTES, 0, 8L << 20, 1L << 40),
  WRITE_BYTES("memory.write_bytes", ConfigType.AUTO_BYTES, 0, 8L << 20, 1L << 40),

  ENGINE_MEMTABLE_BYTES("engine.memtable_bytes", ConfigType.AUTO_BYTES, 0, 64L << 10, 1L << 30),
  ENGINE_BLOCK_BYTES("engine.block_bytes", ConfigType.BYTES, 16 << 10, 1 << 10, 1 << 20),
  ENGINE_FILTER_BITS("engine.filter_bits_per_key", ConfigType.NUMBER, 12, 1, 32),
  ENGINE_COMPRESSION("engine.compression", "lz4", "none|lz4|zstd"),
  ENGINE_RUNS_PER_TIER("engine.runs_per_tier", ConfigType.NUMBER, 8, 2, 32),
  ENGINE_COMPACTION_THREADS("engine.compaction_threads", ConfigType.NUMBER, 1, 1, 64),
  ENGINE_COMPACTION_RATE(
      "engine.compaction_bytes_per_second", ConfigType.BYTES, 256L << 20, 1L << 20, 1L << 40),
  ENGINE_COLD_AFTER("engine.cold_after_ms", ConfigType.MILLIS, 0, 0, 3_650L * 86_400_000),
  ENGINE_SCRUB_PERIOD(
      "engine.scrub_period_ms", ConfigType.MILLIS, 7L * 86_400_000, 0, 365L * 86_400_000),
  ENGINE_SCRUB_RATE(
      "engine.scrub_bytes_per_second", ConfigType.BYTES, 16L << 20, 64L << 10, 1L << 40),

  LOG_SEGMENT_BYTES("log.segment_bytes", ConfigType.BYTES, 64L << 20, 1L << 20, 1L << 30),
  LOG_BACKLOG_BYTES_MAX("log.backlog_bytes_max", ConfigType.BYTES, 2L << 30, 16L << 20, 1L << 40),

  DISK_RESERVE_BYTES("disk.reserve_bytes", ConfigType.BYTES, 256L << 20, 1L << 20, 1L << 40),

  DROP_GRACE("store.drop_grace_ms", ConfigType.MILLIS, 3L * 86_400_000, 0, 365L * 86_400_000);

  private final String key;
  private final ConfigType type;
  private final String defaultText;
  private final String form;
  private final long min;
  private final long max;

  /** A text that matches a form. */
  ConfigKey(String key, String defaultText, String form) {
    this.key = key;
    this.type = ConfigType.TEXT;
    this.defaultText = defaultText;
    this.form = form;
    this.min = 0;
    this.max = 0;
  }

  /** A number in a range. */
  ConfigKey(String key, ConfigType type, long defaultValue, long min, long max) {
    this.key = key;
    this.type = type;
    this.defaultText = Long.toString(defaultValue);
    this.form = "";
    this.min = min;
    this.max = max;
  }

  /** As written in files and on command lines, for example "grpc.port". */
  public String key() {
    return key;
  }

  /** As text that {@link #parse} takes. */
  public String defaultText() {
    return defaultText;
  }

  /** The environment variable of this key, for example "TIDELINE_GRPC_PORT". */
  public String environmentName() {
    return "TIDELINE_" + key.replace('.', '_').toUpperCase(Locale.ROOT);
  }

  /** The section a key stands in, for example "grpc". */
  public String section() {
    return key.substring(0, key.indexOf('.'));
  }

  /** The key of this name. */
  public static Optional<ConfigKey> find(String key) {
    return Arrays.stream(values()).filter(k -> k.key.equals(key)).findFirst();
  }

  /** All keys as written. */
  public static List<String> names() {
    List<String> names = new ArrayList<>();
    for (ConfigKey key : values()) {
      names.add(key.key);
    }
    return names;
  }

  /**
   * Checks a value.
   *
   * @param where names the source in messages, for example {@code conf/tideline.yaml line 12}
   * @return a {@link String} or a {@link Long}, as the type says
   */
  Object parse(String text, String where) throws ConfigException {
    if (type == ConfigType.TEXT) {
      if (!text.matches(form)) {
        throw new ConfigException(
            where + ": " + key + " is \"" + text + "\", but must match " + form);
      }
      return text;
    }
    long value;
    try {
      value = type.parse(text);
    } catch (NumberFormatException e) {
      throw new ConfigException(
          where + ": " + key + " is \"" + text + "\", but must be " + type.description());
    }
    if (type == ConfigType.AUTO_BYTES && value == 0) {
      return value;
    }
    if (value < min || value > max) {
      throw new ConfigException(
          where + ": " + key + " is " + text + ", outside " + min + ".." + max + type.unit());
    }
    return value;
  }
}
