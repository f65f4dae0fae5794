/**
 * Partition 0 of a cluster: which stores exist, where their partitions are, and the host that runs
 * the partitions of this node.
 *
 * <p>The metadata logic itself is pure and lives in {@code io.tideline.manager}; here it is
 * persisted, replicated and acted upon. Knows nothing of gRPC. Start reading at {@link
 * io.tideline.server.catalog.Catalog} and {@link io.tideline.server.catalog.ReplicaHost}.
 */
@NullMarked
package io.tideline.server.catalog;

import org.jspecify.annotations.NullMarked;
