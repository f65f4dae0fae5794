package io.tideline.server.service;

import com.google.protobuf.ByteString;
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
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.Executor;
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

  /** Also without news a tail is read now and then: to find out that its partition is gone. */
  private static final long CHECK_MILLIS = 60_000;

  /** What one stream needs of the node. */
  record Surroundings(SyncReads sync, Executor threads, InstantSource clock, Runnable onClosed) {}

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
    node.threads().execute(this::run);
  }

  private void run() {
    try {
      for (List<Integer> places = takePending(); !places.isEmpty(); places = takePending()) {
        read(places);
      }
    } catch (Exception e) {
      close(CallErrors.toFailure(e));
    }
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
            .setLimit(Limits.PAGE_ENTRIES_DEFAULT);
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
    TailHeartbeat.Builder heartbeat = TailHeartbeat.newBuilder().setTimeMs(node.clock().millis());
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

  int heartbeatMillis() {
    return heartbeatMillis;
  }

  /** A heartbeat's time has passed. Returns whether there will be another one. */
  boolean tick() {
    boolean check;
    synchronized (this) {
      if (closed) {
        return false;
      }
      if (!out.isReady()) {
        stalledMillis += heartbeatMillis;
        if (stalledMillis >= STALLED_MILLIS_MAX && !running) {
          fallBehind();
          return false;
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
    return true;
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
    }
    node.onClosed().run();
  }
}
