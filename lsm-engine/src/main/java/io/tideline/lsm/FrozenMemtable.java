package io.tideline.lsm;

import io.tideline.lsm.memtable.Memtable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A memtable that waits for its flush.
 *
 * @param state what the engine corresponds to once it is flushed
 * @param previousLogIndex log index of the state before its first batch
 * @param done completed when {@code state} is durable
 */
record FrozenMemtable(
    Memtable memtable,
    EngineState state,
    long previousLogIndex,
    List<CompletableFuture<EngineState>> done) {

  FrozenMemtable(Memtable memtable, EngineState state, long previousLogIndex) {
    this(memtable, state, previousLogIndex, new ArrayList<>(1));
  }
}
