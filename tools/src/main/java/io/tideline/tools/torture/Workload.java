package io.tideline.tools.torture;

import io.tideline.client.AppendItem;
import io.tideline.client.AppendResult;
import io.tideline.client.Entry;
import io.tideline.client.Message;
import io.tideline.client.Page;
import io.tideline.client.RetryPolicy;
import io.tideline.client.ScanSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.client.TimelineKey;
import io.tideline.tools.torture.History.Append;
import io.tideline.tools.torture.History.BadRead;
import io.tideline.tools.torture.History.Outcome;
import io.tideline.tools.torture.History.Seen;
import io.tideline.tools.torture.History.Value;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Clients of a chat: writers that append to conversations, each message with a key and retried
 * until its fate is known; readers that follow conversations; readers of history.
 *
 * <p>Lifetime: {@link #start}, {@link #stopWriting} waits for the writers, {@link #close} for all.
 */
final class Workload implements AutoCloseable {

  static final String STORE = "torture";

  /** Far longer than any fault, so that only what never heals ends in an unknown outcome. */
  private static final Duration WRITE_DEADLINE = Duration.ofSeconds(90);

  private static final Duration READ_DEADLINE = Duration.ofSeconds(30);

  /** A node that stands still costs a call this much. */
  private static final Duration ATTEMPT_TIMEOUT = Duration.ofSeconds(2);

  private static final int PAGE = 200;

  /** Between a writer's appends, so that there is room for elections on two processors. */
  private static final long WRITER_PAUSE_MILLIS = 2;

  private static final long READER_PAUSE_MILLIS = 10;

  private final History history;
  private final List<String> endpoints;
  private final LongSupplier nanoClock;
  private final List<Thread> writers = new ArrayList<>();
  private final List<Thread> readers = new ArrayList<>();
  private volatile boolean writing = true;
  private volatile boolean reading = true;

  Workload(History history, List<String> endpoints, LongSupplier nanoClock) {
    this.history = history;
    this.endpoints = List.copyOf(endpoints);
    this.nanoClock = nanoClock;
  }

  void start(int writerCount, int tailCount, int historyCount, long seed) {
    Random seeds = new Random(seed);
    for (int i = 0; i < writerCount; i++) {
      int writer = i;
      long own = seeds.nextLong();
      writers.add(Thread.ofVirtual().name("writer-" + i).start(() -> write(writer, own)));
    }
    for (int i = 0; i < tailCount; i++) {
      long own = seeds.nextLong();
      readers.add(Thread.ofVirtual().name("tail-" + i).start(() -> follow(own)));
    }
    for (int i = 0; i < historyCount; i++) {
      long own = seeds.nextLong();
      readers.add(Thread.ofVirtual().name("history-" + i).start(() -> look(own)));
    }
  }

  static TimelineKey timeline(int number) {
    return TimelineKey.of(STORE, "c%03d".formatted(number));
  }

  static TidelineClient client(List<String> endpoints, Duration deadline) {
    return TidelineClient.builder()
        .addresses(endpoints.toArray(String[]::new))
        .deadline(deadline)
        .retryPolicy(RetryPolicy.defaults().withAttemptTimeout(ATTEMPT_TIMEOUT))
        .build();
  }

  // --- Writers ---

  private void write(int writer, long seed) {
    Random random = new Random(seed);
    try (TidelineClient client = client(endpoints, WRITE_DEADLINE)) {
      for (long number = 1; writing; number++) {
        int timeline = random.nextInt(history.timelines());
        append(client, timeline, new Value(writer, number), random);
        pause(WRITER_PAUSE_MILLIS);
      }
    }
  }

  private void append(TidelineClient client, int timeline, Value value, Random random) {
    Message message =
        Message.builder()
            .put("writer", value.writer())
            .put("number", value.number())
            .put("text", "x".repeat(random.nextInt(400)))
            .build();
    AppendItem item =
        AppendItem.of(timeline(timeline), message)
            .withMessageKey(value.writer() + "-" + value.number());
    long begun = nanoClock.getAsLong();
    Outcome outcome;
    long sequenceId = 0;
    try {
      AppendResult result = client.append(item);
      outcome = Outcome.ACKNOWLEDGED;
      sequenceId = result.sequenceId();
    } catch (TidelineException e) {
      outcome = e.isOutcomeUnknown() ? Outcome.UNKNOWN : Outcome.REFUSED;
    }
    history.append(new Append(timeline, value, outcome, sequenceId), nanoClock.getAsLong() - begun);
  }

  // --- Readers ---

  /** Follows every conversation by its own position, as a device does. */
  private void follow(long seed) {
    Random random = new Random(seed);
    long[] last = new long[history.timelines()];
    try (TidelineClient client = client(endpoints, READ_DEADLINE)) {
      while (reading) {
        int timeline = random.nextInt(last.length);
        last[timeline] = read(client, timeline, last[timeline] + 1, Long.MAX_VALUE);
        pause(READER_PAUSE_MILLIS);
      }
    }
  }

  /** Reads somewhere in the past. */
  private void look(long seed) {
    Random random = new Random(seed);
    try (TidelineClient client = client(endpoints, READ_DEADLINE)) {
      while (reading) {
        int timeline = random.nextInt(history.timelines());
        long through = history.acknowledgedThrough(timeline);
        if (through > 0) {
          long from = 1 + random.nextLong(through);
          long unused = read(client, timeline, from, from + PAGE);
        }
        pause(READER_PAUSE_MILLIS);
      }
    }
  }

  /** Reads a page and judges it by itself; the last id it covers. */
  private long read(TidelineClient client, int timeline, long from, long to) {
    long due = history.acknowledgedThrough(timeline);
    Page page;
    try {
      page =
          client.scanPage(
              ScanSpec.builder(timeline(timeline)).from(from).to(to).pageSize(PAGE).build());
    } catch (TidelineException unavailable) {
      // A read that fails says so, which is allowed; how long it may is what the writers measure.
      return from - 1;
    }
    if (page.coverage().lastSequenceId() < due) {
      history.badRead(
          new BadRead(
              true,
              "a read of timeline "
                  + timeline
                  + " says its last id is "
                  + page.coverage().lastSequenceId()
                  + ", but "
                  + due
                  + " was acknowledged before it began"));
    }
    List<Seen> seen = new ArrayList<>();
    long expected = from;
    for (Entry entry : page.entries()) {
      if (entry.sequenceId() != expected) {
        history.badRead(
            new BadRead(
                false,
                "a read of timeline "
                    + timeline
                    + " has id "
                    + entry.sequenceId()
                    + " where "
                    + expected
                    + " belongs"));
      }
      expected = entry.sequenceId() + 1;
      seen.add(new Seen(timeline, entry.sequenceId(), value(entry)));
    }
    boolean cutShort = seen.size() < PAGE && expected <= Math.min(due, to - 1);
    if (cutShort && !page.coverage().hasMore()) {
      history.badRead(
          new BadRead(
              true,
              "a read of timeline "
                  + timeline
                  + " ends before id "
                  + expected
                  + " and says there is no more, but "
                  + due
                  + " was acknowledged before it began"));
    }
    history.seen(seen);
    return expected - 1;
  }

  static Value value(Entry entry) {
    return new Value(
        (int) entry.message().getLong("writer").orElse(-1),
        entry.message().getLong("number").orElse(-1));
  }

  private static void pause(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // --- End ---

  /** Ends the writers after their present append. */
  void stopWriting() throws InterruptedException {
    writing = false;
    for (Thread writer : writers) {
      writer.join();
    }
  }

  @Override
  public void close() {
    reading = false;
    try {
      stopWriting();
      for (Thread reader : readers) {
        reader.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
