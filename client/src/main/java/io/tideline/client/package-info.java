/**
 * The Java client of Tideline: what an application links. It finds the leaders, batches, retries,
 * and turns error details into {@code TidelineException}s.
 *
 * <p>Must not know the server's code; all it shares with a node is the wire contract.
 */
@NullMarked
package io.tideline.client;

import org.jspecify.annotations.NullMarked;
