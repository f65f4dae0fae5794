/**
 * The life of a node: its data directory, wiring, start, stop and exit.
 *
 * <p>Wires everything by hand and contains no logic of the parts. Start reading at {@link
 * io.tideline.server.node.TidelineServer}.
 */
@NullMarked
package io.tideline.server.node;

import org.jspecify.annotations.NullMarked;
