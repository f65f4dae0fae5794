package io.tideline.server.cluster;

import java.util.Objects;

/**
 * A node of the cluster.
 *
 * @param nodeId its name
 * @param raftAddress {@code ip:port} that names it in its replication groups
 * @param grpcAddress {@code host:port} where it takes calls; empty for a node on its own, which
 *     nobody calls by this
 */
public record Member(String nodeId, String raftAddress, String grpcAddress) {

  public Member {
    Objects.requireNonNull(nodeId, "nodeId");
    Objects.requireNonNull(raftAddress, "raftAddress");
    Objects.requireNonNull(grpcAddress, "grpcAddress");
  }
}
