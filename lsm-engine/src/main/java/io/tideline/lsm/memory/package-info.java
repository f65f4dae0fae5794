/**
 * Off-heap memory: the process-wide pool of slabs that memtables grow in, and the native memory of
 * cached blocks. Internal to the engine; knows nothing of keys or rows. Start at {@link
 * io.tideline.lsm.memory.MemoryPool}.
 */
@NullMarked
package io.tideline.lsm.memory;

import org.jspecify.annotations.NullMarked;
