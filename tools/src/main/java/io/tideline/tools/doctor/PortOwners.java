package io.tideline.tools.doctor;

import io.tideline.client.NodeInfo;
import io.tideline.client.NodeStatus;
import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.server.config.ConfigKey;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Who has a port: the node of the data directory that is looked at, another Tideline node, or a
 * program that is none.
 *
 * <p>A node is asked by its status call. Only the gRPC port answers that; the ports for Raft and
 * HTTP are known from the list of nodes that the gRPC port gives.
 */
final class PortOwners {
  /** Who has a port. */
  sealed interface Owner {
    /**
     * The node this configuration is for.
     *
     * @param description for people
     * @param answers whether it answered its status call in time
     */
    record Own(String description, boolean answers) implements Owner {}

    /**
     * A Tideline node with other data, of another cluster, or with the port for something else.
     *
     * @param description for people
     */
    record Other(String description) implements Owner {}

    /** No Tideline node, as far as can be seen. */
    record Foreign() implements Owner {}
  }

  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Path directory;
  private final Optional<String> clusterId;
  private final String host;
  private final int grpcPort;

  /**
   * @param directory the data directory the configuration names
   * @param clusterId the cluster it names, if it does
   * @param host where its ports are asked
   * @param grpcPort its port for clients
   */
  PortOwners(Path directory, Optional<String> clusterId, String host, int grpcPort) {
    this.directory = directory;
    this.clusterId = clusterId;
    this.host = host;
    this.grpcPort = grpcPort;
  }

  /**
   * Who has a port that is in use.
   *
   * @param key what the configuration has it for
   * @throws IOException if what tells of the directory's own node cannot be read
   */
  Owner owner(ConfigKey key, int port) throws IOException {
    Optional<OwnNode> own = OwnNode.of(directory).filter(node -> node.uses(key, port));
    if (own.isPresent()) {
      return confirm(own.get());
    }
    return IntStream.of(port, grpcPort)
        .distinct()
        .filter(asked -> asked != 0)
        .boxed()
        .flatMap(asked -> nodeAt(asked).stream())
        .filter(node -> node.hasPort(port))
        .findFirst()
        .<Owner>map(node -> new Owner.Other(describe(node.status())))
        .orElseGet(Owner.Foreign::new);
  }

  /** The ready file and the lock say it is ours; the node itself must agree. */
  private Owner confirm(OwnNode own) {
    int port = own.ports().getOrDefault(ConfigKey.GRPC_PORT, grpcPort);
    Optional<Answer> answer = nodeAt(port);
    if (answer.isEmpty()) {
      return new Owner.Own("node " + own.nodeId(), false);
    }
    NodeStatus status = answer.get().status();
    boolean agrees =
        status.nodeId().equals(own.nodeId())
            && clusterId.map(status.clusterId()::equals).orElse(true);
    return agrees ? new Owner.Own(describe(status), true) : new Owner.Other(describe(status));
  }

  /**
   * What a node says of itself.
   *
   * @param askedPort where it was asked
   */
  private record Answer(int askedPort, NodeStatus status, List<NodeInfo> nodes) {
    boolean hasPort(int port) {
      return port == askedPort
          || nodes.stream()
              .filter(node -> node.nodeId().equals(status.nodeId()))
              .flatMap(node -> Stream.of(node.raftAddress(), node.httpAddress()))
              .anyMatch(address -> portOf(address).equals(OptionalInt.of(port)));
    }
  }

  private Optional<Answer> nodeAt(int port) {
    try (TidelineClient client =
        TidelineClient.builder().addresses(host + ":" + port).deadline(PATIENCE).build()) {
      return Optional.of(new Answer(port, client.admin().nodeStatus(), client.admin().nodes()));
    } catch (TidelineException noNode) {
      // Whatever listens there does not speak our protocol, or not in time.
      return Optional.empty();
    }
  }

  private static String describe(NodeStatus status) {
    return "node "
        + status.nodeId()
        + " (version "
        + status.version()
        + ") of cluster "
        + status.clusterId();
  }

  /** The port of "host:port"; empty if there is none. */
  static OptionalInt portOf(String address) {
    String digits = address.substring(address.lastIndexOf(':') + 1);
    return digits.matches("\\d{1,5}")
        ? OptionalInt.of(Integer.parseInt(digits))
        : OptionalInt.empty();
  }
}
