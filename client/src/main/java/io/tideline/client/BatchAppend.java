package io.tideline.client;

import io.tideline.proto.v1.BatchAppendItem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Appends of the application that are sent together: attempts until each item is settled or the
 * deadline has come.
 *
 * <p>Threading: rounds follow one another; {@code this} guards their state against the closing of
 * the client. The future is completed outside the lock.
 */
final class BatchAppend implements Caller.Call {

  private final Caller caller;
  private final CallSettings settings;
  private final RetryPolicy policy;
  private final long deadlineNanoTime;
  private final List<AppendItem> items;
  private final Sender sender;
  private final @Nullable AppendOutcome[] outcomes;
  private final boolean[] maybeWritten;
  private final CompletableFuture<List<AppendOutcome>> future = new CompletableFuture<>();

  /** Indices of the items not settled yet, ascending. */
  private List<Integer> open;

  private int attempts;
  private ClientClock.@Nullable Timer timer;
  private @Nullable CompletableFuture<BatchCall.Replies> running;

  /** Sends some of the items once. */
  interface Sender {
    /**
     * @param open indices of the items to send, ascending
     * @param settings of this attempt
     */
    CompletableFuture<BatchCall.Replies> send(List<Integer> open, CallSettings settings);
  }

  /** A batch of one store. */
  static BatchAppend of(Caller caller, List<AppendItem> items, CallSettings settings) {
    Limits.inRange("number of items", items.size(), 1, Limits.ITEMS_MAX);
    String store = items.get(0).timeline().store();
    for (AppendItem item : items) {
      String other = item.timeline().store();
      if (!other.equals(store)) {
        throw new IllegalArgumentException(
            "items of stores " + store + " and " + other + "; append to one store per call");
      }
    }
    List<BatchAppendItem> wire = items.stream().map(WireEntries::toBatchItem).toList();
    return new BatchAppend(
        caller,
        items,
        settings,
        (open, attempt) ->
            BatchCall.send(
                caller,
                open.stream().map(items::get).toList(),
                open.stream().map(wire::get).toList(),
                attempt));
  }

  BatchAppend(Caller caller, List<AppendItem> items, CallSettings settings, Sender sender) {
    this.caller = caller;
    this.settings = settings;
    this.policy = settings.retryPolicy();
    this.deadlineNanoTime = caller.clock().nanoTime() + settings.deadlineNanos();
    this.items = items;
    this.sender = sender;
    this.outcomes = new AppendOutcome[items.size()];
    this.maybeWritten = new boolean[items.size()];
    this.open = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      open.add(i);
    }
  }

  CompletableFuture<List<AppendOutcome>> begin() {
    caller.began(this);
    CompletableFuture<List<AppendOutcome>> unusedStage =
        future.whenComplete(
            (settled, failure) -> {
              caller.ended(this);
              if (future.isCancelled()) {
                cancel();
              }
            });
    attempt();
    return future;
  }

  private void attempt() {
    CompletableFuture<BatchCall.Replies> sent;
    synchronized (this) {
      timer = null;
      attempts++;
      long left = deadlineNanoTime - caller.clock().nanoTime();
      List<AppendItem> unsettled = open.stream().map(items::get).toList();
      long timeout =
          settings.attemptNanos(
              left, BatchCall.mayRepeat(unsettled), caller.channels().toSeveral());
      sent = sender.send(open, settings.withDeadlineNanos(timeout));
      running = sent;
    }
    CompletableFuture<Void> unusedStage =
        sent.thenAccept(
            replies -> {
              if (settle(replies)) {
                future.complete(settledOutcomes());
              }
            });
  }

  /** Notes the replies and plans the next attempt; true if there is none. */
  private synchronized boolean settle(BatchCall.Replies replies) {
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
    long delay = policy.delayNanos(attempts, retryAfterMillis, caller.clock().random());
    boolean retry =
        !open.isEmpty()
            && attempts < policy.maxAttempts()
            && delay < deadlineNanoTime - caller.clock().nanoTime()
            && !caller.isClosed()
            && !future.isDone();
    if (retry) {
      timer = caller.clock().schedule(delay, this::attempt);
    }
    return !retry;
  }

  /** What is not settled keeps the failure of its last attempt. */
  @Override
  public void clientClosed() {
    boolean waiting;
    synchronized (this) {
      waiting = timer != null;
      if (timer != null) {
        timer.cancel();
        timer = null;
      }
    }
    if (waiting) {
      future.complete(settledOutcomes());
    }
  }

  private List<AppendOutcome> settledOutcomes() {
    List<AppendOutcome> out = new ArrayList<>(outcomes.length);
    for (AppendOutcome outcome : outcomes) {
      out.add(Objects.requireNonNull(outcome, "every item is settled by the first attempt"));
    }
    return List.copyOf(out);
  }

  private synchronized void cancel() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    if (running != null) {
      running.cancel(true);
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
