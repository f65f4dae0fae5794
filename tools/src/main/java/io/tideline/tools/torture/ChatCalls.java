package io.tideline.tools.torture;

import io.grpc.Status;
import io.tideline.client.AppendItem;
import io.tideline.client.Entry;
import io.tideline.client.Message;
import io.tideline.client.RetryPolicy;
import io.tideline.client.ScanSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.client.TimelineKey;
import io.tideline.tools.torture.History.Append;
import io.tideline.tools.torture.History.Outcome;
import io.tideline.tools.torture.History.Page;
import io.tideline.tools.torture.History.Seen;
import io.tideline.tools.torture.History.Value;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The calls of a chat's clients, each noted in the history with what it told.
 *
 * <p>Threading: safe for many threads.
 */
final class ChatCalls {

  static final String STORE = "torture";

  /** A node that stands still costs a call this much. */
  private static final Duration ATTEMPT_TIMEOUT = Duration.ofSeconds(2);

  /** Entries asked for at once. */
  static final int PAGE = 200;

  /** The end of a range without one: the largest id that may be asked for. */
  static final long OPEN_END = Long.MAX_VALUE - 1;

  private static final int TEXT_LETTERS_MAX = 400;

  /** What a read may fail with while nodes are in trouble. Anything else is a finding. */
  private static final Set<Status.Code> TROUBLE =
      EnumSet.of(
          Status.Code.UNAVAILABLE,
          Status.Code.DEADLINE_EXCEEDED,
          Status.Code.RESOURCE_EXHAUSTED,
          Status.Code.ABORTED);

  private final History history;
  private final LongSupplier nanoClock;

  ChatCalls(History history, LongSupplier nanoClock) {
    this.history = history;
    this.nanoClock = nanoClock;
  }

  History history() {
    return history;
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

  /** What {@link #append} stored in an entry. */
  static Value value(Entry entry) {
    return new Value(
        (int) entry.message().getLong("writer").orElse(-1),
        entry.message().getLong("number").orElse(-1));
  }

  /** The id it was acknowledged at; 0 if it was not. */
  long append(TidelineClient client, int timeline, Value value, Random random) {
    Message message =
        Message.builder()
            .put("writer", value.writer())
            .put("number", value.number())
            .put("text", "x".repeat(random.nextInt(TEXT_LETTERS_MAX)))
            .build();
    AppendItem item =
        AppendItem.of(timeline(timeline), message)
            .withMessageKey(value.writer() + "-" + value.number());
    long begun = nanoClock.getAsLong();
    Outcome outcome;
    long sequenceId = 0;
    try {
      sequenceId = client.append(item).sequenceId();
      outcome = Outcome.ACKNOWLEDGED;
    } catch (TidelineException e) {
      outcome = e.isOutcomeUnknown() ? Outcome.UNKNOWN : Outcome.REFUSED;
    }
    history.append(new Append(timeline, value, outcome, sequenceId), nanoClock.getAsLong() - begun);
    return sequenceId;
  }

  /** Trims a timeline; whether it was done matters only to readers. */
  void trim(TidelineClient client, int timeline, long through) {
    history.trimming(timeline, through);
    try {
      var _ = client.trim(timeline(timeline), through);
    } catch (TidelineException e) {
      if (!isTrouble(e)) {
        throw e;
      }
      return;
    }
    history.trimmed(timeline, through);
  }

  /** Whether nodes in trouble explain it. */
  private static boolean isTrouble(TidelineException e) {
    return e.isRetryable() || TROUBLE.contains(e.status());
  }

  /**
   * A page of the ids {@code [from, to)}; empty if the read failed because nodes are in trouble:
   * how long it may is what the writers measure.
   *
   * @param due the id it must show, as in {@link Page}
   * @param trimmed the id it must no longer show, as in {@link Page}
   * @throws TidelineException if it failed for another reason
   */
  Optional<Page> read(
      TidelineClient client, int timeline, long from, long to, long due, long trimmed) {
    io.tideline.client.Page reply;
    try {
      reply =
          client.scanPage(
              ScanSpec.builder(timeline(timeline)).from(from).to(to).pageSize(PAGE).build());
    } catch (TidelineException e) {
      if (!isTrouble(e)) {
        throw e;
      }
      return Optional.empty();
    }
    List<Seen> entries = new ArrayList<>();
    for (Entry entry : reply.entries()) {
      entries.add(new Seen(entry.sequenceId(), value(entry)));
    }
    Page page =
        new Page(
            timeline,
            from,
            to,
            due,
            trimmed,
            reply.coverage().firstRetainedSequenceId(),
            reply.coverage().lastSequenceId(),
            PAGE,
            reply.coverage().hasMore(),
            entries);
    history.page(page);
    return Optional.of(page);
  }
}
