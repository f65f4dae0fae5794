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
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Compares everything a view shows with a {@link ModelStore}, as readable lines. */
public final class ModelCheck {

  private ModelCheck() {}

  /** Fails unless the view shows exactly the model. */
  public static void assertSame(ReadView view, ModelStore model) throws IOException {
    assertThat(view.state()).isEqualTo(model.state());
    List<byte[]> expectedKeys = model.timelines();
    List<String> expected = expectedKeys.stream().map(k -> hex(k) + " " + model.head(k)).toList();
    List<String> found = new ArrayList<>();
    try (TimelineCursor cursor = view.timelines(null, null)) {
      while (cursor.next()) {
        found.add(hex(cursor.key()) + " Optional[" + cursor.head() + "]");
      }
    }
    assertThat(found).as("timelines").isEqualTo(expected);
    for (byte[] key : expectedKeys) {
      assertThat(view.head(key)).as("head of %s", hex(key)).isEqualTo(model.head(key));
      assertThat(view.firstRetainedSequenceId(key))
          .as("first retained of %s", hex(key))
          .isEqualTo(model.firstRetained(key));
      assertSameRows(view, model, key, Long.MIN_VALUE, Long.MAX_VALUE);
    }
    for (int table = 0; table < WriteBatch.RECORD_TABLES_MAX; table++) {
      assertSameRecords(view, model, table);
    }
  }

  /** Compares a range of one timeline in both directions. */
  public static void assertSameRows(
      ReadView view, ModelStore model, byte[] key, long low, long high) throws IOException {
    List<String> expected = new ArrayList<>();
    for (Map.Entry<Long, ModelStore.Row> row : model.scan(key, low, high).entrySet()) {
      ModelStore.Row value = row.getValue();
      expected.add(line(row.getKey(), value.timestampMillis(), value.kind(), value.value()));
    }
    assertThat(rows(view, key, low, high, Direction.FORWARD))
        .as("%s forward [%d, %d)", hex(key), low, high)
        .isEqualTo(expected);
    Collections.reverse(expected);
    assertThat(rows(view, key, low, high, Direction.BACKWARD))
        .as("%s backward [%d, %d)", hex(key), low, high)
        .isEqualTo(expected);
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
    List<String> expected = new ArrayList<>();
    model
        .records(table)
        .forEach(
            (k, item) ->
                expected.add(
                    hex(k) + "=" + hex(item.value()) + " until " + item.expiresAtMillis()));
    List<String> found = new ArrayList<>();
    try (RecordCursor cursor = view.records(table, null, null)) {
      while (cursor.next()) {
        found.add(
            hex(cursor.key()) + "=" + hex(cursor.value()) + " until " + cursor.expiresAtMillis());
        assertThat(view.record(table, cursor.key())).contains(cursor.value());
      }
    }
    assertThat(found).as("records of table %d", table).isEqualTo(expected);
  }

  private static String hex(byte[] bytes) {
    return bytes.length <= 24
        ? HexFormat.of().formatHex(bytes)
        : HexFormat.of().formatHex(bytes, 0, 24)
            + "+"
            + bytes.length
            + "#"
            + java.util.Arrays.hashCode(bytes);
  }
}
