package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_SHUTTING_DOWN;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_MANY_TAILS;

import io.tideline.manager.PartitionDescriptor;
import io.tideline.manager.StoreDescriptor;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.TailRequest;
import io.tideline.proto.v1.TimelineServiceGrpc;
import io.tideline.server.cluster.Member;
import io.tideline.server.cluster.PeerCalls;
import io.tideline.server.replica.TimelineWatchers;
import io.tideline.server.service.CallRunner.Outbound;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * TimelineService.Tail: the open tails of this node.
 *
 * <p>Timelines with a replica here are watched here, whoever leads. For those without one, a node
 * that has one is tailed, for nothing but the news that there is news: what is new is then read as
 * from there any read is.
 *
 * <p>Threading: safe for many threads.
 */
public final class Tails {

  /** Open tails: a stream of an HTTP/2 connection, a few objects and a timer each. */
  static final int TAILS_MAX = 100_000;

  /** Timelines in all tails together: some 200 bytes each. */
  static final int TIMELINES_MAX = 500_000;

  private static final int HEARTBEAT_MILLIS_MIN = 1_000;
  private static final int HEARTBEAT_MILLIS_MAX = 60_000;
  private static final int HEARTBEAT_MILLIS_DEFAULT = 15_000;
  private static final long RETRY_AFTER_MILLIS = 1_000;

  private static final FieldPath POSITIONS = FieldPath.of("positions");

  private final Stores stores;
  private final Forwarding forwarding;
  private final TimelineValidator validator;
  private final SyncReads sync;
  private final TimelineWatchers watchers;
  private final PeerCalls peers;
  private final Threads threads;
  private final Set<TailStream> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger openCount = new AtomicInteger();
  private volatile boolean stopping;

  /**
   * What runs tails.
   *
   * @param timer for short tasks; forgets at once those that are cancelled
   * @param workers for those that read and wait
   * @param clock tells heartbeats the time
   */
  public record Threads(ScheduledExecutorService timer, Executor workers, InstantSource clock) {}

  Tails(
      Stores stores,
      Forwarding forwarding,
      TimelineValidator validator,
      SyncReads sync,
      TimelineWatchers watchers,
      PeerCalls peers,
      Threads threads) {
    this.stores = stores;
    this.forwarding = forwarding;
    this.validator = validator;
    this.sync = sync;
    this.watchers = watchers;
    this.peers = peers;
    this.threads = threads;
  }

  /** How many are open. */
  public int count() {
    return openCount.get();
  }

  /** A timeline that is watched, here or elsewhere. */
  private record Watched(int place, byte[] key, PartitionDescriptor partition) {}

  /** Opens a tail. */
  CallRunner.OpenStream open(TailRequest request, CallContext context, Outbound out)
      throws Exception {
    validator.validate(request);
    StoreDescriptor store = stores.require(request.getStore());
    List<byte[]> keys = SyncReads.encode(POSITIONS, request.getPositionsList(), store);
    int heartbeat =
        request.getHeartbeatIntervalMs() == 0
            ? HEARTBEAT_MILLIS_DEFAULT
            : request.getHeartbeatIntervalMs();
    List<Watched> here = new ArrayList<>();
    Map<PartitionDescriptor, List<Watched>> elsewhere = new LinkedHashMap<>();
    for (int place = 0; place < keys.size(); place++) {
      PartitionDescriptor partition = store.partitionOf(keys.get(place));
      Watched watched = new Watched(place, keys.get(place), partition);
      if (forwarding.isElsewhere(partition, context)) {
        elsewhere.computeIfAbsent(partition, p -> new ArrayList<>()).add(watched);
      } else {
        here.add(watched);
      }
    }
    admit(here.size());
    List<PeerCalls.Subscription> subscriptions = new ArrayList<>();
    TailStream[] stream = new TailStream[1];
    stream[0] =
        new TailStream(
            request,
            heartbeat,
            out,
            new TailStream.Surroundings(
                sync, threads, () -> closed(stream[0], here, subscriptions)));
    for (Watched watched : here) {
      watchers.watch(watched.partition().partitionId(), watched.key(), stream[0], watched.place());
    }
    open.add(stream[0]);
    elsewhere.forEach(
        (partition, list) -> subscriptions.add(subscribe(request, partition, list, stream[0])));
    if (stopping) {
      stream[0].close(shuttingDown());
    }
    stream[0].begin();
    stream[0].ticksBy(ticks(stream[0], heartbeat));
    return new CallRunner.OpenStream() {
      @Override
      public void ready() {
        stream[0].goOn();
      }

      @Override
      public void cancelled() {
        stream[0].cancelled();
      }
    };
  }

