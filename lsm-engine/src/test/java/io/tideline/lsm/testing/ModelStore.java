package io.tideline.lsm.testing;

import io.tideline.lsm.EngineState;
import io.tideline.lsm.KeyRange;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.RetentionRule;
import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.WriteBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What an engine must hold, in the plainest form: sorted maps, nothing removed before it must be.
 * Copies are cheap enough to keep one per log position of a test.
 */
public final class ModelStore {

  /** A row as written. */
  public record Row(long timestampMillis, int kind, byte[] value) {}

  /** A record as written. */
  public record Item(byte[] value, long expiresAtMillis) {}

  private static final class Timeline {
    final TreeMap<Long, Row> rows = new TreeMap<>();
    @Nullable TimelineHead head;
    long trim = TimelineHead.NOTHING_TRIMMED;

    Timeline copy() {
      Timeline copy = new Timeline();
      copy.rows.putAll(rows);
      copy.head = head;
      copy.trim = trim;
      return copy;
    }
  }

  private final TreeMap<byte[], Timeline> timelines = new TreeMap<>(Arrays::compareUnsigned);
  private final List<TreeMap<byte[], Item>> records = new ArrayList<>();
  private EngineState state = EngineState.EMPTY;

  public ModelStore() {
    for (int i = 0; i < WriteBatch.RECORD_TABLES_MAX; i++) {
      records.add(new TreeMap<>(Arrays::compareUnsigned));
    }
  }

  public ModelStore copy() {
    ModelStore copy = new ModelStore();
    timelines.forEach((key, timeline) -> copy.timelines.put(key, timeline.copy()));
    for (int i = 0; i < records.size(); i++) {
      copy.records.get(i).putAll(records.get(i));
    }
    copy.state = state;
    return copy;
  }

  public EngineState state() {
    return state;
  }

  /** What a part of a split holds; by the time and watermark of the whole. */
  public ModelStore part(
      KeyRange range, Set<Integer> copiedTables, LogPosition position, byte[] configuration) {
    ModelStore part = new ModelStore();
    timelines.forEach(
        (key, timeline) -> {
          if (range.contains(key)) {
            part.timelines.put(key, timeline.copy());
          }
        });
    for (int i = 0; i < records.size(); i++) {
      boolean whole = copiedTables.contains(i);
      TreeMap<byte[], Item> to = part.records.get(i);
      records
          .get(i)
          .forEach(
              (key, item) -> {
                if (whole || range.contains(key)) {
                  to.put(key, item);
                }
              });
    }
    part.state =
        new EngineState(position, configuration, state.timeMillis(), state.expireBeforeMillis());
    return part;
  }

  public void apply(WriteBatch batch) {
    for (WriteBatch.Op op : batch.ops()) {
      apply(op);
    }
    byte[] configuration = batch.configuration();
    state =
        new EngineState(
            batch.position(),
            configuration == null ? state.configuration() : configuration,
            Math.max(state.timeMillis(), batch.timeMillis()),
            Math.max(state.expireBeforeMillis(), batch.expireBeforeMillis()));
  }

  private void apply(WriteBatch.Op op) {
    switch (op) {
      case WriteBatch.Op.Append o ->
          append(o.timeline(), o.sequenceId(), o.timestampMillis(), o.kind(), o.value());
      case WriteBatch.Op.Put o -> {
        Timeline timeline = timeline(o.timeline());
        if (timeline.head == null || o.sequenceId() > timeline.head.lastSequenceId()) {
          append(o.timeline(), o.sequenceId(), o.timestampMillis(), o.kind(), o.value());
        } else {
          timeline.rows.put(o.sequenceId(), new Row(o.timestampMillis(), o.kind(), o.value()));
        }
      }
      case WriteBatch.Op.Delete o -> timeline(o.timeline()).rows.remove(o.sequenceId());
      case WriteBatch.Op.Trim o -> {
        Timeline timeline = timeline(o.timeline());
        timeline.trim = Math.max(timeline.trim, o.throughSequenceId());
      }
      case WriteBatch.Op.DeleteTimeline o -> deleteTimeline(timeline(o.timeline()));
      case WriteBatch.Op.PutRecord o ->
          records.get(o.table()).put(o.key(), new Item(o.value(), o.expiresAtMillis()));
      case WriteBatch.Op.DeleteRecord o -> records.get(o.table()).remove(o.key());
    }
  }

