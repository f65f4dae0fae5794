package io.tideline.server.service;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.tideline.proto.v1.Coverage;
import io.tideline.proto.v1.CoverageStatus;
import io.tideline.proto.v1.ReadConsistency;
import io.tideline.proto.v1.ReadOptions;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.SyncRequest;
import io.tideline.proto.v1.SyncResponse;
import io.tideline.proto.v1.SyncResult;
import io.tideline.proto.v1.TailHeartbeat;
import io.tideline.proto.v1.TailRequest;
import io.tideline.proto.v1.TailResponse;
import io.tideline.proto.v1.TimelineId;
import io.tideline.server.replica.TimelineWatchers;
import io.tideline.server.service.CallRunner.Outbound;
import io.tideline.server.service.Marshallers.Reply;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One open tail. Nothing is kept for its reader but where it stands: whenever something may be new
 * in a timeline, and the reader takes more, what is new is read as a Sync reads it. So history and
 * live entries are the same, a slow reader costs no memory, and an idle one no thread.
 *
 * <p>Of a timeline, entries come in order and none twice: positions move with what was sent, and
 * each read shows at least what the one before did.
 *
 * <p>Threading: woken by any thread; {@code this} guards the state. One thread at a time reads and
 * sends.
 */
final class TailStream implements TimelineWatchers.Watcher {

  /** A reader that takes nothing for so long is told to read on, and let go of. */
  static final long STALLED_MILLIS_MAX = 60_000;

  /** Bytes of one read: many tails read at once when a node that has many starts. */
  private static final int READ_BYTES_MAX = 256 << 10;

  // Pauses after a read that was refused for want of memory: doubled with each further one.
  private static final long RETRY_MILLIS_MIN = 50;
  private static final long RETRY_MILLIS_MAX = 5_000;

  /** Also without news a tail is read now and then: to find out that its partition is gone. */
  private static final long CHECK_MILLIS = 60_000;

  /** What one stream needs of the node. */
  record Surroundings(SyncReads sync, Tails.Threads threads, Runnable onClosed) {}

  private final TailRequest request;
  private final int heartbeatMillis;
  private final Outbound out;
  private final Surroundings node;
  private final List<TimelineId> timelines;

  // Guarded by this.
  private final long[] after;
  private final long[] last;
  private final long[] first;
  private final BitSet pending = new BitSet();
  private ByteString session = ByteString.EMPTY;
  private boolean running;
  private boolean closed;
  private boolean caughtUp;
  private boolean sentSinceTick;
  private long stalledMillis;
  private long uncheckedMillis;
  private long retryMillis = RETRY_MILLIS_MIN;
  private @Nullable Future<?> ticks;

  TailStream(TailRequest request, int heartbeatMillis, Outbound out, Surroundings node) {
    this.request = request;
    this.heartbeatMillis = heartbeatMillis;
    this.out = out;
    this.node = node;
    int count = request.getPositionsCount();
    this.timelines = new ArrayList<>(count);
    this.after = new long[count];
    this.last = new long[count];
    this.first = new long[count];
    for (int place = 0; place < count; place++) {
      timelines.add(request.getPositions(place).getTimeline());
      after[place] = request.getPositions(place).getAfterSequenceId();
    }
  }

  /** Begins to send; the timelines are watched already. */
  void begin() {
    synchronized (this) {
      pending.set(0, after.length);
    }
    goOn();
  }

  @Override
  public void changed(int place) {
    synchronized (this) {
      pending.set(place);
    }
    goOn();
  }

  /** Reads and sends if there is something to do, the reader takes it, and nobody is at it. */
  void goOn() {
    synchronized (this) {
      if (running || closed || pending.isEmpty() || !out.isReady()) {
        return;
      }
      running = true;
    }
    node.threads().workers().execute(this::run);
  }

  private void run() {
    List<Integer> places = takePending();
    try {
      while (!places.isEmpty()) {
        read(places);
        places = takePending();
      }
    } catch (Exception e) {
      Failure failure = CallErrors.toFailure(e);
      if (ErrorMapper.code(failure.reason()) == Status.Code.RESOURCE_EXHAUSTED) {
        readLater(places);
      } else {
        close(failure);
      }
    }
  }

  /** The node has no memory left for a read; the reader need not know. */
  private void readLater(List<Integer> places) {
    long pause;
    synchronized (this) {
      places.forEach(pending::set);
      running = false;
      pause = retryMillis + ThreadLocalRandom.current().nextLong(retryMillis);
      retryMillis = Math.min(RETRY_MILLIS_MAX, 2 * retryMillis);
    }
    var _ = node.threads().timer().schedule(this::goOn, pause, TimeUnit.MILLISECONDS);
  }

  /** What to read next; nothing if this thread is to end. */
  private synchronized List<Integer> takePending() {
    if (!caughtUp && pending.isEmpty() && !closed) {
      caughtUp = true;
      sendHeartbeat();
    }
    if (closed || pending.isEmpty() || !out.isReady()) {
      running = false;
      return List.of();
    }
    List<Integer> places = pending.stream().boxed().toList();
    pending.clear();
    return places;
  }

