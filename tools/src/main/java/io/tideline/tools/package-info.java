/**
 * The command line: one {@code tideline} script with the server, the demo, administration, import
 * and export, inspection and benchmarks as subcommands. Start reading at {@code Main}.
 */
@NullMarked
package io.tideline.tools;

import org.jspecify.annotations.NullMarked;
