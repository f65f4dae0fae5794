package io.tideline.server.replica;

import io.tideline.server.transfer.SnapshotTransfers;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

/**
 * What all replicas of a node share.
 *
 * @param transfers sends and receives snapshots
 * @param clock stamps proposals; never read while applying
 * @param timer for short tasks only
 * @param answers completes callers' futures
 * @param flushLogBytes how much of the node's log a replica may hold back by not being flushed, as
 *     {@link io.tideline.lsm.EngineOptions#flushLogBytes} of the engines
 * @param reads how replicas may be read
 * @param changes told of what is applied
 * @param fatal told of errors after which the node must stop
 */
public record ReplicaContext(
    RaftGroups groups,
    Admission admission,
    SnapshotTransfers transfers,
    InstantSource clock,
    ScheduledExecutorService timer,
    Executor answers,
    long flushLogBytes,
    ReadSettings reads,
    ChangeListener changes,
    Consumer<Throwable> fatal) {}
