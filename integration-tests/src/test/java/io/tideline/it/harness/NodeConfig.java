package io.tideline.it.harness;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How a node under test is configured: the JVM options and what its configuration file says beyond
 * addresses and data directory.
 *
 * @param jvmOptions options of the node's JVM
 * @param settings configuration keys, dots between the levels
 */
public record NodeConfig(List<String> jvmOptions, Map<String, Object> settings) {

  /** Options of a JVM that does little before it ends: quicker to start, slower at work. */
  static final List<String> SHORT_LIFE = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  /** The heap every node must manage with. */
  private static final String HEAP = "-Xmx512m";

  public NodeConfig {
    jvmOptions = List.copyOf(jvmOptions);
    settings = Map.copyOf(settings);
  }

  /** The defaults a user gets, in 512 MiB of heap. */
  public static NodeConfig defaults() {
    return new NodeConfig(List.of(HEAP), Map.of());
  }

  /** For nodes that start, serve a few calls and end. */
  public static NodeConfig shortLived() {
    List<String> options = new ArrayList<>(List.of(HEAP));
    options.addAll(SHORT_LIFE);
    return new NodeConfig(options, Map.of());
  }

  public NodeConfig with(String key, Object value) {
    Map<String, Object> changed = new TreeMap<>(settings);
    changed.put(key, value);
    return new NodeConfig(jvmOptions, changed);
  }

  /** The configuration file; JSON, which is YAML as well. */
  String toYaml() {
    Map<String, Object> root = new TreeMap<>();
    settings.forEach((key, value) -> put(root, key, value));
    try {
      return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(root);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("settings that are no YAML: " + settings, e);
    }
  }

  @SuppressWarnings("unchecked")
  private static void put(Map<String, Object> level, String key, Object value) {
    int dot = key.indexOf('.');
    if (dot < 0) {
      level.put(key, value);
      return;
    }
    Object inner = level.computeIfAbsent(key.substring(0, dot), k -> new TreeMap<String, Object>());
    put((Map<String, Object>) inner, key.substring(dot + 1), value);
  }
}
