package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVERTED_RANGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUT_OF_RANGE;

import com.google.common.base.Utf8;
import io.tideline.manager.SequenceMode;
import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.BatchAppendItem;
import io.tideline.proto.v1.BatchAppendRequest;
import io.tideline.proto.v1.DeleteRequest;
import io.tideline.proto.v1.DeleteTimelineRequest;
import io.tideline.proto.v1.FanOutRequest;
import io.tideline.proto.v1.GetRequest;
import io.tideline.proto.v1.HeadsRequest;
import io.tideline.proto.v1.LatestRequest;
import io.tideline.proto.v1.PutRequest;
import io.tideline.proto.v1.ReadConsistency;
import io.tideline.proto.v1.ReadOptions;
import io.tideline.proto.v1.RecallRequest;
import io.tideline.proto.v1.RouteHint;
import io.tideline.proto.v1.ScanDirection;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.SyncRequest;
import io.tideline.proto.v1.TailRequest;
import io.tideline.proto.v1.TrimRequest;
import io.tideline.proto.v1.UpdateRequest;
import java.util.List;

/**
 * Rules for requests about timelines that hold whatever the store. What depends on the store, its
 * identifier schema ({@link Identifiers}) and its sequence mode (below), is checked once it is
 * known.
 */
final class TimelineValidator {

  private static final FieldPath STORE = FieldPath.of("store");
  private static final FieldPath MESSAGE = FieldPath.of("message");
  private static final FieldPath ITEMS = FieldPath.of("items");
  private static final FieldPath SEQUENCE_ID = FieldPath.of("sequence_id");

  private final MessageValidator messages;

  TimelineValidator(MessageValidator messages) {
    this.messages = messages;
  }

  // --- Writes ---

  void validate(AppendRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    messages.validate(MESSAGE, request.hasMessage(), request.getMessage());
    validateAppend(
        FieldPath.ROOT,
        request.getMessageKey(),
        request.getExpectedLastSequenceId(),
        request.getFirstAttemptTimeMs());
    validateRoute(request.getRoute());
  }

  void validate(BatchAppendRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    Check.count(ITEMS, request.getItemsCount(), Limits.BATCH_ITEMS_MAX, "send several batches");
    for (int i = 0; i < request.getItemsCount(); i++) {
      BatchAppendItem item = request.getItems(i);
      FieldPath path = ITEMS.index(i);
      messages.validate(path.field("message"), item.hasMessage(), item.getMessage());
      validateAppend(
          path,
          item.getMessageKey(),
          item.getExpectedLastSequenceId(),
          item.getFirstAttemptTimeMs());
    }
    Check.bytes(ITEMS, request.getSerializedSize(), Limits.BATCH_BYTES_MAX, "send several batches");
    validateRoute(request.getRoute());
  }

  void validate(FanOutRequest request) {
    StoreValidator.validateName(FieldPath.of("inbox_store"), request.getInboxStore());
    if (request.hasConversation()) {
      StoreValidator.validateName(
          FieldPath.of("conversation").field("store"), request.getConversation().getStore());
    }
    Check.required(
        !request.getMessageKey().isEmpty(),
        FieldPath.of("message_key"),
        "give the fan-out a key, so that it can be repeated until every target has the message");
    messages.validate(MESSAGE, request.hasMessage(), request.getMessage());
    validateAppend(FieldPath.ROOT, request.getMessageKey(), 0, request.getFirstAttemptTimeMs());
    Check.count(
        FieldPath.of("inboxes"),
        request.getInboxesCount(),
        Limits.FAN_OUT_INBOXES_MAX,
        "send several fan-outs with the same message_key, each to some of the inboxes");
  }

  void validate(PutRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    validateNotExtreme(SEQUENCE_ID, request.getSequenceId());
    messages.validate(MESSAGE, request.hasMessage(), request.getMessage());
    validateRoute(request.getRoute());
  }

  void validate(TrimRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    validateNotExtreme(FieldPath.of("through_sequence_id"), request.getThroughSequenceId());
    validateRoute(request.getRoute());
  }

