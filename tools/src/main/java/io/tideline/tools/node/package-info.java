/**
 * Running nodes: in this process ({@code server}, {@code dev}) and as child processes of tools that
 * need one to kill.
 *
 * <p>Start reading at {@link io.tideline.tools.node.ServerCommand}; child processes are in {@link
 * io.tideline.tools.node.NodeProcess}.
 */
@NullMarked
package io.tideline.tools.node;

import org.jspecify.annotations.NullMarked;
