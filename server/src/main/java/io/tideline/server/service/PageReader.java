package io.tideline.server.service;

import io.tideline.lsm.Direction;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RowCursor;
import io.tideline.proto.v1.Coverage;
import io.tideline.proto.v1.CoverageStatus;
import io.tideline.proto.v1.Entry;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads one page of one timeline into a reply and works out what the page covers.
 *
 * <p>Coverage, with a timeline whose ids 1 to 50 have expired and whose last id is 90: asked for 1
 * to 60, forward, the page holds 51 to 59 and says TRIMMED, next 60. Asked from 51 with a limit of
 * 10 it holds 51 to 60 and says MORE, next 61. Asked from 91 it is empty and says COMPLETE, next
 * 91.
 *
 * <p>Threading: confined to one thread; the view stays the caller's.
 */
final class PageReader {

  private final PageRequest page;
  private final TimelineFacts facts;
  private final ReplyBuffer reply;
  private final int entryField;

  private int entries;
  private long entryBytes;
  private long lookedAtRows;
  private long lookedAtBytes;
  private long lastLookedAt;

  /**
   * @param reply takes the entries
   * @param entryField number of the repeated field of entries in it
   */
  PageReader(PageRequest page, TimelineFacts facts, ReplyBuffer reply, int entryField) {
    this.page = page;
    this.facts = facts;
    this.reply = reply;
    this.entryField = entryField;
  }

  /** Reads the page; its entries are in the reply afterwards. */
  Coverage read(ReadView view, byte[] timeline) throws IOException {
    boolean ended = true;
    if (page.low() < page.high() && facts.exists() && page.low() <= facts.lastSequenceId()) {
      try (RowCursor rows = view.scan(timeline, page.low(), page.high(), page.direction())) {
        ended = readRows(rows);
      }
    }
    return coverage(!ended);
  }

  int entries() {
    return entries;
  }

  long entryBytes() {
    return entryBytes;
  }

  /** Whether the rows ended; false if a limit came first. */
  private boolean readRows(RowCursor rows) throws IOException {
    while (rows.next()) {
      if (!hasRoomFor(rows)) {
        return false;
      }
      lookedAtRows++;
      lookedAtBytes += rows.valueSize();
      lastLookedAt = rows.sequenceId();
      take(rows);
    }
    return true;
  }

  private boolean hasRoomFor(RowCursor rows) {
    if (lookedAtRows == 0) {
      return true;
    }
    if (page.filter() != null
        && (lookedAtRows >= Limits.FILTERED_ROWS_MAX
            || lookedAtBytes >= Limits.FILTERED_BYTES_MAX)) {
      return false;
    }
    if (entries >= page.entriesMax()) {
      return false;
    }
    return entries == 0 || entryBytes + ReplyBuffer.entrySize(rows) <= page.bytesMax();
  }

  private void take(RowCursor rows) throws IOException {
    if (page.filter() == null && Projector.isAll(page.projection())) {
      entryBytes += ReplyBuffer.entrySize(rows);
      reply.entry(entryField, rows);
      entries++;
      return;
    }
    Entry entry = decode(rows);
    if (page.filter() == null || FilterEvaluator.matches(page.filter(), entry.getMessage())) {
      Entry projected = Projector.apply(page.projection(), entry);
      entryBytes += projected.getSerializedSize();
      reply.message(entryField, projected);
      entries++;
    }
  }

  static Entry decode(RowCursor rows) throws IOException {
    return StoredEntry.decode(rows.value(), rows.sequenceId()).toBuilder()
        .setSequenceId(rows.sequenceId())
        .setAppendTimeMs(rows.timestampMillis())
        .build();
  }

  private Coverage coverage(boolean hasMore) {
    boolean trimmed = isTrimmed(hasMore);
    CoverageStatus status =
        trimmed
            ? CoverageStatus.COVERAGE_STATUS_TRIMMED
            : hasMore
                ? CoverageStatus.COVERAGE_STATUS_MORE
                : CoverageStatus.COVERAGE_STATUS_COMPLETE;
    return of(facts, status, next(hasMore), hasMore);
  }

  /**
   * Forward the gap lies before the page. Backward it lies below the last page, or above the only
   * one if the caller began below what is retained.
   */
  private boolean isTrimmed(boolean hasMore) {
    if (page.direction() == Direction.FORWARD) {
      return page.lowGiven() && facts.hasGone(page.low(), page.high());
    }
    if (hasMore || page.low() >= page.high()) {
      return false;
    }
    boolean beganBelow = page.high() <= facts.firstRetained() && facts.exists();
    return (page.lowGiven() || beganBelow) && facts.hasGone(page.low(), page.high());
  }

  private long next(boolean hasMore) {
    if (page.direction() == Direction.FORWARD) {
      if (hasMore) {
        return Saturated.plusOne(lastLookedAt);
      }
      long end = Math.min(page.high(), Saturated.plusOne(facts.lastSequenceId()));
      return Math.max(page.low(), end);
    }
    if (hasMore) {
      return Saturated.minusOne(lastLookedAt);
    }
    long bottom = page.lowGiven() ? page.low() : facts.firstRetained();
    return Saturated.minusOne(Math.min(bottom, page.high()));
  }

  /** A coverage message. */
  static Coverage of(TimelineFacts facts, CoverageStatus status, long next, boolean hasMore) {
    return Coverage.newBuilder()
        .setStatus(status)
        .setLastSequenceId(facts.lastSequenceId())
        .setFirstRetainedSequenceId(facts.firstRetained())
        .setNextSequenceId(next)
        .setTimelineExists(facts.exists())
        .setHasMore(hasMore)
        .build();
  }

  /**
   * The id of the first entry appended at or after a time, or the id after the last if there is
   * none. Ids rise with time in DENSE and MONOTONIC stores, so this is a binary search over ids
   * whose every step reads the first row at or after the middle.
   */
  static long firstAtOrAfter(ReadView view, byte[] timeline, TimelineFacts facts, long timeMillis)
      throws IOException {
    long low = facts.firstRetained();
    long high = Saturated.plusOne(facts.lastSequenceId());
    while (low < high) {
      long middle = low + ((high - low) >>> 1);
      @Nullable Long rowId = null;
      boolean late = true;
      try (RowCursor rows = view.scan(timeline, middle, high, Direction.FORWARD)) {
        if (rows.next()) {
          rowId = rows.sequenceId();
          late = rows.timestampMillis() >= timeMillis;
        }
      }
      if (late) {
        high = middle;
      } else {
        low = Saturated.plusOne(rowId == null ? middle : rowId);
      }
    }
    return low;
  }
}
