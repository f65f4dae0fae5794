package io.tideline.server.service;

/**
 * How this node is known in the cluster.
 *
 * @param grpcAddress host:port
 */
public record NodeAddress(
    String nodeId, String grpcAddress, String raftAddress, String httpAddress) {}
