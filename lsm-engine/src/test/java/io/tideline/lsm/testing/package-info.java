/**
 * Disks for tests: one that loses what was not synced, one that fails on request.
 *
 * <p>{@link io.tideline.lsm.testing.CrashFileSystem} is an in-memory disk that can tell what it
 * would hold after a power cut; {@link io.tideline.lsm.testing.FaultFileSystem} wraps any disk and
 * makes chosen operations fail, or lie. Both are deterministic for a seed and know nothing of what
 * is stored on them. {@link io.tideline.lsm.testing.Seeds} prints and reads the seed.
 */
@NullMarked
package io.tideline.lsm.testing;

import org.jspecify.annotations.NullMarked;
