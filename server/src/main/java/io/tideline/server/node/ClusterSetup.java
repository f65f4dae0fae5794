package io.tideline.server.node;

import io.tideline.server.cluster.Member;
import io.tideline.server.cluster.Members;
import io.tideline.server.config.ClusterMember;
import io.tideline.server.config.ConfigException;
import io.tideline.server.config.ConfigKey;
import io.tideline.server.config.NodeConfig;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** What follows from the configured members. */
final class ClusterSetup {

  private ClusterSetup() {}

  /**
   * What names this node in its replication groups.
   *
   * @param members as configured, empty for a node on its own
   * @param raftPort of this node
   */
  static String raftAddress(NodeConfig config, List<ClusterMember> members, int raftPort) {
    return members.stream()
        .filter(member -> member.nodeId().equals(config.text(ConfigKey.NODE_ID)))
        .findFirst()
        .map(member -> Ports.join(member.host(), member.raftPort()))
        .orElseGet(() -> Ports.join(config.advertisedAddress(), raftPort));
  }

  /** Nodes that are told of the same members find each other under the same id. */
  static String newClusterId(List<ClusterMember> members) {
    return members.isEmpty()
        ? UUID.randomUUID().toString()
        : UUID.nameUUIDFromBytes(
                members.stream()
                    .map(ClusterMember::toString)
                    .sorted()
                    .toList()
                    .toString()
                    .getBytes(StandardCharsets.UTF_8))
            .toString();
  }

  /**
   * The nodes of the cluster.
   *
   * @param raftAddress this node's
   * @throws StartException if a member's host name does not resolve
   */
  static Members members(NodeConfig config, InetSocketAddress raftAddress)
      throws ConfigException, StartException {
    List<ClusterMember> configured = config.members();
    String nodeId = config.text(ConfigKey.NODE_ID);
    if (configured.isEmpty()) {
      return Members.alone(new Member(nodeId, raftName(raftAddress), ""));
    }
    List<Member> all = new ArrayList<>();
    for (ClusterMember member : configured) {
      all.add(
          new Member(
              member.nodeId(),
              raftName(Ports.address(member.host(), member.raftPort())),
              Ports.join(member.host(), member.grpcPort())));
    }
    return new Members(
        all.stream().filter(member -> member.nodeId().equals(nodeId)).findFirst().orElseThrow(),
        all);
  }

  /** As the replication names members: by address, so that all nodes use the same. */
  private static String raftName(InetSocketAddress address) {
    return Ports.join(address.getAddress().getHostAddress(), address.getPort());
  }
}
