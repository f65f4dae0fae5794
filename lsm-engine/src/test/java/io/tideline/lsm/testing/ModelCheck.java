package io.tideline.lsm.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.Direction;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RecordCursor;
import io.tideline.lsm.RowCursor;
import io.tideline.lsm.TimelineCursor;
import io.tideline.lsm.WriteBatch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;

/** Compares everything a view shows with a {@link ModelStore}, as readable lines. */
public final class ModelCheck {

  private ModelCheck() {}

  /** Fails unless the view shows exactly the model. */
  public static void assertSame(ReadView view, ModelStore model) throws IOException {
    assertThat(view.state()).isEqualTo(model.state());
    List<byte[]> expectedKeys = model.timelines();
    try (TimelineCursor cursor = view.timelines(null, null)) {
      for (byte[] key : expectedKeys) {
        assertThat(cursor.next()).as("timeline %s is listed", hex(key)).isTrue();
        if (!Arrays.equals(cursor.key(), key)) {
          assertThat(hex(cursor.key())).as("the next timeline").isEqualTo(hex(key));
        }
        assertThat(cursor.head()).isEqualTo(model.head(key).orElseThrow());
      }
      assertThat(cursor.next()).as("a timeline after the last").isFalse();
    }
    for (byte[] key : expectedKeys) { // The messages are made only for what differs.
      if (!view.head(key).equals(model.head(key))
          || !view.firstRetainedSequenceId(key).equals(model.firstRetained(key))) {
        assertThat(view.head(key)).as("head of %s", hex(key)).isEqualTo(model.head(key));
        assertThat(view.firstRetainedSequenceId(key))
            .as("first retained of %s", hex(key))
            .isEqualTo(model.firstRetained(key));
      }
      assertSameRows(view, model, key, Long.MIN_VALUE, Long.MAX_VALUE);
    }
    for (int table = 0; table < WriteBatch.RECORD_TABLES_MAX; table++) {
      assertSameRecords(view, model, table);
    }
  }

  /** Compares a range of one timeline in both directions. */
  public static void assertSameRows(
      ReadView view, ModelStore model, byte[] key, long low, long high) throws IOException {
    NavigableMap<Long, ModelStore.Row> expected = model.scan(key, low, high);
    for (Direction direction : Direction.values()) {
      NavigableMap<Long, ModelStore.Row> inOrder =
          direction == Direction.FORWARD ? expected : expected.descendingMap();
      if (!shows(view, inOrder, key, low, high, direction)) {
        List<String> lines = new ArrayList<>();
        inOrder.forEach(
            (id, row) -> lines.add(line(id, row.timestampMillis(), row.kind(), row.value())));
        assertThat(rows(view, key, low, high, direction))
            .as("%s %s [%d, %d)", hex(key), direction, low, high)
            .isEqualTo(lines);
        throw new AssertionError("a scan of " + hex(key) + " differed once, then no more");
      }
    }
  }

  /** Compares without making text, for most comparisons find no difference. */
  private static boolean shows(
      ReadView view,
      NavigableMap<Long, ModelStore.Row> inOrder,
      byte[] key,
      long low,
      long high,
      Direction direction)
      throws IOException {
    try (RowCursor cursor = view.scan(key, low, high, direction)) {
      for (Map.Entry<Long, ModelStore.Row> entry : inOrder.entrySet()) {
        ModelStore.Row row = entry.getValue();
        if (!cursor.next()
            || cursor.sequenceId() != entry.getKey()
            || cursor.timestampMillis() != row.timestampMillis()
            || cursor.kind() != row.kind()
            || !Arrays.equals(cursor.value(), row.value())) {
          return false;
        }
      }
      return !cursor.next();
    }
  }

  /** All rows of a scan as lines. */
  public static List<String> rows(
      ReadView view, byte[] key, long low, long high, Direction direction) throws IOException {
    List<String> lines = new ArrayList<>();
    try (RowCursor cursor = view.scan(key, low, high, direction)) {
      while (cursor.next()) {
        lines.add(
            line(cursor.sequenceId(), cursor.timestampMillis(), cursor.kind(), cursor.value()));
      }
    }
    return lines;
  }

  private static String line(long id, long millis, int kind, byte[] value) {
    return id + " @" + millis + " kind=" + kind + " " + hex(value);
  }

  private static void assertSameRecords(ReadView view, ModelStore model, int table)
      throws IOException {
    Map<byte[], ModelStore.Item> expected = model.records(table);
    boolean same = true;
    var next = expected.entrySet().iterator();
    try (RecordCursor cursor = view.records(table, null, null)) {
      while (cursor.next()) {
        Map.Entry<byte[], ModelStore.Item> item = next.hasNext() ? next.next() : null;
        same &=
            item != null
                && Arrays.equals(cursor.key(), item.getKey())
                && Arrays.equals(cursor.value(), item.getValue().value())
                && cursor.expiresAtMillis() == item.getValue().expiresAtMillis()
                && Arrays.equals(view.record(table, cursor.key()).orElse(null), cursor.value());
      }
    }
    if (!same || next.hasNext()) {
      List<String> lines = new ArrayList<>();
      expected.forEach((key, item) -> lines.add(line(key, item.value(), item.expiresAtMillis())));
      assertThat(recordLines(view, table)).as("records of table %d", table).isEqualTo(lines);
      throw new AssertionError("a record by its key differs from the list of table " + table);
    }
  }

  private static List<String> recordLines(ReadView view, int table) throws IOException {
    List<String> lines = new ArrayList<>();
    try (RecordCursor cursor = view.records(table, null, null)) {
      while (cursor.next()) {
        lines.add(line(cursor.key(), cursor.value(), cursor.expiresAtMillis()));
      }
    }
    return lines;
  }

  private static String line(byte[] key, byte[] value, long expiresAtMillis) {
    return hex(key) + "=" + hex(value) + " until " + expiresAtMillis;
  }

  private static String hex(byte[] bytes) {
    return bytes.length <= 24
        ? HexFormat.of().formatHex(bytes)
        : HexFormat.of().formatHex(bytes, 0, 24)
            + "+"
            + bytes.length
            + "#"
            + Arrays.hashCode(bytes);
  }
}
