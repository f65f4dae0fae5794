package io.tideline.client;

import io.tideline.proto.v1.BatchAppendItem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One batch of the application: attempts until each item is settled or the deadline has come.
 *
 * <p>Threading: rounds follow one another; all state is touched only by the round that runs.
 */
final class BatchAppend {

  private final Caller caller;
  private final RetryPolicy policy;
  private final long deadlineNanoTime;
  private final List<AppendItem> items;
  private final List<BatchAppendItem> wire;
  private final @Nullable AppendOutcome[] outcomes;
  private final boolean[] maybeWritten;
  private final CompletableFuture<List<AppendOutcome>> future = new CompletableFuture<>();

  /** Indices of the items not settled yet, ascending. */
  private List<Integer> open;

  private int attempts;

  BatchAppend(Caller caller, List<AppendItem> items, CallSettings settings) {
    Limits.inRange("number of items", items.size(), 1, Limits.ITEMS_MAX);
    this.caller = caller;
    this.policy = settings.retryPolicy();
    this.deadlineNanoTime = caller.timing().nanoTime() + settings.deadlineNanos();
    this.items = items;
    this.wire = items.stream().map(WireEntries::toBatchItem).toList();
    this.outcomes = new AppendOutcome[items.size()];
    this.maybeWritten = new boolean[items.size()];
    this.open = new ArrayList<>();
    String store = items.get(0).timeline().store();
    for (int i = 0; i < items.size(); i++) {
      String other = items.get(i).timeline().store();
      if (!other.equals(store)) {
        throw new IllegalArgumentException(
            "items of stores " + store + " and " + other + "; append to one store per call");
      }
      open.add(i);
    }
  }

  CompletableFuture<List<AppendOutcome>> begin() {
    attempt();
    return future;
  }

  private void attempt() {
    attempts++;
    List<AppendItem> sent = open.stream().map(items::get).toList();
    List<BatchAppendItem> sentWire = open.stream().map(wire::get).toList();
    long left = deadlineNanoTime - caller.timing().nanoTime();
    long timeout = policy.attemptTimeout().map(t -> Math.min(t.toNanos(), left)).orElse(left);
    CompletableFuture<Void> unusedStage =
        BatchCall.send(caller, sent, sentWire, timeout).thenAccept(this::settle);
  }

  private void settle(BatchCall.Replies replies) {
    Set<TimelineKey> writtenLater = new HashSet<>();
    List<Integer> again = new ArrayList<>();
    long retryAfterMillis = 0;
    for (int k = open.size() - 1; k >= 0; k--) {
      int i = open.get(k);
      ItemReply reply = replies.items().get(k);
      TimelineKey timeline = items.get(i).timeline();
      Failure failure = reply.failure();
      if (failure == null) {
        writtenLater.add(timeline);
        outcomes[i] = new AppendOutcome(items.get(i), reply.result(), null);
        continue;
      }
      maybeWritten[i] |= failure.isOutcomeUnknown();
      outcomes[i] = failed(i, failure);
      if (failure.isRetryable() && !writtenLater.contains(timeline)) {
        again.add(0, i);
        retryAfterMillis = Math.max(retryAfterMillis, failure.retryAfterMillis());
      }
    }
    open = again;
    long delay = policy.delayNanos(attempts, retryAfterMillis, caller.timing().random());
    boolean retry =
        !open.isEmpty()
            && attempts < policy.maxAttempts()
            && delay < deadlineNanoTime - caller.timing().nanoTime()
            && !caller.isClosed()
            && !future.isDone();
    if (retry) {
      caller.timing().schedule(delay, this::attempt);
    } else {
      future.complete(List.of(outcomes));
    }
  }

  private AppendOutcome failed(int i, Failure failure) {
    Failure told =
        failure
            .withVerdict(failure.isRetryable(), maybeWritten[i])
            .withAttempts(attempts)
            .withAppendItem(items.get(i));
    return new AppendOutcome(items.get(i), null, told.toException());
  }
}
