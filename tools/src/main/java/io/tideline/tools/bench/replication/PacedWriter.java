package io.tideline.tools.bench.replication;

import io.tideline.client.AppendItem;
import io.tideline.client.AppendResult;
import io.tideline.client.Message;
import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.client.TimelineKey;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Appends numbered messages to a timeline of its own, one at a time at a fixed pace, each with a
 * message key and until it is acknowledged. A message that took longer than the pace is followed by
 * the next at once; what was missed meanwhile is not made up for.
 */
final class PacedWriter implements Runnable {

  static final String NUMBER = "n";
  private static final String VALUE = "v";

  private final TidelineClient client;
  private final TimelineKey timeline;
  private final byte[] value;
  private final Duration delay;
  private final Duration interval;
  private final LongSupplier nanoClock;
  private final Acknowledgements acknowledgements = new Acknowledgements();
  private volatile boolean writing = true;
  private final AtomicInteger clientErrors = new AtomicInteger();
  private volatile @Nullable TidelineException refusal;

  /**
   * @param value a field of every message, beside its number
   * @param delay before the first message, so that writers do not go in step
   * @param interval from the beginning of one message to that of the next
   */
  PacedWriter(
      TidelineClient client,
      TimelineKey timeline,
      byte[] value,
      Duration delay,
      Duration interval,
      LongSupplier nanoClock) {
    this.client = client;
    this.timeline = timeline;
    this.value = value.clone();
    this.delay = delay;
    this.interval = interval;
    this.nanoClock = nanoClock;
  }

  TimelineKey timeline() {
    return timeline;
  }

  Acknowledgements acknowledgements() {
    return acknowledgements;
  }

  /** Calls that ended without an acknowledgement, after all the client's retries. */
  int clientErrors() {
    return clientErrors.get();
  }

  /** Why it gave up for good; null as long as it has not. */
  @Nullable TidelineException refusal() {
    return refusal;
  }

  /** It ends after the call that is under way. */
  void stop() {
    writing = false;
  }

  @Override
  public void run() {
    try {
      TimeUnit.NANOSECONDS.sleep(delay.toNanos());
      for (long number = 1; writing; number++) {
        long begun = nanoClock.getAsLong();
        if (!append(number, begun)) {
          return;
        }
        TimeUnit.NANOSECONDS.sleep(begun + interval.toNanos() - nanoClock.getAsLong());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** False if the message was not acknowledged: the writer was stopped, or refused for good. */
  private boolean append(long number, long begun) {
    AppendItem item =
        AppendItem.of(timeline, Message.builder().put(NUMBER, number).put(VALUE, value).build())
            .withMessageKey(Long.toString(number));
    do {
      try {
        AppendResult result = client.append(item);
        acknowledgements.add(begun, nanoClock.getAsLong(), result.sequenceId());
        return true;
      } catch (TidelineException e) {
        clientErrors.incrementAndGet();
        if (!e.isRetryable() && !e.isOutcomeUnknown()) {
          refusal = e;
          return false;
        }
        // With the time of its first attempt, which makes the next call safe.
        item = e.appendItem().orElse(item);
      }
    } while (writing);
    return false;
  }
}
