package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_ENTRY_NOT_FOUND;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_NOT_RETAINED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_SEQUENCE_MODE;

import io.tideline.lsm.Direction;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RowCursor;
import io.tideline.manager.SequenceMode;
import io.tideline.manager.StoreDescriptor;
import io.tideline.proto.v1.Coverage;
import io.tideline.proto.v1.CoverageStatus;
import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.GetRequest;
import io.tideline.proto.v1.GetResponse;
import io.tideline.proto.v1.ScanDirection;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.ScanResponse;
import io.tideline.proto.v1.TimelineId;
import io.tideline.proto.v1.TimelineServiceGrpc;
import io.tideline.server.replica.Partition;
import io.tideline.server.service.Marshallers.Reply;
import java.io.IOException;
import java.util.Optional;

/** The reads of TimelineService that are about one timeline. */
final class TimelineReads {

  private static final FieldPath TIMELINE = FieldPath.of("timeline");

  private final Stores stores;
  private final Forwarding forwarding;
  private final TimelineValidator validator;

  TimelineReads(Stores stores, Forwarding forwarding, TimelineValidator validator) {
    this.stores = stores;
    this.forwarding = forwarding;
    this.validator = validator;
  }

  Reply get(GetRequest request, CallContext context) throws Exception {
    validator.validate(request);
    StoreDescriptor store = stores.require(request.getStore());
    byte[] key =
        Identifiers.encode(TIMELINE, request.hasTimeline(), request.getTimeline(), store.schema());
    long id = request.getSequenceId();
    TimelineValidator.validateEntryId(
        FieldPath.of("sequence_id"), id, store.options().sequenceMode());
    Partition partition = stores.route(store, key, request.getRoute());
    Optional<Reply> elsewhere =
        forwarding.read(
            store.partitionOf(key), TimelineServiceGrpc.getGetMethod(), request, context);
    if (elsewhere.isPresent()) {
      context.reserve(elsewhere.get().size());
      return elsewhere.get();
    }
    Reads reads = new Reads(request.getRead(), context);
    try (ReadView view = reads.view(partition)) {
      TimelineFacts facts = TimelineFacts.read(view, key, store);
      try (RowCursor rows = view.scan(key, id, id + 1, Direction.FORWARD)) {
        if (!rows.next()) {
          throw missing(store.name(), request.getTimeline(), id, facts).toException();
        }
        context.reserve(rows.valueSize());
        Entry entry = Projector.apply(request.getProjection(), PageReader.decode(rows));
        return Reply.of(
            GetResponse.newBuilder()
                .setEntry(entry)
                .setCoverage(
                    PageReader.of(
                        facts,
                        CoverageStatus.COVERAGE_STATUS_COMPLETE,
                        Saturated.plusOne(id),
                        id < facts.lastSequenceId()))
                .setSessionToken(reads.token())
                .build());
      }
    }
  }

  /** Why an entry cannot be read: it is gone, or there never was one, or it was deleted. */
  static Failure missing(String store, TimelineId timeline, long id, TimelineFacts facts) {
    boolean gone = facts.hasGone(id, Saturated.plusOne(id));
    String state =
        facts.exists()
            ? "ids "
                + facts.firstRetained()
                + ".."
                + facts.lastSequenceId()
                + " are retained, counted by their bounds"
            : "the timeline never had an entry";
    return Failure.of(
            gone ? ERROR_REASON_NOT_RETAINED : ERROR_REASON_ENTRY_NOT_FOUND,
            (gone
                    ? "entry " + id + " has expired or was trimmed; "
                    : "there is no entry " + id + "; ")
                + state)
        .withStore(store)
        .withTimeline(timeline)
        .withField("sequence_id")
        .withValue(Long.toString(id));
  }