  private void read(List<Integer> places) throws Exception {
    SyncRequest.Builder sync =
        SyncRequest.newBuilder()
            .setStore(request.getStore())
            .setProjection(request.getProjection())
            .setLimit(Limits.PAGE_ENTRIES_DEFAULT)
            .setLimitBytes(READ_BYTES_MAX);
    synchronized (this) {
      // Once, history is as linearizable as any read; then never less than was shown.
      if (!session.isEmpty()) {
        sync.setRead(
            ReadOptions.newBuilder()
                .setConsistency(ReadConsistency.READ_CONSISTENCY_SESSION)
                .setSessionToken(session));
      }
      for (int place : places) {
        sync.addPositions(
            SyncPosition.newBuilder()
                .setTimeline(timelines.get(place))
                .setAfterSequenceId(after[place]));
      }
    }
    CallContext context = out.newContext();
    SyncResponse response;
    try {
      Reply reply = node.sync().sync(sync.build(), context);
      response = SyncResponse.parser().parseFrom(reply.bytes(), 0, reply.size());
    } finally {
      context.releaseAll();
    }
    synchronized (this) {
      retryMillis = RETRY_MILLIS_MIN;
      session = response.getSessionToken();
      for (int i = 0; i < places.size() && !closed; i++) {
        note(places.get(i), response.getResults(i));
      }
    }
  }

  /** Sends what a timeline has, and moves its position. */
  private void note(int place, SyncResult result) {
    if (result.hasError()) {
      throw ErrorMapper.fromItemError(result.getError()).toException();
    }
    Coverage coverage = result.getCoverage();
    if (result.getEntriesCount() > 0
        || coverage.getStatus() == CoverageStatus.COVERAGE_STATUS_TRIMMED) {
      send(TailResponse.newBuilder().setEntries(result).build());
    }
    if (coverage.getTimelineExists()) {
      after[place] = Math.max(after[place], Saturated.minusOne(coverage.getNextSequenceId()));
    }
    last[place] = coverage.getLastSequenceId();
    first[place] = coverage.getFirstRetainedSequenceId();
    if (coverage.getHasMore()) {
      pending.set(place);
    }
  }

  private void send(TailResponse response) {
    sentSinceTick = true;
    out.send(Reply.of(response));
  }

  private void sendHeartbeat() {
    TailHeartbeat.Builder heartbeat =
        TailHeartbeat.newBuilder().setTimeMs(node.threads().clock().millis());
    for (int place = 0; place < after.length; place++) {
      heartbeat.addCoverages(coverage(place, CoverageStatus.COVERAGE_STATUS_COMPLETE));
    }
    send(TailResponse.newBuilder().setHeartbeat(heartbeat).build());
  }

  private Coverage coverage(int place, CoverageStatus status) {
    return Coverage.newBuilder()
        .setStatus(status)
        .setLastSequenceId(last[place])
        .setFirstRetainedSequenceId(first[place])
        .setNextSequenceId(Saturated.plusOne(after[place]))
        .setTimelineExists(last[place] != 0)
        .setHasMore(status == CoverageStatus.COVERAGE_STATUS_MORE)
        .build();
  }

  /** What calls {@link #tick} every time a heartbeat may be due; ended with the stream. */
  void ticksBy(Future<?> timer) {
    synchronized (this) {
      if (!closed) {
        ticks = timer;
        return;
      }
    }
    timer.cancel(false);
  }

  /** A heartbeat's time has passed. */
  void tick() {
    boolean check;
    synchronized (this) {
      if (closed) {
        return;
      }
      if (!out.isReady()) {
        stalledMillis += heartbeatMillis;
        if (stalledMillis >= STALLED_MILLIS_MAX && !running) {
          fallBehind();
          return;
        }
      } else {
        stalledMillis = 0;
        if (!sentSinceTick && caughtUp && !running) {
          sendHeartbeat();
        }
      }
      sentSinceTick = false;
      uncheckedMillis += heartbeatMillis;
      check = uncheckedMillis >= CHECK_MILLIS;
      if (check) {
        uncheckedMillis = 0;
        pending.set(0, after.length);
      }
    }
    if (check) {
      goOn();
    }
  }

  /** Tells where to read on, of what is waiting, and ends. */
  private void fallBehind() {
    pending.stream()
        .forEach(
            place ->
                out.send(
                    Reply.of(
                        TailResponse.newBuilder()
                            .setFellBehind(
                                SyncResult.newBuilder()
                                    .setTimeline(timelines.get(place))
                                    .setCoverage(
                                        coverage(place, CoverageStatus.COVERAGE_STATUS_MORE)))
                            .build())));
    close(null);
  }

  /**
   * Ends the stream; safe to call again.
   *
   * @param failure null if it ended as it should
   */
  void close(@Nullable Failure failure) {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      endTicks();
      out.close(failure);
    }
    node.onClosed().run();
  }

  /** The reader has gone. */
  void cancelled() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      endTicks();
    }
    node.onClosed().run();
  }

  private void endTicks() {
    if (ticks != null) {
      ticks.cancel(false);
    }
  }
}