  private void admit(int timelines) {
    if (openCount.incrementAndGet() > TAILS_MAX || watchers.count() + timelines > TIMELINES_MAX) {
      openCount.decrementAndGet();
      boolean tails = openCount.get() >= TAILS_MAX;
      throw Failure.of(
              ERROR_REASON_TOO_MANY_TAILS,
              tails
                  ? "this node has " + TAILS_MAX + " open tails; tail on another node, or later"
                  : "the tails of this node name "
                      + TIMELINES_MAX
                      + " timelines; tail on another node, or later")
          .withValue(Integer.toString(tails ? openCount.get() : watchers.count()))
          .withLimit(Integer.toString(tails ? TAILS_MAX : TIMELINES_MAX))
          .withRetryAfterMillis(RETRY_AFTER_MILLIS)
          .toException();
    }
  }

  private void closed(
      TailStream stream, List<Watched> here, List<PeerCalls.Subscription> subscriptions) {
    if (!open.remove(stream)) {
      return;
    }
    for (Watched watched : here) {
      watchers.end(watched.partition().partitionId(), watched.key(), stream, watched.place());
    }
    subscriptions.forEach(PeerCalls.Subscription::cancel);
    openCount.decrementAndGet();
  }

  /** Has another node tell of news in timelines of one partition. */
  private PeerCalls.Subscription subscribe(
      TailRequest request,
      PartitionDescriptor partition,
      List<Watched> watched,
      TailStream stream) {
    TailRequest.Builder part =
        TailRequest.newBuilder()
            .setStore(request.getStore())
            .setHeartbeatIntervalMs(HEARTBEAT_MILLIS_MAX);
    for (Watched one : watched) {
      SyncPosition position = request.getPositions(one.place());
      part.addPositions(position);
    }
    List<Member> holders = forwarding.holders(partition);
    if (holders.isEmpty()) {
      stream.close(unavailable(partition, "no node has a replica of it"));
      return () -> {};
    }
    return peers.subscribe(
        holders.getFirst(),
        TimelineServiceGrpc.getTailMethod(),
        part.build().toByteArray(),
        message -> watched.forEach(one -> stream.changed(one.place())),
        why -> stream.close(unavailable(partition, why)));
  }

  private static Failure unavailable(PartitionDescriptor partition, String why) {
    return Failure.of(
            ERROR_REASON_PARTITION_UNAVAILABLE,
            "partition "
                + partition.partitionId()
                + " has no replica on this node, and the one that was tailed ended: "
                + why
                + "; tail again from the last ids")
        .withRetryAfterMillis(RETRY_AFTER_MILLIS);
  }

  private Future<?> ticks(TailStream stream, int everyMillis) {
    return threads
        .timer()
        .scheduleWithFixedDelay(
            () -> threads.workers().execute(stream::tick),
            everyMillis,
            everyMillis,
            TimeUnit.MILLISECONDS);
  }

  /** Ends all tails: their readers go to another node. */
  public void stop() {
    stopping = true;
    open.forEach(stream -> stream.close(shuttingDown()));
  }

  private static Failure shuttingDown() {
    return Failure.of(
        ERROR_REASON_SHUTTING_DOWN,
        "the node is shutting down; tail on another node from the last ids");
  }

  static void validateHeartbeat(int millis) {
    if (millis != 0) {
      Check.range(
          FieldPath.of("heartbeat_interval_ms"),
          millis,
          HEARTBEAT_MILLIS_MIN,
          HEARTBEAT_MILLIS_MAX,
          "leave it unset for " + HEARTBEAT_MILLIS_DEFAULT);
    }
  }
}
