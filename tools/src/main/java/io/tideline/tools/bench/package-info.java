/**
 * {@code tideline bench}: named workloads, measured the same way every time. One subcommand per
 * thing that is measured; {@code engine} and {@code idle} are in packages of their names, {@code
 * compaction-model} computes instead of measuring.
 */
@NullMarked
package io.tideline.tools.bench;

import org.jspecify.annotations.NullMarked;
