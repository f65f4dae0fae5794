package io.tideline.client;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.TailHeartbeat;
import io.tideline.proto.v1.TailRequest;
import io.tideline.proto.v1.TailResponse;
import io.tideline.proto.v1.TimelineServiceGrpc;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Follows timelines: what they have after their positions, then what comes, each id once and in
 * order. Get it from {@link TidelineClient#tail}.
 *
 * <p>A stream that breaks is opened again, on whatever node answers, where this one stood; the
 * application sees a pause at most. No more than a few messages are fetched ahead of {@link #next}:
 * a slow application holds neither its own memory nor the server's.
 *
 * <p>Threading: safe for many threads, among which the events are shared out.
 */
public final class Tail implements AutoCloseable {

  /** Messages of a stream that are fetched before the application asks for them. */
  private static final int WINDOW = 4;

  /** Silences this many times as long as a heartbeat's pause mean that nobody is there. */
  private static final int SILENCES_MAX = 3;

  private static final Duration HEARTBEAT_DEFAULT = Duration.ofSeconds(15);

  private final ClientCore core;
  private final Caller caller;
  private final CallSettings settings;
  private final TailSpec spec;
  private final List<TimelineKey> timelines = new ArrayList<>();
  private final long silenceNanos;

  // Guarded by this.
  private final Map<TimelineKey, Long> after = new LinkedHashMap<>();
  private final Queue<TailEvent> events = new ArrayDeque<>();
  private @Nullable Stream stream;
  private ClientClock.@Nullable Timer timer;
  private @Nullable TidelineException failure;
  private int failedAttempts;
  private boolean closed;

  Tail(ClientCore core, CallSettings settings, TailSpec spec) {
    this.core = core;
    this.caller = core.caller();
    this.settings = settings;
    this.spec = spec;
    this.silenceNanos = SILENCES_MAX * spec.heartbeat().orElse(HEARTBEAT_DEFAULT).toNanos();
    spec.positions()
        .forEach(
            (timeline, last) -> {
              TimelineKey key = new TimelineKey(spec.store(), timeline);
              timelines.add(key);
              after.put(key, last);
            });
  }

  Tail begin() {
    open();
    return this;
  }

  /**
   * The next event, waited for at most so long.
   *
   * @return empty if there was none in time, or the tail is closed
   * @throws TidelineException if the tail cannot go on: STORE_NOT_FOUND and other refusals. What
   *     passes is retried, for ever, and not told
   */
  public synchronized Optional<TailEvent> next(Duration timeout) throws InterruptedException {
    long end = caller.clock().nanoTime() + timeout.toNanos();
    while (events.isEmpty() && failure == null && !closed) {
      long left = end - caller.clock().nanoTime();
      if (left <= 0) {
        return Optional.empty();
      }
      // Rounded up, or the last millisecond would be waited for without a pause.
      wait(left / 1_000_000 + 1);
    }
    TailEvent event = events.poll();
    if (event != null) {
      if (stream != null) {
        stream.call.request(1);
      }
      return Optional.of(event);
    }
    if (failure != null) {
      throw failure.rethrown();
    }
    return Optional.empty();
  }

  /** Where the tail stands, by timeline: the last id that was, or will be, told. */
  public synchronized Map<TimelineKey, Long> positions() {
    return Map.copyOf(after);
  }

  /** Ends the stream; safe to call again. Events that were fetched can still be taken. */
  @Override
  public void close() {
    Stream ended;
    synchronized (this) {
      closed = true;
      ended = stream;
      stream = null;
      if (timer != null) {
        timer.cancel();
      }
      notifyAll();
    }
    core.closed(this);
    if (ended != null) {
      ended.call.cancel("the tail was closed", null);
    }
  }

  private void open() {
    Stream opened;
    synchronized (this) {
      timer = null;
      if (closed || caller.isClosed()) {
        return;
      }
      opened =
          new Stream(
              caller
                  .channels()
                  .any()
                  .newCall(
                      TimelineServiceGrpc.getTailMethod(), CallOptions.DEFAULT.withWaitForReady()));
      stream = opened;
    }
    opened.begin(request());
  }

  private synchronized TailRequest request() {
    TailRequest.Builder request =
        TailRequest.newBuilder()
            .setStore(spec.store())
            .setProjection(WireValues.toWire(spec.projection()));
    spec.heartbeat()
        .ifPresent(interval -> request.setHeartbeatIntervalMs((int) interval.toMillis()));
    for (TimelineKey timeline : timelines) {
      request.addPositions(
          SyncPosition.newBuilder()
              .setTimeline(WireValues.toWire(timeline.identifier()))
              .setAfterSequenceId(after.getOrDefault(timeline, 0L)));
    }
    return request.build();
  }

  /** One connection's stream. */
  private final class Stream extends ClientCall.Listener<TailResponse> {
    private final ClientCall<TailRequest, TailResponse> call;
    private long heardNanoTime = caller.clock().nanoTime();

    Stream(ClientCall<TailRequest, TailResponse> call) {
      this.call = call;
    }

    void begin(TailRequest request) {
      call.start(this, new Metadata());
      call.request(WINDOW);
      call.sendMessage(request);
      call.halfClose();
      watch();
    }

    @Override
    public void onMessage(TailResponse message) {
      take(this, message);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      ended(this, UnaryAttempt.asConnectionLost(status), trailers);
    }

    /** A connection that is silent for too long is given up. */
    private void watch() {
      ClientClock.Timer unused = caller.clock().schedule(silenceNanos, this::look);
    }

    private void look() {
      boolean silent;
      synchronized (Tail.this) {
        if (!isPresent(this)) {
          return;
        }
        // While the application takes nothing, the server is not asked for anything.
        silent =
            events.size() < WINDOW && caller.clock().nanoTime() - heardNanoTime >= silenceNanos;
      }
      if (silent) {
        call.cancel("nothing was heard for " + Duration.ofNanos(silenceNanos), null);
      } else {
        watch();
      }
    }
  }

  @SuppressWarnings("ReferenceEquality") // A stream is an identity.
  private boolean isPresent(Stream one) {
    return stream == one;
  }

  private synchronized void take(Stream from, TailResponse message) {
    if (!isPresent(from)) {
      return;
    }
    from.heardNanoTime = caller.clock().nanoTime();
    failedAttempts = 0;
    switch (message.getEventCase()) {
      case ENTRIES -> entries(message.getEntries());
      case HEARTBEAT -> heartbeat(message.getHeartbeat());
      // The stream ends now; a new one goes on where this one stood, page by page.
      case FELL_BEHIND, EVENT_NOT_SET -> from.call.request(1);
    }
    notifyAll();
  }

  private void entries(io.tideline.proto.v1.SyncResult result) {
    TimelineKey timeline = new TimelineKey(spec.store(), WireValues.fromWire(result.getTimeline()));
    long position = after.getOrDefault(timeline, 0L);
    List<Entry> entries = new ArrayList<>(result.getEntriesCount());
    for (io.tideline.proto.v1.Entry entry : result.getEntriesList()) {
      entries.add(WireEntries.fromWire(entry));
    }
    Coverage coverage = WireEntries.fromWire(result.getCoverage());
    after.put(timeline, Math.max(position, coverage.nextSequenceId() - 1));
    events.add(new TailEvent.Entries(new SyncResult(timeline, entries, coverage, null)));
  }

  private void heartbeat(TailHeartbeat heartbeat) {
    Map<TimelineKey, Coverage> coverages = new LinkedHashMap<>();
    int count = Math.min(timelines.size(), heartbeat.getCoveragesCount());
    for (int i = 0; i < count; i++) {
      coverages.put(timelines.get(i), WireEntries.fromWire(heartbeat.getCoverages(i)));
    }
    events.add(new TailEvent.Heartbeat(Instant.ofEpochMilli(heartbeat.getTimeMs()), coverages));
  }

  private synchronized void ended(Stream from, Status status, Metadata trailers) {
    if (!isPresent(from) || closed) {
      return;
    }
    stream = null;
    long delay = 0;
    if (!status.isOk()) {
      Failure why =
          RetryRules.judge(
              ErrorDecoder.ofCall(status, trailers, spec.store()), WriteKind.READ, true);
      if (!why.isRetryable() || caller.isClosed()) {
        failure = (caller.isClosed() ? Caller.closedFailure() : why).toException();
        notifyAll();
        return;
      }
      failedAttempts++;
      delay =
          settings
              .retryPolicy()
              .delayNanos(failedAttempts, why.retryAfterMillis(), caller.clock().random());
    }
    timer = caller.clock().schedule(delay, this::open);
  }
}
