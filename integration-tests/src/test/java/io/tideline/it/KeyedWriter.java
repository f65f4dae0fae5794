package io.tideline.it;

import static org.awaitility.Awaitility.await;

import io.tideline.client.AppendItem;
import io.tideline.client.AppendResult;
import io.tideline.client.Message;
import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.client.TimelineKey;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An application that appends numbered messages, each with a message key, and repeats each until it
 * is acknowledged; it remembers what it was told.
 */
final class KeyedWriter implements Callable<Void> {

  /** What one append was acknowledged with. */
  record Ack(TimelineKey timeline, String text, AppendResult result) {}

  private static final Duration GIVE_UP = Duration.ofMinutes(3);

  private final TidelineClient client;
  private final String name;
  private final List<TimelineKey> timelines;
  private final int messages;
  private final AtomicLong progress;
  private final Map<String, Ack> acks = new ConcurrentHashMap<>();

  /**
   * @param timelines written to in turn; other writers may write to them as well
   * @param progress counts the acknowledgements of all writers
   */
  KeyedWriter(
      TidelineClient client,
      String name,
      List<TimelineKey> timelines,
      int messages,
      AtomicLong progress) {
    this.client = client;
    this.name = name;
    this.timelines = timelines;
    this.messages = messages;
    this.progress = progress;
  }

  @Override
  public Void call() {
    for (int i = 0; i < messages; i++) {
      TimelineKey timeline = timelines.get(i % timelines.size());
      String text = name + "-" + i;
      AppendItem item = AppendItem.of(timeline, Message.of("text", text)).withMessageKey(text);
      AppendResult result =
          await("acknowledgement of " + text)
              .atMost(GIVE_UP)
              .pollDelay(Duration.ZERO)
              .pollInterval(Duration.ofMillis(20))
              .until(() -> tryAppend(item), answer -> answer.isPresent())
              .orElseThrow();
      acks.put(text, new Ack(timeline, text, result));
      progress.incrementAndGet();
    }
    return null;
  }

  /** Empty if it may be tried again; anything else a kill must not cause. */
  private Optional<AppendResult> tryAppend(AppendItem item) {
    try {
      return Optional.of(client.append(item));
    } catch (TidelineException e) {
      if (e.isRetryable() || e.isOutcomeUnknown()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  Map<String, Ack> acks() {
    return acks;
  }
}