  void validate(UpdateRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    validateNotExtreme(SEQUENCE_ID, request.getSequenceId());
    messages.validateChange(request.getSetFieldsMap(), request.getRemoveFieldsList());
    FilterValidator.validate(
        FieldPath.of("condition"), request.hasCondition(), request.getCondition());
    validateRoute(request.getRoute());
  }

  void validate(RecallRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    validateNotExtreme(SEQUENCE_ID, request.getSequenceId());
    validateRoute(request.getRoute());
  }

  void validate(DeleteRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    validateNotExtreme(SEQUENCE_ID, request.getSequenceId());
    validateRoute(request.getRoute());
  }

  void validate(DeleteTimelineRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    validateRoute(request.getRoute());
  }

  private static void validateAppend(
      FieldPath path, String messageKey, long expectedLast, long firstAttemptMillis) {
    // A char takes at most three bytes of UTF-8, so most keys need no counting.
    if (messageKey.length() * 3 > Limits.MESSAGE_KEY_BYTES_MAX) {
      Check.bytes(
          path.field("message_key"),
          Utf8.encodedLength(messageKey),
          Limits.MESSAGE_KEY_BYTES_MAX,
          "use a UUID or a hash of your key");
    }
    Check.range(
        path.field("expected_last_sequence_id"),
        expectedLast,
        0,
        Limits.SEQUENCE_ID_ABOVE_ALL - 1,
        "0 stands for a timeline that never had an entry");
    Check.range(
        path.field("first_attempt_time_ms"),
        firstAttemptMillis,
        0,
        Long.MAX_VALUE,
        "give milliseconds since the Unix epoch, or 0 if unknown");
  }

  // --- Reads ---

  void validate(GetRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    validateNotExtreme(SEQUENCE_ID, request.getSequenceId());
    FilterValidator.validate(FieldPath.of("projection"), request.getProjection());
    validateRead(FieldPath.of("read"), request.getRead());
    validateRoute(request.getRoute());
  }

  void validate(ScanRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    Check.known(
        FieldPath.of("direction"),
        request.getDirection(),
        request.getDirectionValue(),
        ScanDirection.SCAN_DIRECTION_BACKWARD_VALUE);
    validateRange(request);
    validatePage(
        request.hasLimit(), request.getLimit(), request.hasLimitBytes(), request.getLimitBytes());
    FilterValidator.validate(FieldPath.of("filter"), request.hasFilter(), request.getFilter());
    FilterValidator.validate(FieldPath.of("projection"), request.getProjection());
    validateRead(FieldPath.of("read"), request.getRead());
    validateRoute(request.getRoute());
  }

  void validate(LatestRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    validateTimelineCount(FieldPath.of("timelines"), request.getTimelinesCount());
    FilterValidator.validate(FieldPath.of("projection"), request.getProjection());
    validateRead(FieldPath.of("read"), request.getRead());
  }

  void validate(HeadsRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    validateTimelineCount(FieldPath.of("timelines"), request.getTimelinesCount());
    validateRead(FieldPath.of("read"), request.getRead());
  }

  void validate(TailRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    validatePositions(request.getPositionsList());
    FilterValidator.validate(FieldPath.of("projection"), request.getProjection());
    Tails.validateHeartbeat(request.getHeartbeatIntervalMs());
  }

  void validate(SyncRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    validatePositions(request.getPositionsList());
    validatePage(
        request.hasLimit(), request.getLimit(), request.hasLimitBytes(), request.getLimitBytes());
    if (request.hasLimitPerTimeline()) {
      Check.range(
          FieldPath.of("limit_per_timeline"),
          request.getLimitPerTimeline(),
          1,
          Limits.PAGE_ENTRIES_MAX,
          "leave it unset for " + Limits.SYNC_ENTRIES_PER_TIMELINE_DEFAULT);
    }
    FilterValidator.validate(FieldPath.of("projection"), request.getProjection());
    validateRead(FieldPath.of("read"), request.getRead());
  }

  private static void validatePositions(List<SyncPosition> given) {
    FieldPath positions = FieldPath.of("positions");
    validateTimelineCount(positions, given.size());
    for (int i = 0; i < given.size(); i++) {
      validateNotExtreme(
          positions.index(i).field("after_sequence_id"), given.get(i).getAfterSequenceId());
    }
  }

