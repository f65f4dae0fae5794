package io.tideline.tools.torture;

import io.tideline.client.ReadConsistency;
import io.tideline.client.TidelineClient;
import io.tideline.tools.torture.History.Page;
import io.tideline.tools.torture.History.Value;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Clients of a chat: writers that append to conversations, each message with a key and retried
 * until its fate is known; readers that follow conversations; readers of history; sessions; and one
 * that trims.
 *
 * <p>Lifetime: {@link #start}, {@link #stopWriting} waits for the writers, {@link #close} for all.
 */
final class Workload implements AutoCloseable {

  /**
   * Who takes part.
   *
   * @param writers who only write
   * @param tails who follow all conversations
   * @param histories who read somewhere in the past
   * @param sessions who write and read by sessions
   * @param trimmers who remove what is old
   */
  record Crowd(int writers, int tails, int histories, int sessions, int trimmers) {}

  /** Far longer than any fault, so that only what never heals ends in an unknown outcome. */
  private static final Duration WRITE_DEADLINE = Duration.ofSeconds(90);

  private static final Duration READ_DEADLINE = Duration.ofSeconds(30);

  /** A session that asks a node that is away asks another one then. */
  private static final Duration ONE_NODE_DEADLINE = Duration.ofSeconds(1);

  /** Between a writer's appends, so that there is room for elections on two processors. */
  private static final long WRITER_PAUSE_MILLIS = 2;

  private static final long READER_PAUSE_MILLIS = 10;

  /** Seldom, so that there is something to read. */
  private static final long TRIMMER_PAUSE_MILLIS = 500;

  private final History history;
  private final ChatCalls calls;
  private final List<String> endpoints;
  private final boolean leaseReads;
  private final List<Thread> writers = new ArrayList<>();
  private final List<Thread> others = new ArrayList<>();
  private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
  private volatile boolean writing = true;
  private volatile boolean reading = true;

  /**
   * @param leaseReads whether each second read that must be linearizable asks for a lease
   */
  Workload(History history, List<String> endpoints, boolean leaseReads, LongSupplier nanoClock) {
    this.history = history;
    this.calls = new ChatCalls(history, nanoClock);
    this.endpoints = List.copyOf(endpoints);
    this.leaseReads = leaseReads;
  }

  void start(Crowd crowd, long seed) {
    Random seeds = new Random(seed);
    for (int i = 0; i < crowd.writers(); i++) {
      int writer = i;
      long own = seeds.nextLong();
      writers.add(client("writer-" + i, () -> write(writer, own)));
    }
    for (int i = 0; i < crowd.tails(); i++) {
      long own = seeds.nextLong();
      others.add(client("tail-" + i, () -> follow(own)));
    }
    for (int i = 0; i < crowd.histories(); i++) {
      long own = seeds.nextLong();
      others.add(client("history-" + i, () -> look(own)));
    }
    for (int i = 0; i < crowd.sessions(); i++) {
      int session = i;
      int writer = crowd.writers() + i;
      long own = seeds.nextLong();
      others.add(client("session-" + i, () -> live(session, writer, own)));
    }
    for (int i = 0; i < crowd.trimmers(); i++) {
      long own = seeds.nextLong();
      others.add(client("trimmer-" + i, () -> trim(own)));
    }
  }

  /** Begins to run a client; one that fails ends the run. */
  private Thread client(String name, Runnable client) {
    return Thread.ofVirtual()
        .name(name)
        .start(
            () -> {
              try {
                client.run();
              } catch (RuntimeException e) {
                failure.compareAndSet(null, e);
              }
            });
  }

  private void write(int writer, long seed) {
    Random random = new Random(seed);
    try (TidelineClient client = ChatCalls.client(endpoints, WRITE_DEADLINE)) {
      for (long number = 1; writing; number++) {
        int timeline = random.nextInt(history.timelines());
        var _ = calls.append(client, timeline, new Value(writer, number), random);
        pause(WRITER_PAUSE_MILLIS);
      }
    }
  }

  /** Follows every conversation by its own position, as a device does. */
  private void follow(long seed) {
    Random random = new Random(seed);
    long[] last = new long[history.timelines()];
    try (TidelineClient client = ChatCalls.client(endpoints, READ_DEADLINE)) {
      TidelineClient byLease = client.withReadConsistency(ReadConsistency.LEASE);
      while (reading) {
        int timeline = random.nextInt(last.length);
        last[timeline] =
            calls
                .read(
                    leaseReads && random.nextBoolean() ? byLease : client,
                    timeline,
                    last[timeline] + 1,
                    ChatCalls.OPEN_END,
                    history.acknowledgedThrough(timeline),
                    history.trimmedThrough(timeline))
                .map(Page::entries)
                .filter(entries -> !entries.isEmpty())
                .map(entries -> entries.getLast().sequenceId())
                .orElse(last[timeline]);
        pause(READER_PAUSE_MILLIS);
      }
    }
  }

  /** Reads somewhere in the past. */
  private void look(long seed) {
    Random random = new Random(seed);
    try (TidelineClient client = ChatCalls.client(endpoints, READ_DEADLINE)) {
      TidelineClient byLease = client.withReadConsistency(ReadConsistency.LEASE);
      while (reading) {
        int timeline = random.nextInt(history.timelines());
        long due = history.acknowledgedThrough(timeline);
        if (due > 0) {
          long from = 1 + random.nextLong(due);
          var _ =
              calls.read(
                  leaseReads && random.nextBoolean() ? byLease : client,
                  timeline,
                  from,
                  from + ChatCalls.PAGE,
                  due,
                  history.trimmedThrough(timeline));
        }
        pause(READER_PAUSE_MILLIS);
      }
    }
  }

  /** Removes up to half of a conversation. */
  private void trim(long seed) {
    Random random = new Random(seed);
    try (TidelineClient client = ChatCalls.client(endpoints, WRITE_DEADLINE)) {
      while (writing) {
        pause(TRIMMER_PAUSE_MILLIS);
        int timeline = random.nextInt(history.timelines());
        long half = history.acknowledgedThrough(timeline) / 2;
        if (half > history.trimAskedThrough(timeline)) {
          calls.trim(client, timeline, 1 + random.nextLong(half));
        }
      }
    }
  }

  private void live(int session, int writer, long seed) {
    try (SessionClient client =
        new SessionClient(
            session, writer, calls, endpoints, WRITE_DEADLINE, ONE_NODE_DEADLINE, seed)) {
      while (reading) {
        client.step(writing);
        pause(READER_PAUSE_MILLIS);
      }
    }
  }

  private static void pause(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the writers after their present append; sessions write no more. */
  void stopWriting() throws InterruptedException {
    writing = false;
    for (Thread writer : writers) {
      writer.join();
    }
  }

  /**
   * Waits for all clients.
   *
   * @throws IllegalStateException if one was answered what no trouble of nodes explains
   */
  @Override
  public void close() {
    reading = false;
    try {
      stopWriting();
      for (Thread other : others) {
        other.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    RuntimeException ended = failure.get();
    if (ended != null) {
      throw new IllegalStateException(
          "a client of the workload ended: " + ended.getMessage(), ended);
    }
  }
}
