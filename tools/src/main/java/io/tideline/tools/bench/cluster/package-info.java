/**
 * {@code tideline bench cluster}: how much a cluster of real processes takes through the real
 * client, beside a server that only echoes.
 */
@NullMarked
package io.tideline.tools.bench.cluster;

import org.jspecify.annotations.NullMarked;
