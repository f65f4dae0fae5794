/**
 * What every command of the {@code tideline} script shares: the surroundings of a run ({@link
 * io.tideline.tools.cli.ToolContext}), exit codes, errors for people, tables and JSON, progress of
 * long work, and how sizes and durations are written.
 *
 * <p>Knows nothing of servers, clients, stores or files of a node. Start reading at {@link
 * io.tideline.tools.cli.ToolContext}, then {@link io.tideline.tools.cli.Output}.
 */
@NullMarked
package io.tideline.tools.cli;

import org.jspecify.annotations.NullMarked;
