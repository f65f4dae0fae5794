/**
 * What the replicated log carries and how a partition applies it.
 *
 * <p>Commands and results are plain values: no protobuf, no Raft types, no clock. Applying is a
 * pure function of (state, command), so that every replica reaches the same state.
 *
 * <p>Start reading at {@link io.tideline.server.command.Command} and {@link
 * io.tideline.server.command.CommandResult}.
 */
@NullMarked
package io.tideline.server.command;

import org.jspecify.annotations.NullMarked;