  private static void validateRange(ScanRequest request) {
    FieldPath from = FieldPath.of("from_sequence_id");
    if (request.hasFromTimeMs()) {
      FieldPath fromTime = FieldPath.of("from_time_ms");
      Check.range(
          fromTime,
          request.getFromTimeMs(),
          0,
          Long.MAX_VALUE,
          "give milliseconds since the epoch");
      if (request.hasFromSequenceId()) {
        throw Check.refuse(
            ERROR_REASON_OUT_OF_RANGE,
            fromTime,
            request.getFromTimeMs(),
            "not together with from_sequence_id",
            "and from_sequence_id are both set; begin at a time or at an id");
      }
    }
    if (request.hasFromSequenceId()) {
      validateNotExtreme(from, request.getFromSequenceId());
    }
    if (request.hasToSequenceId()) {
      validateNotExtreme(FieldPath.of("to_sequence_id"), request.getToSequenceId());
    }
    if (request.hasFromSequenceId()
        && request.hasToSequenceId()
        && request.getFromSequenceId() > request.getToSequenceId()) {
      throw Check.refuse(
          ERROR_REASON_INVERTED_RANGE,
          from,
          request.getFromSequenceId(),
          "at most to_sequence_id, " + request.getToSequenceId(),
          "is "
              + request.getFromSequenceId()
              + ", beyond to_sequence_id "
              + request.getToSequenceId()
              + "; give the range from the smaller to the larger id, and use direction BACKWARD to"
              + " read it from its end");
    }
  }

  private static void validatePage(
      boolean hasLimit, int limit, boolean hasLimitBytes, int limitBytes) {
    if (hasLimit) {
      Check.range(
          FieldPath.of("limit"),
          limit,
          1,
          Limits.PAGE_ENTRIES_MAX,
          "leave it unset for the default, and read on from next_sequence_id");
    }
    if (hasLimitBytes) {
      Check.range(
          FieldPath.of("limit_bytes"),
          limitBytes,
          1,
          Limits.PAGE_BYTES_MAX,
          "leave it unset for " + Limits.PAGE_BYTES_DEFAULT);
    }
  }

  static void validateTimelineCount(FieldPath path, int count) {
    Check.count(path, count, Limits.TIMELINES_MAX, "ask for fewer timelines at once");
  }

  static void validateRead(FieldPath path, ReadOptions options) {
    Check.known(
        path.field("consistency"),
        options.getConsistency(),
        options.getConsistencyValue(),
        ReadConsistency.READ_CONSISTENCY_SESSION_VALUE);
    if (!options.getSessionToken().isEmpty()) {
      SessionToken.decode(path.field("session_token"), options.getSessionToken());
    }
  }

  static void validateRoute(RouteHint route) {
    FieldPath path = FieldPath.of("route");
    Check.range(
        path.field("partition_id"),
        route.getPartitionId(),
        0,
        Long.MAX_VALUE,
        "leave the route unset to let the server find the partition");
  }

  static void validateNotExtreme(FieldPath path, long sequenceId) {
    Check.range(
        path,
        sequenceId,
        Limits.SEQUENCE_ID_BELOW_ALL + 1,
        Limits.SEQUENCE_ID_ABOVE_ALL - 1,
        "the two extreme numbers are reserved as the open bounds of ranges");
  }

  // --- What depends on the store's sequence mode ---

  /** An id that an entry of the store can have. */
  static void validateEntryId(FieldPath path, long sequenceId, SequenceMode mode) {
    if (mode != SequenceMode.MANUAL) {
      Check.range(
          path,
          sequenceId,
          1,
          Limits.SEQUENCE_ID_ABOVE_ALL - 1,
          "ids of a " + mode + " store begin at 1");
    }
  }

  /** A bound or position: an id, or 0 for "before the first". */
  static void validatePosition(FieldPath path, long sequenceId, SequenceMode mode) {
    if (mode != SequenceMode.MANUAL) {
      Check.range(
          path,
          sequenceId,
          0,
          Limits.SEQUENCE_ID_ABOVE_ALL - 1,
          "ids of a " + mode + " store begin at 1; 0 stands before the first");
    }
  }
}
