/**
 * What a node tells about itself over HTTP: Prometheus metrics and health.
 *
 * <p>Knows the catalog and the engines by their counters, and nothing of gRPC services or requests.
 * Start reading at {@link io.tideline.server.metrics.NodeMetrics} and {@link
 * io.tideline.server.metrics.HttpEndpoint}.
 */
@NullMarked
package io.tideline.server.metrics;

import org.jspecify.annotations.NullMarked;
