/**
 * The file-system seam: the only room of the engine that touches {@code java.nio.file}.
 *
 * <p>Everything durable (tables, manifests, the replicated log) is written through {@link
 * io.tideline.lsm.fs.FileSystem}, so that tests can put a crashing or a failing disk underneath.
 * Start at {@link io.tideline.lsm.fs.FileSystem}.
 */
@NullMarked
package io.tideline.lsm.fs;

import org.jspecify.annotations.NullMarked;