  private Timeline timeline(byte[] key) {
    return timelines.computeIfAbsent(key, k -> new Timeline());
  }

  private void append(byte[] key, long id, long millis, int kind, byte[] value) {
    Timeline timeline = timeline(key);
    TimelineHead old = timeline.head;
    long count = old == null ? 0 : old.appendedCount();
    long epoch = old == null ? 0 : old.epoch();
    timeline.head = new TimelineHead(id, 0, count + 1, epoch, millis);
    timeline.rows.put(id, new Row(millis, kind, value));
  }

  private static void deleteTimeline(Timeline timeline) {
    TimelineHead old = timeline.head;
    if (old != null) {
      timeline.trim = Math.max(timeline.trim, old.lastSequenceId());
      timeline.head =
          new TimelineHead(
              old.lastSequenceId(),
              0,
              old.appendedCount(),
              old.epoch() + 1,
              old.lastAppendMillis());
    }
  }

  public Optional<TimelineHead> head(byte[] key) {
    Timeline timeline = timelines.get(key);
    if (timeline == null || timeline.head == null) {
      return Optional.empty();
    }
    TimelineHead head = timeline.head;
    return Optional.of(
        new TimelineHead(
            head.lastSequenceId(),
            timeline.trim,
            head.appendedCount(),
            head.epoch(),
            head.lastAppendMillis()));
  }

  /** Visible rows of a timeline with ids in {@code [low, high)}, ascending. */
  public TreeMap<Long, Row> scan(byte[] key, long low, long high) {
    TreeMap<Long, Row> visible = new TreeMap<>();
    Timeline timeline = timelines.get(key);
    if (timeline != null && low < high) {
      timeline
          .rows
          .subMap(low, true, high, false)
          .forEach(
              (id, row) -> {
                if (id > timeline.trim && row.timestampMillis() >= state.expireBeforeMillis()) {
                  visible.put(id, row);
                }
              });
    }
    return visible;
  }

  public Optional<Long> firstRetained(byte[] key) {
    return head(key)
        .map(
            head -> {
              TreeMap<Long, Row> rows = scan(key, Long.MIN_VALUE, Long.MAX_VALUE);
              return rows.isEmpty() ? head.lastSequenceId() + 1 : rows.firstKey();
            });
  }

  /** The newest row that goes by a rule, if one does: the answer a view has to give. */
  public OptionalLong trimThrough(RetentionRule rule, byte[] key) {
    long rows = 0;
    long bytes = 0;
    for (Map.Entry<Long, Row> row :
        scan(key, Long.MIN_VALUE, Long.MAX_VALUE).descendingMap().entrySet()) {
      rows++;
      bytes += row.getValue().value().length;
      if (rows > rule.rows() || (rows > 1 && bytes > rule.valueBytes())) {
        return OptionalLong.of(row.getKey());
      }
    }
    return OptionalLong.empty();
  }

  /** Keys of timelines that ever had a row, ascending. */
  public List<byte[]> timelines() {
    return timelines.keySet().stream().filter(key -> head(key).isPresent()).toList();
  }

  /** Live records of a table. */
  public TreeMap<byte[], Item> records(int table) {
    TreeMap<byte[], Item> live = new TreeMap<>(Arrays::compareUnsigned);
    records
        .get(table)
        .forEach(
            (key, item) -> {
              if (item.expiresAtMillis() > state.timeMillis()) {
                live.put(key, item);
              }
            });
    return live;
  }
}
