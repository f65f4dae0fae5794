package io.tideline.client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The items of one store that wait to be sent, kept so that order per timeline holds whatever
 * happens to a batch: a timeline with items on their way, or waiting to be sent again, is
 * <em>held</em>, and none of its further items is sent before it is released.
 *
 * <p>Timelines that are ready wait in the {@link Lane} of the node that leads them, so that a batch
 * holds what one node leads. The lane is chosen anew each time a timeline becomes ready: a route
 * may change, order does not depend on it.
 *
 * <p>Threading: guarded by the appender's lock. Times are the appender's nanoseconds since
 * creation.
 *
 * <p>Invariants: (1) a timeline is ready, in exactly one lane, exactly if it is not held and has
 * items; (2) a lane's {@code items} and {@code bytes} sum up its timelines; (3) the items of a
 * timeline are in the order of {@code add}; (4) an empty lane has nothing due.
 */
final class AppendQueue {

  /** Nothing is due. */
  static final long NEVER = Long.MAX_VALUE;

  private final BatchingOptions options;
  private final int requestBytes;
  private final long lingerNanos;
  private final Function<Identifier, @Nullable ServerAddress> leaders;
  private final Map<Identifier, TimelineQueue> timelines = new HashMap<>();

  /** By the leader's address; empty for timelines whose leader is not known. */
  private final Map<Optional<ServerAddress>, Lane> lanes = new HashMap<>();

  /** The same lanes; of those equally due the first is served, and then goes last. */
  private final Deque<Lane> rotation = new ArrayDeque<>();

  /** Items up to this one do not linger. */
  private long flushedThrough = -1;

  /**
   * @param leaders where the leader of a timeline listens, null if that is not known
   */
  AppendQueue(
      String store,
      BatchingOptions options,
      Function<Identifier, @Nullable ServerAddress> leaders) {
    this.options = options;
    this.leaders = leaders;
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

    /** Where it is ready, or was last. */
    @Nullable Lane lane;

    TimelineQueue(Identifier timeline) {
      this.timeline = timeline;
    }
  }

  /** Timelines that are ready and have the same leader; first to be sent first. */
  private static final class Lane {
    final Deque<TimelineQueue> ready = new ArrayDeque<>();
    int items;
    long bytes;

    /** When what is ready must be sent though it does not fill a batch. */
    long dueNanos = NEVER;

    void changed(int itemsBy, long bytesBy) {
      items += itemsBy;
      bytes += bytesBy;
      if (ready.isEmpty()) {
        dueNanos = NEVER;
      }
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
      lane(queue).changed(1, item.wireBytes());
    }
  }

  /** From when on {@link #take} should be called; {@link #NEVER} while nothing is ready. */
  long dueNanos() {
    long due = NEVER;
    for (Lane lane : rotation) {
      due = Math.min(due, dueNanos(lane));
    }
    return due;
  }

  private long dueNanos(Lane lane) {
    boolean full =
        lane.items >= options.maxBatchItems()
            || lane.bytes + requestBytes >= options.maxBatchBytes();
    return full ? 0 : lane.dueNanos;
  }

  /** Sends what was added so far without lingering. */
  void flushThrough(long sequence) {
    flushedThrough = sequence;
    for (Lane lane : rotation) {
      if (!lane.ready.isEmpty()) {
        lane.dueNanos = 0;
      }
    }
  }

  /**
   * The next batch, of the lane that is due first, which holds its timelines; at least one item
   * must be ready.
   */
  Batch take() {
    Lane lane = dueFirst();
    List<PendingAppend> batch = new ArrayList<>();
    long bytes = requestBytes;
    while (!lane.ready.isEmpty() && fits(batch, bytes, lane.ready.element().items.element())) {
      TimelineQueue queue = lane.ready.remove();
      lane.changed(-queue.items.size(), -queue.bytes);
      queue.held = true;
      while (!queue.items.isEmpty() && fits(batch, bytes, queue.items.element())) {
        PendingAppend item = queue.items.remove();
        queue.bytes -= item.wireBytes();
        bytes += item.wireBytes();
        item.inFlight = true;
        batch.add(item);
      }
    }
    return new Batch(this, batch);
  }

  private Lane dueFirst() {
    Lane first = rotation.element();
    for (Lane lane : rotation) {
      if (dueNanos(lane) < dueNanos(first)) {
        first = lane;
      }
    }
    rotation.remove(first);
    rotation.addLast(first);
    return first;
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
    Lane lane = lane(queue);
    if (queue.items.isEmpty()) {
      lane.ready.remove(queue);
      timelines.remove(queue.timeline);
    }
    lane.changed(-1, -item.wireBytes());
  }

  private TimelineQueue held(PendingAppend item) {
    TimelineQueue queue = timelines.get(item.item.timeline().identifier());
    if (queue == null || !queue.held) {
      throw new IllegalStateException("timeline of " + item.item + " is not held");
    }
    return queue;
  }

  private void makeReady(TimelineQueue queue) {
    Lane lane =
        lanes.computeIfAbsent(
            Optional.ofNullable(leaders.apply(queue.timeline)),
            leader -> {
              Lane made = new Lane();
              rotation.addLast(made);
              return made;
            });
    queue.lane = lane;
    lane.ready.addLast(queue);
    lane.changed(queue.items.size(), queue.bytes);
    PendingAppend first = queue.items.element();
    boolean lingers = first.sequence > flushedThrough;
    lane.dueNanos = Math.min(lane.dueNanos, lingers ? first.addedNanos + lingerNanos : 0);
  }

  private static Lane lane(TimelineQueue queue) {
    Lane lane = queue.lane;
    if (lane == null) {
      throw new IllegalStateException("timeline " + queue.timeline + " was never ready");
    }
    return lane;
  }
}
