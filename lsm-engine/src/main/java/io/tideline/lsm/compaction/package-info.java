/**
 * Flush and compaction as pure work: which runs to merge ({@link
 * io.tideline.lsm.compaction.CompactionPicker}), in which jobs ({@link
 * io.tideline.lsm.compaction.CompactionPlan}, {@link io.tideline.lsm.compaction.Slices}), what to
 * leave out ({@link io.tideline.lsm.compaction.Retention}), and writing the result as tables
 * ({@link io.tideline.lsm.compaction.RunWriter}). Internal to the engine; knows nothing of threads,
 * versions or the manifest's file.
 */
@NullMarked
package io.tideline.lsm.compaction;

import org.jspecify.annotations.NullMarked;
