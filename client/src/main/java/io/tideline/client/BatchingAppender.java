package io.tideline.client;

import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes single appends and sends them in batches; for everything that writes a stream of messages.
 * Get it from {@link TidelineClient#batchingAppender}.
 *
 * <pre>{@code
 * try (BatchingAppender appender = client.batchingAppender()) {
 *   for (Mail mail : mails) {
 *     appender.add(mail.timeline(), mail.message()).whenComplete((result, failure) -> note(mail, failure));
 *   }
 * } // close sends and awaits what is left
 * }</pre>
 *
 * <p><b>Order.</b> Items of one timeline are written in the order of {@code add}, with several
 * batches in flight and under retries: while items of a timeline are on their way, its later ones
 * wait. An item that fails for good does not stop those behind it. The order between threads that
 * add to the same timeline at the same time is theirs to settle.
 *
 * <p><b>When a batch is sent.</b> When the items that may be sent fill one, or when the first of
 * them has lingered, provided that fewer than {@link BatchingOptions#maxInFlight} batches are in
 * flight.
 *
 * <p><b>Bounds.</b> Items not yet answered take at most {@link BatchingOptions#maxPendingBytes}, by
 * their encoded size and 256 bytes each (the heap in use is about three times that). When that is
 * used up {@code add} waits for at most {@link BatchingOptions#maxBlock}; then the item's future
 * fails with BUFFER_FULL.
 *
 * <p><b>Failures</b> come through the item's future, never thrown by {@code add}. Every item is
 * answered within {@link BatchingOptions#deliveryTimeout}; until then it is retried where that is
 * safe, which for items with a message key is whenever it may help. A batch refused as malformed is
 * taken apart so that only the item at fault fails. Cancelling a future does not withdraw the item.
 *
 * <p>Thread-safe. Callbacks chained to the futures run as those of {@link TidelineClient} do.
 */
public final class BatchingAppender implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(BatchingAppender.class);

  private final ClientCore core;
  private final Caller caller;
  private final ClientClock clock;
  private final BatchingOptions options;
  private final CallSettings settings;
  private final RetryPolicy policy;

  private final long createdNanoTime;

  /** Guards everything below. Futures are completed and calls made without it. */
  private final ReentrantLock lock = new ReentrantLock();

  /** Memory was freed, or the appender was closed. */
  private final Condition room = lock.newCondition();

  /** By store. A queue stays once made: stores are few. */
  private final Map<String, AppendQueue> queues = new LinkedHashMap<>();

  /** The same queues; the one that comes first is asked first for the next batch. */
  private final Deque<AppendQueue> rotation = new ArrayDeque<>();

  /** Not settled, in the order of add and therefore of deadlines. */
  private final Set<PendingAppend> pending = new LinkedHashSet<>();

  private final Deque<FlushWaiter> flushes = new ArrayDeque<>();
  private final AppenderCounters counters = new AppenderCounters();
  private long nextSequence;
  private long pendingBytes;
  private int inFlight;
  private boolean closed;
  private long timerNanos = AppendQueue.NEVER;
  private ClientClock.@Nullable Timer timer;

  BatchingAppender(ClientCore core, CallSettings settings, BatchingOptions options) {
    this.core = core;
    this.caller = core.caller();
    this.clock = caller.clock();
    this.options = options;
    this.settings = settings;
    this.policy = settings.retryPolicy();
    this.createdNanoTime = clock.nanoTime();
  }

  /** A flush that waits until every item up to this one is settled. */
  private record FlushWaiter(long through, CompletableFuture<Void> future) {}

  /**
   * What to do once the lock is released: calls first, then what may run the application's code.
   */
  private record Actions(List<AppendQueue.Batch> sends, List<Runnable> completions) {
    Actions() {
      this(new ArrayList<>(), new ArrayList<>());
    }
  }

  /** As {@link #add(AppendItem)}. */
  public CompletableFuture<AppendResult> add(TimelineKey timeline, Message message) {
    return add(AppendItem.of(timeline, message));
  }

  /**
   * Adds an append; waits if memory is used up. The future tells the result, or the {@link
   * TidelineException} with which the item failed: what an append may fail with, BUFFER_FULL,
   * CLIENT_CLOSED, or CANCELLED if the thread was interrupted while it waited (its interrupt status
   * is then set).
   */
  public CompletableFuture<AppendResult> add(AppendItem item) {
    PendingAppend append = new PendingAppend(core.prepare(item));
    Actions actions = new Actions();
    lock.lock();
    try {
      Failure refusal = awaitRoom(append.cost());
      if (refusal != null) {
        counters.rejected(refusal);
        return CompletableFuture.failedFuture(append.exception(refusal));
      }
      enqueue(append);
      sendDue(actions);
    } finally {
      lock.unlock();
    }
    perform(actions);
    return append.future;
  }

  /** Null once there is room for the cost, which is then to be taken under the same lock. */
  private @Nullable Failure awaitRoom(long cost) {
    if (closed || caller.isClosed()) {
      return Caller.closedFailure();
    }
    if (hasRoom(cost)) {
      return null;
    }
    long began = now();
    long left = options.maxBlock().toNanos();
    try {
      while (!closed && !hasRoom(cost) && left > 0) {
        left = room.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Failure.local(
          ErrorCode.CANCELLED,
          Status.Code.CANCELLED,
          "the thread was interrupted while it waited for room");
    } finally {
      counters.blocked(now() - began);
    }
    if (closed) {
      return Caller.closedFailure();
    }
    return hasRoom(cost) ? null : bufferFull();
  }

  /** An item larger than the whole bound goes when it is alone; the server judges its size. */
  private boolean hasRoom(long cost) {
    return pendingBytes == 0 || pendingBytes + cost <= options.maxPendingBytes();
  }

  private Failure bufferFull() {
    return Failure.local(
            ErrorCode.BUFFER_FULL,
            Status.Code.RESOURCE_EXHAUSTED,
            pendingBytes
                + " of "
                + options.maxPendingBytes()
                + " bytes wait for the server, for "
                + options.maxBlock().toMillis()
                + " ms; add less, or raise maxPendingBytes or maxBlock")
        .withVerdict(true, false);
  }

  private void enqueue(PendingAppend append) {
    append.sequence = nextSequence++;
    append.addedNanos = now();
    append.deadlineNanos = append.addedNanos + options.deliveryTimeout().toNanos();
    pending.add(append);
    pendingBytes += append.cost();
    counters.added();
    queue(append.item.timeline().store()).add(append);
  }

  private AppendQueue queue(String store) {
    return queues.computeIfAbsent(
        store,
        name -> {
          AppendQueue queue =
              new AppendQueue(
                  name, options, id -> caller.routes().leaderOf(new TimelineKey(name, id)));
          rotation.addLast(queue);
          return queue;
        });
  }

  // --- Sending. ---

  /** Takes the batches that are due, as far as they may be in flight, and sets the timer. */
  private void sendDue(Actions actions) {
    long now = now();
    for (int idle = 0; inFlight < options.maxInFlight() && idle < rotation.size(); ) {
      AppendQueue queue = rotation.removeFirst();
      rotation.addLast(queue);
      if (queue.dueNanos() <= now) {
        actions.sends().add(queue.take());
        inFlight++;
        idle = 0;
      } else {
        idle++;
      }
    }
    setTimer();
  }

  /** For the first of: a linger that ends while a batch may be sent, and a delivery timeout. */
  private void setTimer() {
    long wake = pending.isEmpty() ? AppendQueue.NEVER : pending.iterator().next().deadlineNanos;
    if (inFlight < options.maxInFlight()) {
      for (AppendQueue queue : rotation) {
        wake = Math.min(wake, queue.dueNanos());
      }
    }
    if (wake >= timerNanos) {
      return;
    }
    if (timer != null) {
      timer.cancel();
    }
    timerNanos = wake;
    timer = clock.schedule(Math.max(0, wake - now()), this::timerFired);
  }

  private void timerFired() {
    Actions actions = new Actions();
    lock.lock();
    try {
      timer = null;
      timerNanos = AppendQueue.NEVER;
      expire(actions);
      sendDue(actions);
    } finally {
      lock.unlock();
    }
    perform(actions);
  }

  private void perform(Actions actions) {
    actions.sends().forEach(this::send);
    actions.completions().forEach(Runnable::run);
  }

  private void send(AppendQueue.Batch batch) {
    List<PendingAppend> items = batch.items();
    // By the youngest: an older item whose time is up earlier is answered by the timer.
    long left = items.stream().mapToLong(item -> item.deadlineNanos).max().orElse(0) - now();
    List<AppendItem> sent = items.stream().map(item -> item.item).toList();
    long timeout =
        settings.attemptNanos(left, BatchCall.mayRepeat(sent), caller.channels().toSeveral());
    CompletableFuture<Void> unusedStage =
        BatchCall.send(
                caller,
                sent,
                items.stream().map(item -> item.wire).toList(),
                settings.withDeadlineNanos(timeout))
            .thenAccept(replies -> answered(batch, replies))
            .whenComplete(
                (done, defect) -> {
                  if (defect != null) {
                    LOG.error("an answered batch could not be settled", defect);
                  }
                });
  }

  // --- Answers. ---

  private void answered(AppendQueue.Batch batch, BatchCall.Replies replies) {
    Actions actions = new Actions();
    lock.lock();
    try {
      inFlight--;
      counters.answeredBatch();
      BatchVerdict verdict = BatchVerdict.of(batch.items(), replies, policy, now(), clock.random());
      Set<PendingAppend> again = new HashSet<>(verdict.again());
      for (int i = 0; i < batch.items().size(); i++) {
        PendingAppend item = batch.items().get(i);
        item.inFlight = false;
        if (!again.contains(item)) {
          pendingBytes -= item.cost();
          settle(item, replies.items().get(i).result(), actions);
        }
      }
      room.signalAll();
      sendAgain(batch, verdict);
      sendDue(actions);
      completeFlushes(actions);
    } finally {
      lock.unlock();
    }
    perform(actions);
  }

  private void sendAgain(AppendQueue.Batch batch, BatchVerdict verdict) {
    List<PendingAppend> again = verdict.again();
    counters.retried(again.size());
    batch.queue().putBack(again);
    if (verdict.delayNanos() == 0 || again.isEmpty()) {
      batch.queue().release(batch.items());
      return;
    }
    Set<TimelineKey> waiting = new HashSet<>();
    again.forEach(item -> waiting.add(item.item.timeline()));
    batch
        .queue()
        .release(batch.items().stream().filter(i -> !waiting.contains(i.item.timeline())).toList());
    clock.schedule(verdict.delayNanos(), () -> released(batch.queue(), again));
  }

  private void released(AppendQueue queue, List<PendingAppend> items) {
    Actions actions = new Actions();
    lock.lock();
    try {
      queue.release(items);
      sendDue(actions);
    } finally {
      lock.unlock();
    }
    perform(actions);
  }

  /**
   * Decides an item's answer if it is not decided: the result or, without one, its last failure.
   */
  private void settle(PendingAppend item, @Nullable AppendResult result, Actions actions) {
    if (item.settled) {
      return;
    }
    item.settled = true;
    pending.remove(item);
    Failure failure = item.lastFailure;
    if (result != null) {
      counters.acknowledged(result);
      actions.completions().add(() -> item.future.complete(result));
    } else if (failure != null) {
      fail(item, item.exception(failure), actions);
    } else {
      throw new IllegalStateException("item " + item.item + " has neither result nor failure");
    }
  }

  private void fail(PendingAppend item, TidelineException failure, Actions actions) {
    counters.failed();
    actions.completions().add(() -> item.future.completeExceptionally(failure));
  }

  /**
   * Fails items whose delivery timeout has passed. Those in flight keep their memory until
   * answered.
   */
  private void expire(Actions actions) {
    long now = now();
    while (!pending.isEmpty()) {
      PendingAppend oldest = pending.iterator().next();
      if (oldest.deadlineNanos > now) {
        break;
      }
      giveUp(oldest, oldest.expired(options.deliveryTimeout()), actions);
    }
    room.signalAll();
    completeFlushes(actions);
  }

  private void giveUp(PendingAppend item, TidelineException failure, Actions actions) {
    item.settled = true;
    pending.remove(item);
    if (!item.inFlight) {
      queue(item.item.timeline().store()).remove(item);
      pendingBytes -= item.cost();
    }
    fail(item, failure, actions);
  }

  // --- Flush and close. ---

  /**
   * Sends what was added so far without lingering and waits until all of it is answered, at most
   * for the delivery timeout. Failures of items are told by their futures only.
   */
  public void flush() {
    Caller.await(flushAsync(), true);
  }

  /** As {@link #flush}, without waiting. */
  public CompletableFuture<Void> flushAsync() {
    Actions actions = new Actions();
    FlushWaiter waiter;
    lock.lock();
    try {
      waiter = new FlushWaiter(nextSequence - 1, new CompletableFuture<>());
      flushes.addLast(waiter);
      queues.values().forEach(queue -> queue.flushThrough(waiter.through()));
      sendDue(actions);
      completeFlushes(actions);
    } finally {
      lock.unlock();
    }
    perform(actions);
    return waiter.future();
  }

  private void completeFlushes(Actions actions) {
    long oldest = pending.isEmpty() ? Long.MAX_VALUE : pending.iterator().next().sequence;
    while (!flushes.isEmpty() && flushes.element().through() < oldest) {
      FlushWaiter waiter = flushes.remove();
      actions.completions().add(() -> waiter.future().complete(null));
    }
  }

  /** What it has done and holds. */
  public AppenderMetrics metrics() {
    lock.lock();
    try {
      return counters.snapshot(pending.size(), pendingBytes, inFlight);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Refuses further items, sends those pending without lingering and waits until all are answered,
   * at most for the delivery timeout. If the thread is interrupted, what is still pending fails
   * with CANCELLED and the interrupt status is set. Idempotent.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      room.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      Caller.await(flushAsync(), true);
    } catch (TidelineException e) {
      abandon(e.failure());
    }
    core.closed(this);
  }

  /**
   * Closes without draining: sends nothing more, and fails what is not answered. Per timeline, what
   * was written is then a prefix of what was added. Batches on their way may still be written, so
   * the items in them fail with an unknown outcome.
   */
  public void closeNow() {
    lock.lock();
    try {
      closed = true;
      room.signalAll();
    } finally {
      lock.unlock();
    }
    abandon(
        Failure.local(
            ErrorCode.CLIENT_CLOSED, Status.Code.CANCELLED, "the appender was closed at once"));
    core.closed(this);
  }

  private void abandon(Failure reason) {
    Actions actions = new Actions();
    lock.lock();
    try {
      for (PendingAppend item : List.copyOf(pending)) {
        boolean unknown = item.maybeWritten || item.inFlight;
        giveUp(item, item.exception(reason.withVerdict(false, unknown)), actions);
      }
      completeFlushes(actions);
    } finally {
      lock.unlock();
    }
    perform(actions);
  }

  private long now() {
    return clock.nanoTime() - createdNanoTime;
  }
}
