package io.tideline.tools.bench.replication;

import io.tideline.client.RetryPolicy;
import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.client.TimelineKey;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.ToolException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;

/**
 * Writers that go on through whatever happens to the cluster, over one client as the threads of an
 * application would, and what they felt of it.
 *
 * <p>Lifetime: {@link #start}, {@link #stop}, {@link #close}. Threading: confined; the writers have
 * threads of their own.
 */
final class PacedWriters implements AutoCloseable {

  /**
   * How a writer calls.
   *
   * @param perSecond messages of each writer a second
   * @param valueBytes bytes of a message beside its number
   * @param attemptTimeout how long the client lets a node be silent before it asks another
   */
  record Habits(double perSecond, int valueBytes, Duration attemptTimeout) {
    Duration interval() {
      return Duration.ofNanos((long) (1e9 / perSecond));
    }
  }

  private static final long WAIT_MICROS_MAX = 600_000_000L;

  private final TidelineClient client;
  private final List<PacedWriter> writers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();

  /**
   * @param timelines one writer for each
   */
  PacedWriters(
      List<String> endpoints,
      Collection<TimelineKey> timelines,
      Habits habits,
      LongSupplier nanoClock) {
    this.client =
        TidelineClient.builder()
            .addresses(endpoints.toArray(String[]::new))
            .retryPolicy(RetryPolicy.defaults().withAttemptTimeout(habits.attemptTimeout()))
            .build();
    byte[] value = new byte[habits.valueBytes()];
    new Random(timelines.size()).nextBytes(value);
    for (TimelineKey timeline : timelines) {
      Duration delay = habits.interval().multipliedBy(writers.size()).dividedBy(timelines.size());
      writers.add(new PacedWriter(client, timeline, value, delay, habits.interval(), nanoClock));
    }
  }

  void start() {
    for (PacedWriter writer : writers) {
      threads.add(
          Thread.ofVirtual().name("writer-" + writer.timeline().identifier()).start(writer));
    }
  }

  List<PacedWriter> writers() {
    return writers;
  }

  /**
   * Whether each of these writers was acknowledged a message that it began after {@code nanos}.
   *
   * @throws ToolException if one of them was refused for good
   */
  static boolean haveWrittenSince(List<PacedWriter> writers, long nanos) {
    for (PacedWriter writer : writers) {
      TidelineException refusal = writer.refusal();
      if (refusal != null) {
        throw new ToolException(
            ExitCode.FAILED,
            "an append to " + writer.timeline() + " was refused: " + refusal.getMessage(),
            "Look at the logs of the nodes with --directory.",
            refusal);
      }
    }
    return writers.stream().allMatch(w -> w.acknowledgements().hasBegunAfter(nanos));
  }

  /** The longest wait of any of these writers that ended in {@code [from, to)}, milliseconds. */
  static double longestWaitMillis(List<PacedWriter> writers, long from, long to) {
    return writers.stream()
            .mapToLong(writer -> writer.acknowledgements().longestWaitNanos(from, to))
            .max()
            .orElse(0)
        / 1e6;
  }

  /** All waits that ended in {@code [from, to)}, microseconds. */
  Histogram waitsMicros(long from, long to) {
    Histogram waits = new Histogram(WAIT_MICROS_MAX, 3);
    writers.forEach(writer -> writer.acknowledgements().addWaitsTo(waits, from, to));
    return waits;
  }

  long acknowledged() {
    return writers.stream().mapToLong(writer -> writer.acknowledgements().count()).sum();
  }

  long clientErrors() {
    return writers.stream().mapToLong(PacedWriter::clientErrors).sum();
  }

  /** Returns when the calls under way have ended. */
  void stop() throws InterruptedException {
    writers.forEach(PacedWriter::stop);
    for (Thread thread : threads) {
      thread.join();
    }
  }

  /** Reads every timeline and compares it with what was acknowledged; after {@link #stop}. */
  WrittenOnce verify() {
    WrittenOnce sum = WrittenOnce.NONE;
    for (PacedWriter writer : writers) {
      sum = sum.plus(WrittenOnce.read(client, writer));
    }
    return sum;
  }

  @Override
  public void close() {
    try {
      stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    client.close();
  }
}
