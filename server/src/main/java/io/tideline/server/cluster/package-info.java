/**
 * The other nodes of the cluster: who they are, how to reach them, and how a call that arrives at
 * one node gets to the replica that can serve it.
 *
 * <p>Membership is static: given by the configuration, the same on every node. Start reading at
 * {@link io.tideline.server.cluster.Members} and {@link
 * io.tideline.server.cluster.RoutedPartition}.
 */
@NullMarked
package io.tideline.server.cluster;

import org.jspecify.annotations.NullMarked;
