/**
 * {@code tideline bench}: named workloads, measured the same way every time. One subcommand per
 * thing that is measured; {@code engine} is in the package of that name, {@code compaction-model}
 * computes instead of measuring.
 */
@NullMarked
package io.tideline.tools.bench;

import org.jspecify.annotations.NullMarked;
