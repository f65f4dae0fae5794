package io.tideline.server.service;

import io.tideline.lsm.Direction;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RowCursor;
import io.tideline.lsm.TimelineHead;
import io.tideline.manager.SequenceMode;
import io.tideline.manager.StoreDescriptor;
import io.tideline.proto.v1.TimelineId;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What coverage is computed from: which ids a timeline had, has, and lost.
 *
 * <p>An id is <i>gone</i> if an entry had it and was expired or trimmed; one that was deleted is
 * not missed. DENSE stores give every id from 1, so all below the first retained are gone, unless
 * they were deleted, which is certain only where nothing expires and nothing was trimmed. The other
 * modes leave ids unused; there the answer is "gone" whenever it cannot be ruled out: a reader that
 * is told too often looks at another place in vain, one that is told too seldom misses messages.
 *
 * @param lastSequenceId largest id ever given, 0 if the timeline never had an entry
 * @param firstRetained smallest readable id, {@code lastSequenceId + 1} if none is
 * @param trimmedThrough ids up to this one were trimmed; {@link TimelineHead#NOTHING_TRIMMED}
 * @param mayHaveExpired whether entries of this timeline may have expired
 * @param head null if the timeline never had an entry
 */
record TimelineFacts(
    SequenceMode mode,
    long lastSequenceId,
    long firstRetained,
    long trimmedThrough,
    boolean mayHaveExpired,
    long expireBeforeMillis,
    @Nullable TimelineHead head) {

  /**
   * Rows that are counted to rule out expiry in MONOTONIC stores; a larger timeline counts as one
   * that may have lost entries.
   */
  private static final int COUNTED_ROWS_MAX = 1_000;

  static TimelineFacts read(ReadView view, byte[] timeline, StoreDescriptor store)
      throws IOException {
    SequenceMode mode = store.options().sequenceMode();
    Optional<TimelineHead> found = view.head(timeline);
    if (found.isEmpty()) {
      return new TimelineFacts(mode, 0, 1, TimelineHead.NOTHING_TRIMMED, false, 0, null);
    }
    TimelineHead head = found.get();
    long first =
        view.firstRetainedSequenceId(timeline).orElse(Saturated.plusOne(head.lastSequenceId()));
    long expireBefore = view.state().expireBeforeMillis();
    boolean mayHaveExpired =
        expireBefore > store.createTimeMillis()
            && !(mode == SequenceMode.MONOTONIC && isWhole(view, timeline, head));
    return new TimelineFacts(
        mode,
        head.lastSequenceId(),
        first,
        head.trimmedThrough(),
        mayHaveExpired,
        expireBefore,
        head);
  }

  boolean exists() {
    return head != null;
  }

  /** Whether anything is readable. */
  boolean isEmpty() {
    return firstRetained > lastSequenceId;
  }

  /** Whether some entry with an id in {@code [from, to)} is gone. */
  boolean hasGone(long from, long to) {
    long start = mode == SequenceMode.MANUAL ? from : Math.max(from, 1);
    long end = Math.min(to, firstRetained);
    if (!exists() || start >= end) {
      return false;
    }
    if (mode == SequenceMode.DENSE && expireBeforeMillis > 0) {
      return true;
    }
    return mayHaveExpired
        || (trimmedThrough != TimelineHead.NOTHING_TRIMMED && trimmedThrough >= start);
  }

  /** Whether every entry ever appended is still there, as far as a short count shows. */
  private static boolean isWhole(ReadView view, byte[] timeline, TimelineHead head)
      throws IOException {
    if (head.appendedCount() > COUNTED_ROWS_MAX) {
      return false;
    }
    long count = 0;
    try (RowCursor rows = view.scan(timeline, Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD)) {
      while (count < head.appendedCount() && rows.next()) {
        count++;
      }
    }
    return count == head.appendedCount();
  }

  io.tideline.proto.v1.TimelineHead toProto(TimelineId timeline) {
    io.tideline.proto.v1.TimelineHead.Builder proto =
        io.tideline.proto.v1.TimelineHead.newBuilder().setTimeline(timeline);
    if (head == null) {
      return proto.build();
    }
    if (trimmedThrough != TimelineHead.NOTHING_TRIMMED) {
      proto.setTrimmedThroughSequenceId(trimmedThrough);
    }
    return proto
        .setExists(true)
        .setLastSequenceId(lastSequenceId)
        .setFirstRetainedSequenceId(firstRetained)
        .setAppendedCount(head.appendedCount())
        .setEpoch(head.epoch())
        .setLastAppendTimeMs(head.lastAppendMillis())
        .build();
  }
}
