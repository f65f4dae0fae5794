package io.tideline.tools.transfer;

import io.tideline.client.AppendItem;
import io.tideline.client.AppendResult;
import io.tideline.client.Message;
import io.tideline.client.TimelineKey;
import io.tideline.tools.chat.ChatMessage;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Humans;
import io.tideline.tools.cli.ToolException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Writes chat messages to their conversation and to inboxes, many at once, and knows through which
 * line everything is acknowledged.
 *
 * <p>Threading: one thread submits; acknowledgements come on the sink's threads. The lock of {@code
 * lines} guards that queue and {@code lastIds}.
 *
 * <p>Invariants: (1) {@link #acknowledged} never passes a line with a write that is not
 * acknowledged; (2) the ids of a conversation rise in the order of its lines, or the writer fails;
 * (3) at most {@code inFlightMax} writes are on their way, which bounds memory; (4) after the first
 * failure nothing more is submitted.
 */
public final class ChatWriter {
  /** Fills several batches of 1,000 on both stores, and is a few megabytes of messages. */
  public static final int IN_FLIGHT_MAX = 16_000;

  /** An hour, in microseconds: longer waits are shown as this. */
  private static final long LATENCY_MICROS_MAX = 3_600_000_000L;

  /** How often a waiting thread reports that it waits. */
  private static final long WAIT_MILLIS = 200;

  private final AppendSink sink;
  private final ChatTarget target;
  private final LongSupplier nanoClock;
  private final int inFlightMax;
  private final long patienceNanos;
  private final Runnable whileWaiting;
  private final Semaphore permits;
  private final Deque<PendingLine> lines = new ArrayDeque<>();
  private final Map<String, Long> lastIds = new HashMap<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final Histogram latencyMicros = new ConcurrentHistogram(LATENCY_MICROS_MAX, 3);
  private final AtomicLong messages = new AtomicLong();
  private final AtomicLong inboxWrites = new AtomicLong();
  private final AtomicLong duplicates = new AtomicLong();
  private volatile Position acknowledged;

  /** When a write was acknowledged last, or submitted while none was on its way. */
  private volatile long progressNanos;

  /**
   * A place in a file.
   *
   * @param line number of a line, from 1; 0 for the beginning
   * @param offset uncompressed bytes up to its end
   * @param chain {@link LineKeys#chain} there
   */
  public record Position(long line, long offset, String chain) {}

  /**
   * What has been done so far.
   *
   * @param messages messages acknowledged in their conversations
   * @param inboxWrites entries acknowledged in inboxes
   * @param duplicates acknowledged writes, of both kinds, that had been there already
   */
  public record Counts(long messages, long inboxWrites, long duplicates) {}

  /**
   * One message to write.
   *
   * @param position where it stands
   * @param message the message
   * @param key message key of all its writes
   * @param recipients whose inboxes it goes to
   * @param firstAttempt when it may first have been sent, if by an earlier run
   * @param describe whether it is the first of its conversation, whose meta is then put
   */
  public record Submission(
      Position position,
      ChatMessage message,
      String key,
      List<String> recipients,
      Optional<Instant> firstAttempt,
      boolean describe) {}

  private static final class PendingLine {
    final Submission submission;
    int unacknowledged;
    long sequenceId;

    PendingLine(Submission submission, int unacknowledged) {
      this.submission = submission;
      this.unacknowledged = unacknowledged;
    }
  }

  /**
   * @param start what is acknowledged from the beginning
   * @param inFlightMax writes on their way at most
   * @param patience how long to wait for an acknowledgement, of whatever write, before giving up
   * @param whileWaiting called now and then on the submitting thread while it has to wait
   */
  public ChatWriter(
      AppendSink sink,
      ChatTarget target,
      Position start,
      LongSupplier nanoClock,
      int inFlightMax,
      Duration patience,
      Runnable whileWaiting) {
    this.sink = sink;
    this.target = target;
    this.acknowledged = start;
    this.nanoClock = nanoClock;
    this.inFlightMax = inFlightMax;
    this.patienceNanos = patience.toNanos();
    this.progressNanos = nanoClock.getAsLong();
    this.whileWaiting = whileWaiting;
    this.permits = new Semaphore(inFlightMax);
  }

  /**
   * Sends one message; waits while too much is on its way.
   *
   * @throws ImportFailure if a write has failed
   */
  public void submit(Submission submission) throws InterruptedException {
    throwFailure();
    ChatMessage chat = submission.message();
    int writes = writes(submission);
    while (!permits.tryAcquire(Math.min(writes, inFlightMax), WAIT_MILLIS, TimeUnit.MILLISECONDS)) {
      waited();
      throwFailure();
    }
    throwFailure();
    PendingLine line = new PendingLine(submission, writes);
    synchronized (lines) {
      if (lines.isEmpty()) {
        progressNanos = nanoClock.getAsLong();
      }
      lines.addLast(line);
    }
    long sentNanos = nanoClock.getAsLong();
    TimelineKey conversation = target.conversation(chat.conversation());
    if (submission.describe()) {
      Message meta = Message.of("name", chat.conversation());
      watch(line, sink.putMeta(conversation, meta), done -> {});
    }
    AppendItem item = AppendItem.of(conversation, ChatMapping.forConversation(chat));
    watch(
        line,
        sink.append(keyed(item, submission)),
        result -> {
          latencyMicros.recordValue(micros(sentNanos));
          line.sequenceId = result.sequenceId();
          messages.incrementAndGet();
          count(result);
        });
    Message forInbox = ChatMapping.forInbox(chat);
    for (String recipient : submission.recipients()) {
      AppendItem copy = AppendItem.of(target.inbox(recipient), forInbox);
      watch(
          line,
          sink.append(keyed(copy, submission)),
          result -> {
            inboxWrites.incrementAndGet();
            count(result);
          });
    }
  }

  private static AppendItem keyed(AppendItem item, Submission submission) {
    AppendItem keyed = item.withMessageKey(submission.key());
    return submission.firstAttempt().map(keyed::withFirstAttemptTime).orElse(keyed);
  }

  private long micros(long sentNanos) {
    long micros = (nanoClock.getAsLong() - sentNanos) / 1_000;
    return Math.clamp(micros, 0, LATENCY_MICROS_MAX);
  }

  private void count(AppendResult result) {
    if (result.duplicate()) {
      duplicates.incrementAndGet();
    }
  }

  private <T> void watch(PendingLine line, CompletableFuture<T> write, Consumer<T> whenDone) {
    CompletableFuture<Void> observed =
        write.handle(
            (result, error) -> {
              if (error == null) {
                whenDone.accept(result);
                acknowledge(line);
              } else {
                fail(new ImportFailure(line.submission.position().line(), error));
              }
              return null;
            });
    observed.exceptionally(
        defect -> {
          fail(defect);
          return null;
        });
  }

  private void acknowledge(PendingLine line) {
    int released = 0;
    progressNanos = nanoClock.getAsLong();
    synchronized (lines) {
      line.unacknowledged--;
      while (!lines.isEmpty() && lines.getFirst().unacknowledged == 0) {
        PendingLine done = lines.removeFirst();
        checkOrder(done);
        acknowledged = done.submission.position();
        released += Math.min(writes(done.submission), inFlightMax);
      }
      lines.notifyAll();
    }
    permits.release(released);
  }

  private void waited() {
    whileWaiting.run();
    long silentNanos = nanoClock.getAsLong() - progressNanos;
    if (silentNanos > patienceNanos) {
      fail(
          new ToolException(
              ExitCode.UNAVAILABLE,
              "no write was acknowledged for " + Humans.duration(Duration.ofNanos(silentNanos)),
              "Start the node again and repeat the command: it goes on where it stopped."));
    }
  }

  private static int writes(Submission submission) {
    return 1 + submission.recipients().size() + (submission.describe() ? 1 : 0);
  }

  private void checkOrder(PendingLine done) {
    String conversation = done.submission.message().conversation();
    Long before = lastIds.put(conversation, done.sequenceId);
    if (before != null && done.sequenceId <= before) {
      fail(
          new IllegalStateException(
              "line "
                  + done.submission.position().line()
                  + " of conversation '"
                  + conversation
                  + "' got id "
                  + done.sequenceId
                  + ", but a line before it has "
                  + before));
    }
  }

  private void fail(Throwable cause) {
    if (failure.compareAndSet(null, cause)) {
      // Whoever waits for room or for the end must see it.
      permits.release(inFlightMax);
    }
    synchronized (lines) {
      lines.notifyAll();
    }
  }

  private void throwFailure() {
    switch (failure.get()) {
      case null -> {}
      case RuntimeException known -> throw known;
      case Error defect -> throw defect;
      case Throwable other -> throw new IllegalStateException(other);
    }
  }

  /**
   * Waits until everything submitted is acknowledged.
   *
   * @throws ImportFailure if a write has failed
   */
  public void drain() throws InterruptedException {
    synchronized (lines) {
      while (!lines.isEmpty() && failure.get() == null) {
        lines.wait(WAIT_MILLIS);
        waited();
      }
    }
    throwFailure();
  }

  /**
   * Waits, on any thread, until that many messages are acknowledged in their conversations or a
   * write has failed.
   */
  public void awaitMessages(long count) throws InterruptedException {
    synchronized (lines) {
      while (messages.get() < count && failure.get() == null) {
        lines.wait(WAIT_MILLIS);
      }
    }
  }

  /** Everything up to here is acknowledged. */
  public Position acknowledged() {
    return acknowledged;
  }

  public Counts counts() {
    return new Counts(messages.get(), inboxWrites.get(), duplicates.get());
  }

  /** Times from submission to acknowledgement of messages in their conversations, microseconds. */
  public Histogram latencyMicros() {
    return latencyMicros.copy();
  }
}
