/**
 * Tests that need more than one module: the architecture rules, and whole nodes and clusters driven
 * through the client and the command line.
 *
 * <p>Start reading at {@code ChatLogKillIT}, the main proof; what it stands on is in {@link
 * io.tideline.it.harness}. The rules are in {@code ArchitectureTest}.
 */
@NullMarked
package io.tideline.it;

import org.jspecify.annotations.NullMarked;