  Reply scan(ScanRequest request, CallContext context) throws Exception {
    validator.validate(request);
    StoreDescriptor store = stores.require(request.getStore());
    SequenceMode mode = store.options().sequenceMode();
    byte[] key =
        Identifiers.encode(TIMELINE, request.hasTimeline(), request.getTimeline(), store.schema());
    validateBounds(request, mode);
    Partition partition = stores.route(store, key, request.getRoute());
    int bytesMax = pageBytes(request.hasLimitBytes(), request.getLimitBytes());
    context.reserve(bytesMax);
    Optional<Reply> elsewhere =
        forwarding.read(
            store.partitionOf(key), TimelineServiceGrpc.getScanMethod(), request, context);
    if (elsewhere.isPresent()) {
      return elsewhere.get();
    }
    ReplyBuffer reply = new ReplyBuffer();
    Reads reads = new Reads(request.getRead(), context);
    try (ReadView view = reads.view(partition)) {
      TimelineFacts facts = TimelineFacts.read(view, key, store);
      PageRequest page = page(request, view, key, facts, bytesMax);
      Coverage coverage =
          new PageReader(page, facts, reply, ScanResponse.ENTRIES_FIELD_NUMBER).read(view, key);
      reply.append(
          ScanResponse.newBuilder().setCoverage(coverage).setSessionToken(reads.token()).build());
      return reply.toReply();
    }
  }

  private static void validateBounds(ScanRequest request, SequenceMode mode) {
    TimelineValidator.validatePosition(
        FieldPath.of("from_sequence_id"), request.getFromSequenceId(), mode);
    TimelineValidator.validatePosition(
        FieldPath.of("to_sequence_id"), request.getToSequenceId(), mode);
    if (request.hasFromTimeMs() && mode == SequenceMode.MANUAL) {
      throw Check.refuse(
          ERROR_REASON_SEQUENCE_MODE,
          FieldPath.of("from_time_ms"),
          request.getFromTimeMs(),
          "DENSE or MONOTONIC stores",
          "needs ids that rise with time, which those of a MANUAL store need not; scan by id");
    }
  }

  private static PageRequest page(
      ScanRequest request, ReadView view, byte[] key, TimelineFacts facts, int bytesMax)
      throws IOException {
    long low = firstIdOf(facts.mode());
    boolean lowGiven = request.hasFromSequenceId();
    if (lowGiven) {
      low = Math.max(low, request.getFromSequenceId());
    } else if (request.hasFromTimeMs()) {
      low = PageReader.firstAtOrAfter(view, key, facts, request.getFromTimeMs());
      // Only what was appended since is missed; what expired before that time was not asked for.
      if (low == facts.firstRetained() && mayMissSince(facts, request.getFromTimeMs())) {
        low = firstIdOf(facts.mode());
        lowGiven = true;
      }
    }
    return new PageRequest(
        request.getDirection() == ScanDirection.SCAN_DIRECTION_BACKWARD
            ? Direction.BACKWARD
            : Direction.FORWARD,
        low,
        request.hasToSequenceId() ? request.getToSequenceId() : Limits.SEQUENCE_ID_ABOVE_ALL,
        lowGiven,
        request.hasLimit() ? request.getLimit() : Limits.PAGE_ENTRIES_DEFAULT,
        bytesMax,
        request.hasFilter() ? request.getFilter() : null,
        request.getProjection());
  }

  private static boolean mayMissSince(TimelineFacts facts, long timeMillis) {
    boolean trimmed = facts.trimmedThrough() != io.tideline.lsm.TimelineHead.NOTHING_TRIMMED;
    return trimmed || timeMillis < facts.expireBeforeMillis();
  }

  /** The smallest id an entry can have. */
  static long firstIdOf(SequenceMode mode) {
    return mode == SequenceMode.MANUAL ? Limits.SEQUENCE_ID_BELOW_ALL + 1 : 1;
  }

  /**
   * The byte budget of a page, so that the whole reply stays within what clients take by default.
   */
  static int pageBytes(boolean given, int limitBytes) {
    int asked = given ? limitBytes : Limits.PAGE_BYTES_DEFAULT;
    return Math.min(asked, Limits.PAGE_BYTES_MAX - Limits.REPLY_OVERHEAD_BYTES);
  }
}
