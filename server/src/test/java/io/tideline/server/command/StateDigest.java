package io.tideline.server.command;

import io.tideline.lsm.Direction;
import io.tideline.lsm.Engine;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RecordCursor;
import io.tideline.lsm.RowCursor;
import io.tideline.lsm.TimelineCursor;
import io.tideline.lsm.TimelineHead;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Everything a reader can see of an engine, as text lines: two equal states give equal lines. */
final class StateDigest {

  private StateDigest() {}

  static List<String> of(Engine engine) throws IOException {
    List<String> lines = new ArrayList<>();
    try (ReadView view = engine.view()) {
      lines.add(
          "time %d expireBefore %d"
              .formatted(view.state().timeMillis(), view.state().expireBeforeMillis()));
      try (TimelineCursor timelines = view.timelines(null, null)) {
        while (timelines.next()) {
          addTimeline(lines, view, timelines.key(), timelines.head());
        }
      }
      for (int table = 0; table <= RecordTables.RETENTION; table++) {
        try (RecordCursor records = view.records(table, null, null)) {
          while (records.next()) {
            lines.add(
                "record %d %s = %s expires %d"
                    .formatted(
                        table,
                        HexFormat.of().formatHex(records.key()),
                        HexFormat.of().formatHex(records.value()),
                        records.expiresAtMillis()));
          }
        }
      }
    }
    return lines;
  }

  private static void addTimeline(List<String> lines, ReadView view, byte[] key, TimelineHead head)
      throws IOException {
    String name = new String(key, StandardCharsets.UTF_8);
    lines.add("timeline " + name + " " + head);
    try (RowCursor row = view.scan(key, Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD)) {
      while (row.next()) {
        lines.add(
            "row %s %d at %d kind %d %s"
                .formatted(
                    name,
                    row.sequenceId(),
                    row.timestampMillis(),
                    row.kind(),
                    new String(row.value(), StandardCharsets.UTF_8)));
      }
    }
  }
}
