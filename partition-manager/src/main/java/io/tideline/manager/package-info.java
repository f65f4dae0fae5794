/**
 * The partition manager: the metadata of a cluster as a state machine, and the schedulers that turn
 * it and the current load into operators (split, merge, move, transfer leader).
 *
 * <p>Pure code. It must not know JRaft, the engine, any clock or any randomness of its own: time
 * arrives as a value, so the same code runs in a node and in the simulator. Generated protobuf
 * types are seen in {@code io.tideline.manager.edge} only.
 */
@NullMarked
package io.tideline.manager;

import org.jspecify.annotations.NullMarked;
