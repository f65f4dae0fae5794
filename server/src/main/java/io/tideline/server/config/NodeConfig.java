package io.tideline.server.config;

import io.tideline.lsm.CompactionScheme;
import io.tideline.lsm.EngineOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The checked configuration of one node. Immutable. */
public final class NodeConfig {

  private static final String ENVIRONMENT_PREFIX = "TIDELINE_";

  /**
   * A partition is flushed when it holds back an eighth of the log's limit. It may keep two such
   * parts, so the log usually stays at a quarter, far below the half at which the log itself begins
   * to copy what is left in its oldest segment.
   */
  private static final int FLUSHES_PER_BACKLOG = 8;

  private final Map<ConfigKey, Object> values;

  private NodeConfig(Map<ConfigKey, Object> values) {
    this.values = values;
  }

  /** The built-in defaults. */
  public static NodeConfig defaults() {
    try {
      return load(null, Map.of(), List.of());
    } catch (ConfigException e) {
      throw new AssertionError("a default is refused: " + e.getMessage(), e);
    }
  }

  /**
   * Gathers and checks the values; later sources win.
   *
   * @param file YAML, null for none
   * @param environment variables; those named after a key count
   * @param settings "key=value" from the command line
   */
  public static NodeConfig load(
      @Nullable Path file, Map<String, String> environment, List<String> settings)
      throws ConfigException {
    Map<ConfigKey, Object> values = new EnumMap<>(ConfigKey.class);
    for (ConfigKey key : ConfigKey.values()) {
      values.put(key, key.parse(key.defaultText(), "default"));
    }
    if (file != null) {
      for (var entry : ConfigFile.read(file).entrySet()) {
        ConfigFile.Located value = entry.getValue();
        values.put(entry.getKey(), entry.getKey().parse(value.text(), value.where()));
      }
    }
    putEnvironment(values, environment);
    for (String setting : settings) {
      putSetting(values, setting);
    }
    return new NodeConfig(values);
  }

  /** This configuration with further settings, each "key=value". */
  public NodeConfig with(String... settings) throws ConfigException {
    Map<ConfigKey, Object> changed = new EnumMap<>(values);
    for (String setting : settings) {
      putSetting(changed, setting);
    }
    return new NodeConfig(changed);
  }

  /**
   * Variables in the form of a key must be one; others that begin with the prefix belong to other
   * programs (the launcher, the command line).
   */
  private static void putEnvironment(Map<ConfigKey, Object> values, Map<String, String> environment)
      throws ConfigException {
    Set<String> sections =
        List.of(ConfigKey.values()).stream()
            .map(key -> ENVIRONMENT_PREFIX + key.section().toUpperCase(Locale.ROOT) + "_")
            .collect(Collectors.toSet());
    for (Map.Entry<String, String> variable : environment.entrySet()) {
      String name = variable.getKey();
      if (sections.stream().noneMatch(name::startsWith)) {
        continue;
      }
      ConfigKey key =
          List.of(ConfigKey.values()).stream()
              .filter(k -> k.environmentName().equals(name))
              .findFirst()
              .orElse(null);
      if (key == null) {
        List<String> known =
            List.of(ConfigKey.values()).stream().map(ConfigKey::environmentName).toList();
        throw new ConfigException(
            "environment: unknown variable " + name + Suggestion.of(name, known));
      }
      values.put(key, key.parse(variable.getValue(), "environment variable " + name));
    }
  }

  private static void putSetting(Map<ConfigKey, Object> values, String setting)
      throws ConfigException {
    int equals = setting.indexOf('=');
    if (equals < 1) {
      throw new ConfigException(
          "command line: \"" + setting + "\" is not of the form key=value, e.g. grpc.port=7430");
    }
    String name = setting.substring(0, equals).strip();
    ConfigKey key = ConfigKey.find(name).orElse(null);
    if (key == null) {
      throw ConfigFile.unknown("command line", name);
    }
    values.put(key, key.parse(setting.substring(equals + 1).strip(), "command line"));
  }

