package io.tideline.tools.doctor;

import io.tideline.server.config.ConfigException;
import io.tideline.server.config.NodeConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether the configuration is valid, from whatever sources it comes.
 *
 * @param file the file, null for none
 * @param environment environment variables
 * @param settings settings of the command line
 */
record ConfigCheck(@Nullable Path file, Map<String, String> environment, List<String> settings)
    implements Check {

  @Override
  public String name() {
    return "configuration";
  }

  @Override
  public List<Finding> run() {
    try {
      NodeConfig.load(file, environment, settings);
    } catch (ConfigException wrong) {
      return List.of(
          Finding.fail(
              name(),
              String.valueOf(wrong.getMessage()),
              "Correct it; conf/tideline.yaml explains every key."));
    }
    return List.of(
        Finding.ok(
            name(), file == null ? "defaults and environment are valid" : file + " is valid"));
  }

  /** The configuration if it is valid; the other checks then look at what it says. */
  Optional<NodeConfig> load() {
    try {
      return Optional.of(NodeConfig.load(file, environment, settings));
    } catch (ConfigException wrong) {
      // Told by run().
      return Optional.empty();
    }
  }
}
