/**
 * {@code tideline node}, {@code partition} and {@code cluster}: looking at a cluster and steering
 * it.
 */
@NullMarked
package io.tideline.tools.cluster;

import org.jspecify.annotations.NullMarked;
