/**
 * A node of the cluster: services at the gRPC edge, partition replicas (Raft over the engine),
 * search indexes, heartbeats.
 *
 * <p>JRaft types stay in {@code io.tideline.server.raft}; generated protobuf types stay out of
 * {@code io.tideline.server.command}.
 */
@NullMarked
package io.tideline.server;

import org.jspecify.annotations.NullMarked;
