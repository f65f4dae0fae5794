/**
 * {@code inspect}: reads the files of a stopped node and verifies their checksums.
 *
 * <p>Reads only. How the files are read is the engine's and the log's knowledge; here is where they
 * lie and how they are shown. Start reading at {@link io.tideline.tools.inspect.NodeFiles}.
 */
@NullMarked
package io.tideline.tools.inspect;

import org.jspecify.annotations.NullMarked;
