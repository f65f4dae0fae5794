package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_NAME;

import com.google.common.base.Utf8;
import io.tideline.proto.v1.CommitCursorsRequest;
import io.tideline.proto.v1.CountUnreadRequest;
import io.tideline.proto.v1.GetCursorsRequest;
import io.tideline.proto.v1.ListCursorsRequest;

/** Rules for requests about cursors that hold whatever the store. */
final class CursorValidator {

  private static final FieldPath STORE = FieldPath.of("store");
  private static final FieldPath READER = FieldPath.of("reader");
  private static final FieldPath CURSORS = FieldPath.of("cursors");
  private static final FieldPath TIMELINES = FieldPath.of("timelines");
  private static final FieldPath READ = FieldPath.of("read");

  private CursorValidator() {}

  static void validate(CommitCursorsRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    Check.count(
        CURSORS, request.getCursorsCount(), Limits.TIMELINES_MAX, "commit them in several calls");
    for (int i = 0; i < request.getCursorsCount(); i++) {
      FieldPath path = CURSORS.index(i);
      reader(path.field("reader"), request.getCursors(i).getReader());
      TimelineValidator.validateNotExtreme(
          path.field("sequence_id"), request.getCursors(i).getSequenceId());
    }
  }

  static void validate(GetCursorsRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    reader(READER, request.getReader());
    TimelineValidator.validateTimelineCount(TIMELINES, request.getTimelinesCount());
    TimelineValidator.validateRead(READ, request.getRead());
  }

  static void validate(CountUnreadRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    reader(READER, request.getReader());
    TimelineValidator.validateTimelineCount(TIMELINES, request.getTimelinesCount());
    TimelineValidator.validateRead(READ, request.getRead());
  }

  static void validate(ListCursorsRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    if (request.hasLimit()) {
      Check.range(
          FieldPath.of("limit"),
          request.getLimit(),
          1,
          Limits.PAGE_ENTRIES_MAX,
          "leave it unset for " + Limits.PAGE_ENTRIES_DEFAULT);
    }
  }

  private static void reader(FieldPath path, String reader) {
    if (reader.isEmpty()) {
      throw Check.refuse(
          ERROR_REASON_INVALID_NAME,
          path,
          "",
          "1.." + Limits.READER_BYTES_MAX + " bytes",
          "is empty; name the reader with 1 to " + Limits.READER_BYTES_MAX + " bytes");
    }
    // A char takes at most three bytes of UTF-8, so most names need no counting.
    if (reader.length() * 3 > Limits.READER_BYTES_MAX) {
      Check.bytes(
          path,
          Utf8.encodedLength(reader),
          Limits.READER_BYTES_MAX,
          "use the id of a user or of a device");
    }
  }
}
