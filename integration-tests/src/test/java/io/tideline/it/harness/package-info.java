/**
 * What the tests of whole processes stand on: real nodes and command lines as child processes, the
 * contract's stubs without any client library, chat logs, seeds, and what to print when a test
 * fails.
 *
 * <p>Nothing here knows how a node works inside; it sees processes, ports, files and the contract.
 *
 * <p>Start reading at {@link io.tideline.it.harness.Nodes}, then {@link
 * io.tideline.it.harness.ServerProcess}.
 */
@NullMarked
package io.tideline.it.harness;

import org.jspecify.annotations.NullMarked;
