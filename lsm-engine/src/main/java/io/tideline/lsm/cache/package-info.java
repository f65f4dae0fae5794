/**
 * The cache of decoded blocks: off-heap memory, bounded in bytes, pinned while read. Internal to
 * the engine; knows nothing of what is in a block. Start at {@link
 * io.tideline.lsm.cache.BlockCache}.
 */
@NullMarked
package io.tideline.lsm.cache;

import org.jspecify.annotations.NullMarked;
