/**
 * A partition's replica on this node: gathers waiting writes into log entries, admits or refuses
 * them, applies what the log decided, serves linearizable reads.
 *
 * <p>Knows the log as an interface only; which consensus library is behind it is none of its
 * business. Start reading at {@link io.tideline.server.replica.Partition}.
 */
@NullMarked
package io.tideline.server.replica;

import org.jspecify.annotations.NullMarked;
