package io.tideline.tools.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.Coverage;
import io.tideline.client.Entry;
import io.tideline.client.EntryKind;
import io.tideline.client.TidelineException;
import io.tideline.client.TimelineHead;
import io.tideline.client.TimelineKey;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.Json;
import java.util.List;
import java.util.Locale;

/** Entries, coverages and heads as JSON objects, and which columns show them. */
final class EntryJson {
  static final List<Column> ENTRY_COLUMNS =
      List.of(
          Column.number("ID", "sequence_id"),
          Column.time("APPENDED", "append_time_ms"),
          new Column("CONTENT", false, EntryJson::content));

  static final List<Column> HEAD_COLUMNS =
      List.of(
          Column.text("TIMELINE", "timeline"),
          Column.number("LAST", "last_sequence_id"),
          Column.number("FIRST RETAINED", "first_retained_sequence_id"),
          Column.number("TRIMMED", "trimmed_through_sequence_id"),
          Column.number("APPENDED", "appended_count"),
          Column.time("LAST APPEND", "last_append_time_ms"),
          Column.text("ERROR", "error"));

  private EntryJson() {}

  static String content(ObjectNode row) {
    if (row.path("recalled").asBoolean()) {
      return "(recalled)";
    }
    if (row.has("change")) {
      return "(entry "
          + row.path("target_sequence_id").asLong()
          + " "
          + row.path("change").asText()
          + ")";
    }
    return row.has("fields") ? Json.write(row.path("fields")) : row.path("error").asText();
  }

  static ObjectNode write(Entry entry) {
    ObjectNode json = Json.object();
    json.put("sequence_id", entry.sequenceId());
    json.put("append_time_ms", entry.appendTime().toEpochMilli());
    json.put("kind", entry.kind().name().toLowerCase(Locale.ROOT));
    if (entry.revision() > 0) {
      json.put("revision", entry.revision());
    }
    if (entry.recalled()) {
      json.put("recalled", true);
    }
    if (entry.kind() == EntryKind.CHANGE) {
      json.put("target_sequence_id", entry.targetSequenceId());
      json.put("change", entry.changeType().name().toLowerCase(Locale.ROOT));
    }
    json.set("fields", ValueJson.write(entry.message()));
    return json;
  }

  static ObjectNode write(Coverage coverage) {
    return Json.object()
        .put("status", coverage.status().name().toLowerCase(Locale.ROOT))
        .put("last_sequence_id", coverage.lastSequenceId())
        .put("first_retained_sequence_id", coverage.firstRetainedSequenceId())
        .put("next_sequence_id", coverage.nextSequenceId())
        .put("timeline_exists", coverage.timelineExists())
        .put("has_more", coverage.hasMore());
  }

  /** What a read covered, for people. */
  static String sentence(Coverage coverage) {
    if (!coverage.timelineExists()) {
      return "This timeline never had an entry.";
    }
    String more =
        coverage.hasMore() ? "; there may be more from id " + coverage.nextSequenceId() : "";
    String range =
        "The timeline's last id is "
            + coverage.lastSequenceId()
            + ", the first retained "
            + coverage.firstRetainedSequenceId()
            + ".";
    return switch (coverage.status()) {
      case COMPLETE -> "Complete. " + range;
      case MORE -> "Limit reached" + more + ". " + range;
      case TRIMMED ->
          "TRIMMED: what was asked for below id "
              + coverage.firstRetainedSequenceId()
              + " is gone for good"
              + more
              + ". "
              + range;
      case ERROR -> "The timeline could not be read.";
      case UNKNOWN -> "The node is newer than this program: take it as incomplete. " + range;
    };
  }

  static ObjectNode write(TimelineHead head) {
    ObjectNode json = Json.object();
    json.put("timeline", IdentifierText.write(head.timeline().identifier()));
    json.put("exists", head.exists());
    json.put("last_sequence_id", head.lastSequenceId());
    json.put("first_retained_sequence_id", head.firstRetainedSequenceId());
    head.trimmedThroughSequenceId().ifPresent(id -> json.put("trimmed_through_sequence_id", id));
    json.put("appended_count", head.appendedCount());
    json.put("epoch", head.epoch());
    json.put("last_append_time_ms", head.lastAppendTime().toEpochMilli());
    return json;
  }

  static ObjectNode failed(TimelineKey timeline, TidelineException error) {
    return Json.object()
        .put("timeline", IdentifierText.write(timeline.identifier()))
        .put("error", String.valueOf(error.getMessage()));
  }
}
