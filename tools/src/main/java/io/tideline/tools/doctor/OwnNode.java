package io.tideline.tools.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import io.tideline.server.config.ConfigKey;
import io.tideline.tools.cli.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * The node that runs on the data directory doctor looks at, as its file {@code tideline.ready} and
 * its lock tell.
 *
 * @param nodeId its name
 * @param ports what it listens on, by {@link ConfigKey#GRPC_PORT}, {@link ConfigKey#RAFT_PORT} and
 *     {@link ConfigKey#HTTP_PORT}
 */
record OwnNode(String nodeId, Map<ConfigKey, Integer> ports) {
  /** Written by a node once it serves; see {@code io.tideline.server.node.ReadyFile}. */
  private static final String READY_FILE = "tideline.ready";

  OwnNode {
    ports = Map.copyOf(ports);
  }

  /**
   * Reads who runs on {@code directory}.
   *
   * @return empty if nobody holds its lock, or the holder does not serve yet
   * @throws IOException if the lock or the file cannot be read, or is not in the form of a node's
   */
  static Optional<OwnNode> of(Path directory) throws IOException {
    // A killed node leaves its file behind, so the file alone proves nothing.
    if (!LockCheck.isLocked(directory)) {
      return Optional.empty();
    }
    Path file = directory.resolve(READY_FILE);
    try {
      JsonNode ready = Json.parseObject(Files.readString(file));
      Map<ConfigKey, Integer> ports = new EnumMap<>(ConfigKey.class);
      ports.put(ConfigKey.GRPC_PORT, port(ready, "grpc"));
      ports.put(ConfigKey.RAFT_PORT, port(ready, "raft"));
      ports.put(ConfigKey.HTTP_PORT, port(ready, "http"));
      return Optional.of(new OwnNode(ready.path("node").asText(), ports));
    } catch (NoSuchFileException stillStarting) {
      return Optional.empty();
    } catch (IllegalArgumentException malformed) {
      throw new IOException(file + " cannot be understood: " + malformed.getMessage(), malformed);
    }
  }

  private static int port(JsonNode ready, String field) {
    return PortOwners.portOf(ready.path(field).asText())
        .orElseThrow(
            () -> new IllegalArgumentException("\"" + field + "\" is not an address with a port"));
  }

  /** Whether it listens on {@code port} for what {@code key} says. */
  boolean uses(ConfigKey key, int port) {
    return Integer.valueOf(port).equals(ports.get(key));
  }
}
