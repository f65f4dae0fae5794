package io.tideline.server.command;

import io.tideline.lsm.RetentionRule;
import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.WriteBatch;
import io.tideline.manager.SequenceMode;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Keeps the newest entries or bytes of each timeline, if the store asks for it: trims, in the same
 * step, the timelines an entry of the log has written to.
 *
 * <p>Entries of DENSE stores are counted by their ids, so the mark moves with every append and the
 * number is exact; one that was deleted counts until it falls out. All else has to be counted by
 * reading what stays. That is done when an eighth of the limit was written since it was last done,
 * see {@link RetentionRule}; in between, up to an eighth more shows. Never less: what a limit
 * allows is never trimmed.
 *
 * <p>A limit that was lowered has effect on a timeline at the next write to it. One that was raised
 * brings nothing back.
 */
final class Retention {

  private Retention() {}

  /** Called once per entry of the log, after its last command. */
  static void enforce(ApplyContext context, PartitionState state) throws IOException {
    if (!state.options().hasRetention() || !context.out.hasRows()) {
      return;
    }
    for (Map.Entry<ByteKey, Written> one : written(context.out).entrySet()) {
      // Deletions alone make room.
      if (one.getValue().rows > 0) {
        enforce(context, state, one.getKey().bytes(), one.getValue());
      }
    }
  }

  private static void enforce(
      ApplyContext context, PartitionState state, byte[] timeline, Written written)
      throws IOException {
    PartitionOptions options = state.options();
    ApplyContext.Head head = context.head(timeline);
    long through = TimelineHead.NOTHING_TRIMMED;
    boolean countsIds = options.sequenceMode() == SequenceMode.DENSE;
    if (countsIds && options.retentionMaxEntries() > 0) {
      through = head.lastSequenceId() - options.retentionMaxEntries();
    }
    RetentionRule rule =
        new RetentionRule(
            countsIds ? RetentionRule.UNLIMITED : limit(options.retentionMaxEntries()),
            limit(options.retentionMaxBytes()));
    if (rule.isLimited()) {
      through = Math.max(through, look(context, state, rule, timeline, written));
    }
    // Ids of DENSE stores begin at 1, so nothing is trimmed below.
    if (through > head.trimmedThrough() && !(countsIds && through < 1)) {
      context.out.trim(timeline, through);
      context.setHead(timeline, head.withTrim(through));
    }
  }

  private static long limit(long option) {
    return option == 0 ? RetentionRule.UNLIMITED : option;
  }

  /** The id to trim through by what is there, {@link TimelineHead#NOTHING_TRIMMED} if not yet. */
  private static long look(
      ApplyContext context,
      PartitionState state,
      RetentionRule rule,
      byte[] timeline,
      Written written)
      throws IOException {
    Optional<byte[]> stored = context.view.record(RecordTables.RETENTION, timeline);
    RetentionRecord last = stored.isPresent() ? RetentionRecord.decode(stored.get()) : null;
    if (last != null && last.since() == state.retentionSince()) {
      long rows = last.rows() + written.rows;
      long bytes = last.valueBytes() + written.valueBytes;
      if (!rule.isDue(rows, bytes)) {
        put(context, timeline, new RetentionRecord(state.retentionSince(), rows, bytes));
        return TimelineHead.NOTHING_TRIMMED;
      }
    }
    RetentionRule.Pending pending =
        new RetentionRule.Pending(
            written.bytesById,
            context.head(timeline).trimmedThrough(),
            state.expireBeforeMillis(context.now));
    RetentionRule.Look look = rule.look(context.view, timeline, pending);
    // One row alone may be larger than the limit; it goes with the next.
    long excess = Math.max(0, look.valueBytes() - rule.valueBytes());
    put(context, timeline, new RetentionRecord(state.retentionSince(), 0, excess));
    return look.trimThrough().orElse(TimelineHead.NOTHING_TRIMMED);
  }

  private static void put(ApplyContext context, byte[] timeline, RetentionRecord record) {
    context.out.putRecord(RecordTables.RETENTION, timeline, record.encode(), WriteBatch.NEVER);
  }

  /** Removes what is counted of a timeline that is being deleted. */
  static void forget(ApplyContext context, byte[] timeline) throws IOException {
    if (context.view.record(RecordTables.RETENTION, timeline).isPresent()) {
      context.out.deleteRecord(RecordTables.RETENTION, timeline);
    }
  }

  /** What one entry of the log does to a timeline. */
  private static final class Written {
    final TreeMap<Long, Integer> bytesById = new TreeMap<>();
    long rows;
    long valueBytes;
  }

  /** What was done to the rows of timelines; in the order of the first change, to be repeatable. */
  private static Map<ByteKey, Written> written(WriteBatch out) {
    Map<ByteKey, Written> all = new LinkedHashMap<>();
    for (int i = 0; i < out.size(); i++) {
      switch (out.type(i)) {
        case APPEND, PUT -> {
          Written written = all.computeIfAbsent(new ByteKey(out.key(i)), key -> new Written());
          int bytes = out.value(i).length;
          written.bytesById.put(out.sequenceId(i), bytes);
          written.rows++;
          written.valueBytes += bytes;
        }
        case DELETE ->
            all.computeIfAbsent(new ByteKey(out.key(i)), key -> new Written())
                .bytesById
                .put(out.sequenceId(i), RetentionRule.Pending.DELETED);
        case TRIM, DELETE_TIMELINE, PUT_RECORD, DELETE_RECORD -> {}
      }
    }
    return all;
  }
}
