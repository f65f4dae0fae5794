/**
 * Tests that need more than one module: the architecture rules, and whole nodes and clusters driven
 * through the client and the command line. Start reading at {@code ArchitectureTest}.
 */
@NullMarked
package io.tideline.it;

import org.jspecify.annotations.NullMarked;
