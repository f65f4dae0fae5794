package io.tideline.client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The items of one store that wait to be sent, kept so that order per timeline holds whatever
 * happens to a batch: a timeline with items on their way, or waiting to be sent again, is
 * <em>held</em>, and none of its further items is sent before it is released.
 *
 * <p>Threading: guarded by the appender's lock. Times are the appender's nanoseconds since
 * creation.
 *
 * <p>Invariants: (1) a timeline is in {@code ready} exactly if it is not held and has items; (2)
 * {@code readyItems} and {@code readyBytes} sum up the timelines in {@code ready}; (3) the items of
 * a timeline are in the order of {@code add}; (4) while {@code ready} is empty, nothing is due.
 */
final class AppendQueue {

  /** Nothing is due. */
  static final long NEVER = Long.MAX_VALUE;

  private final BatchingOptions options;
  private final int requestBytes;
  private final long lingerNanos;
  private final Map<Identifier, TimelineQueue> timelines = new HashMap<>();
  private final Deque<TimelineQueue> ready = new ArrayDeque<>();
  private int readyItems;
  private long readyBytes;

  /** When what is ready must be sent though it does not fill a batch. */
  private long dueNanos = NEVER;

  /** Items up to this one do not linger. */
  private long flushedThrough = -1;

  AppendQueue(String store, BatchingOptions options) {
    this.options = options;
    // The store's name with its tag and length.
    this.requestBytes = Utf8.length(store) + 1 + Integer.BYTES;
    this.lingerNanos = options.linger().toNanos();
  }

  /** One timeline's items; first to be sent first. */
  private static final class TimelineQueue {
    final Identifier timeline;
    final Deque<PendingAppend> items = new ArrayDeque<>();
    long bytes;
    boolean held;

    TimelineQueue(Identifier timeline) {
      this.timeline = timeline;
    }
  }

  /**
   * Items to be sent together.
   *
   * @param queue where they came from
   * @param items in the order to send them
   */
  record Batch(AppendQueue queue, List<PendingAppend> items) {}

  void add(PendingAppend item) {
    TimelineQueue queue =
        timelines.computeIfAbsent(item.item.timeline().identifier(), TimelineQueue::new);
    queue.items.addLast(item);
    queue.bytes += item.wireBytes();
    if (queue.held) {
      return;
    }
    if (queue.items.size() == 1) {
      makeReady(queue);
    } else {
      readyItems++;
      readyBytes += item.wireBytes();
    }
  }

  /** From when on {@link #take} should be called; {@link #NEVER} while nothing is ready. */
  long dueNanos() {
    boolean full =
        readyItems >= options.maxBatchItems()
            || readyBytes + requestBytes >= options.maxBatchBytes();
    return full ? 0 : dueNanos;
  }

  /** Sends what was added so far without lingering. */
  void flushThrough(long sequence) {
    flushedThrough = sequence;
    if (!ready.isEmpty()) {
      dueNanos = 0;
    }
  }

  /** The next batch, which holds its timelines; at least one item must be ready. */
  Batch take() {
    List<PendingAppend> batch = new ArrayList<>();
    long bytes = requestBytes;
    while (!ready.isEmpty() && fits(batch, bytes, ready.element().items.element())) {
      TimelineQueue queue = ready.remove();
      readyItems -= queue.items.size();
      readyBytes -= queue.bytes;
      queue.held = true;
      while (!queue.items.isEmpty() && fits(batch, bytes, queue.items.element())) {
        PendingAppend item = queue.items.remove();
        queue.bytes -= item.wireBytes();
        bytes += item.wireBytes();
        item.inFlight = true;
        batch.add(item);
      }
    }
    if (ready.isEmpty()) {
      dueNanos = NEVER;
    }
    return new Batch(this, batch);
  }

  private boolean fits(List<PendingAppend> batch, long bytes, PendingAppend next) {
    if (batch.isEmpty()) {
      return true;
    }
    return batch.size() < options.maxBatchItems()
        && bytes + next.wireBytes() <= options.maxBatchBytes()
        && !next.alone
        && !batch.get(0).alone;
  }

  /** Puts items of an answered batch back before all others of their timelines, which stay held. */
  void putBack(List<PendingAppend> items) {
    for (int i = items.size() - 1; i >= 0; i--) {
      PendingAppend item = items.get(i);
      TimelineQueue queue = held(item);
      queue.items.addFirst(item);
      queue.bytes += item.wireBytes();
    }
  }

  /** Lets the timelines of these items be sent again. */
  void release(List<PendingAppend> items) {
    for (PendingAppend item : items) {
      TimelineQueue queue = timelines.get(item.item.timeline().identifier());
      if (queue == null || !queue.held) {
        continue;
      }
      queue.held = false;
      if (queue.items.isEmpty()) {
        timelines.remove(queue.timeline);
      } else {
        makeReady(queue);
      }
    }
  }

  /** Takes out an item that is not in flight. */
  void remove(PendingAppend item) {
    TimelineQueue queue = timelines.get(item.item.timeline().identifier());
    if (queue == null || !queue.items.remove(item)) {
      throw new IllegalStateException("item " + item.item + " is not queued");
    }
    queue.bytes -= item.wireBytes();
    if (queue.held) {
      return;
    }
    readyItems--;
    readyBytes -= item.wireBytes();
    if (queue.items.isEmpty()) {
      ready.remove(queue);
      timelines.remove(queue.timeline);
    }
    if (ready.isEmpty()) {
      dueNanos = NEVER;
    }
  }

  private TimelineQueue held(PendingAppend item) {
    TimelineQueue queue = timelines.get(item.item.timeline().identifier());
    if (queue == null || !queue.held) {
      throw new IllegalStateException("timeline of " + item.item + " is not held");
    }
    return queue;
  }

  private void makeReady(TimelineQueue queue) {
    ready.addLast(queue);
    readyItems += queue.items.size();
    readyBytes += queue.bytes;
    PendingAppend first = queue.items.element();
    boolean lingers = first.sequence > flushedThrough;
    dueNanos = Math.min(dueNanos, lingers ? first.addedNanos + lingerNanos : 0);
  }
}
