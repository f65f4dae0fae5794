/**
 * The memtable: what was applied and not yet flushed. A hash of keys, each with its rows linked
 * backwards in a bump arena; one writer, wait-free readers, snapshots by offset. Internal to the
 * engine; knows nothing of files. Start at {@link io.tideline.lsm.memtable.Memtable}.
 */
@NullMarked
package io.tideline.lsm.memtable;

import org.jspecify.annotations.NullMarked;