  // --- Values ---

  public String text(ConfigKey key) {
    return (String) value(key);
  }

  public long number(ConfigKey key) {
    return (Long) value(key);
  }

  /** A number that the key's range keeps within an int. */
  public int count(ConfigKey key) {
    return Math.toIntExact(number(key));
  }

  private Object value(ConfigKey key) {
    Object value = values.get(key);
    if (value == null) {
      throw new IllegalStateException("no value for " + key.key());
    }
    return value;
  }

  public Path dataDirectory() {
    return Path.of(text(ConfigKey.DATA_DIRECTORY)).toAbsolutePath().normalize();
  }

  /**
   * All nodes of the cluster, this one among them; empty for a node on its own.
   *
   * @throws ConfigException if a node is named twice, this node is not named, or other ports are
   *     given for it than it opens
   */
  public List<ClusterMember> members() throws ConfigException {
    String text = text(ConfigKey.CLUSTER_MEMBERS);
    if (text.isEmpty()) {
      return List.of();
    }
    List<ClusterMember> members = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (String entry : text.split("\\s*,\\s*")) {
      ClusterMember member = ClusterMember.parse(entry);
      if (!names.add(member.nodeId())) {
        throw new ConfigException("cluster.members names " + member.nodeId() + " twice");
      }
      members.add(member);
    }
    String nodeId = text(ConfigKey.NODE_ID);
    ClusterMember self =
        members.stream()
            .filter(member -> member.nodeId().equals(nodeId))
            .findFirst()
            .orElseThrow(
                () ->
                    new ConfigException(
                        "cluster.members does not name this node: node.id is "
                            + nodeId
                            + ", the members are "
                            + names));
    requirePort(ConfigKey.RAFT_PORT, self.raftPort());
    requirePort(ConfigKey.GRPC_PORT, self.grpcPort());
    return members;
  }

  private void requirePort(ConfigKey key, int asMember) throws ConfigException {
    if (number(key) != asMember) {
      throw new ConfigException(
          "cluster.members gives this node port "
              + asMember
              + ", but "
              + key.key()
              + " is "
              + number(key)
              + "; make them the same");
    }
  }

  /** The cluster this node must belong to, if one is named. */
  public Optional<String> clusterId() {
    return Optional.of(text(ConfigKey.CLUSTER_ID)).filter(id -> !id.isEmpty());
  }

  /** The host name or address that clients and other nodes reach this node by. */
  public String advertisedAddress() {
    String advertised = text(ConfigKey.ADVERTISED_ADDRESS);
    return advertised.isEmpty() ? text(ConfigKey.BIND_ADDRESS) : advertised;
  }

  /**
   * Settings of every engine; its scheme is that of stores whose entries live long, the others'
   * follows from their TTL. An engine's own disk reserve is the last line behind the node's, so it
   * is never the larger one: what the node has admitted must still fit. The size of memtables is
   * {@link MemoryPlan}'s.
   */
  public EngineOptions engineOptions() {
    return EngineOptions.DEFAULTS
        .withBlockBytes(count(ConfigKey.ENGINE_BLOCK_BYTES))
        .withFilterBitsPerKey(count(ConfigKey.ENGINE_FILTER_BITS))
        .withRunsPerTier(count(ConfigKey.ENGINE_RUNS_PER_TIER))
        .withDiskReserveBytes(
            Math.min(
                number(ConfigKey.DISK_RESERVE_BYTES), EngineOptions.DEFAULTS.diskReserveBytes()))
        .withFlushLogBytes(number(ConfigKey.LOG_BACKLOG_BYTES_MAX) / FLUSHES_PER_BACKLOG)
        .withScheme(
            CompactionScheme.LONG_LIVED.withColdAfterMillis(number(ConfigKey.ENGINE_COLD_AFTER)))
        .withCompression(
            EngineOptions.Compression.valueOf(
                text(ConfigKey.ENGINE_COMPRESSION).toUpperCase(Locale.ROOT)));
  }
}
