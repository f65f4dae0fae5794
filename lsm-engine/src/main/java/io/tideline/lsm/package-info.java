/**
 * The storage engine of one partition: timelines of rows, newest runs first, on one directory.
 *
 * <p>The engine knows byte keys, sequence ids and byte values and nothing of stores, messages or
 * replication. It keeps no log of its own: the caller's replicated log is the write-ahead log,
 * every {@link io.tideline.lsm.WriteBatch} carries its log position, and after a crash {@link
 * io.tideline.lsm.Engine#durableState()} names the position from which the caller must replay.
 *
 * <p>Start reading at {@link io.tideline.lsm.Engine}; what can be read back is in {@link
 * io.tideline.lsm.ReadView}, what may be written in {@link io.tideline.lsm.WriteBatch}.
 */
@NullMarked
package io.tideline.lsm;

import org.jspecify.annotations.NullMarked;
