package io.tideline.client;

/**
 * A node of the cluster.
 *
 * @param nodeId its id
 * @param grpcAddress where clients connect, "host:port"
 * @param raftAddress where replicas connect
 * @param httpAddress metrics and health
 * @param alive whether it answers
 */
public record NodeInfo(
    String nodeId, String grpcAddress, String raftAddress, String httpAddress, boolean alive) {}
