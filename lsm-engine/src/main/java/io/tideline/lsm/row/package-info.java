/**
 * What one layer of the engine (a memtable or a run) offers to readers, flush and compaction:
 * groups in key order, rows of one group in both directions, and the rules by which layers are
 * merged.
 *
 * <p>Internal to the engine. A <em>group</em> is everything one layer holds of one internal key:
 * for a timeline its head delta and rows, for a record one row with sequence id 0. Start at {@link
 * io.tideline.lsm.row.RowSource} and {@link io.tideline.lsm.row.GroupSource}.
 */
@NullMarked
package io.tideline.lsm.row;

import org.jspecify.annotations.NullMarked;
