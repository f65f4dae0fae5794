/**
 * Looking into an engine's files from outside, for tools and tests: descriptions ({@link
 * io.tideline.lsm.inspect.EngineInspector}), checksums ({@link
 * io.tideline.lsm.inspect.ChecksumVerifier}) and a full check of the structure ({@link
 * io.tideline.lsm.inspect.EngineChecker}).
 *
 * <p>Public. Reads only, takes no lock: meant for engines that are not open, or for snapshots of
 * them.
 */
@NullMarked
package io.tideline.lsm.inspect;

import org.jspecify.annotations.NullMarked;
