package io.tideline.client.testing;

import io.grpc.Status;
import io.tideline.proto.v1.AppendResponse;
import io.tideline.proto.v1.BatchAppendItem;
import io.tideline.proto.v1.BatchAppendRequest;
import io.tideline.proto.v1.BatchAppendResponse;
import io.tideline.proto.v1.BatchAppendResult;
import io.tideline.proto.v1.Coverage;
import io.tideline.proto.v1.CoverageStatus;
import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.EntryKind;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.ItemError;
import io.tideline.proto.v1.ScanDirection;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.ScanResponse;
import io.tideline.proto.v1.SessionToken;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.SyncRequest;
import io.tideline.proto.v1.SyncResponse;
import io.tideline.proto.v1.SyncResult;
import io.tideline.proto.v1.TimelineHead;
import io.tideline.proto.v1.TimelineId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The timelines of one fake store: DENSE ids, message keys, trim marks. Outlives the servers that
 * serve it. Thread-safe.
 */
public final class FakeTimelines {

  private static final int PAGE_DEFAULT = 100;
  private static final int SYNC_DEFAULT = 500;

  /** Appends stamp this and count on, so that times are as predictable as ids. */
  private static final long TIME_BASE_MILLIS = 1_700_000_000_000L;

  private final Map<TimelineId, Line> lines = new HashMap<>();

  private static final class Line {
    final List<Entry> entries = new ArrayList<>();
    final Map<String, AppendResponse> byKey = new HashMap<>();
    long trimmedThrough;

    long last() {
      return entries.size();
    }
  }

  /** All that was ever appended, in order. */
  public synchronized List<Entry> entries(TimelineId timeline) {
    return List.copyOf(line(timeline).entries);
  }

  private Line line(TimelineId timeline) {
    return lines.computeIfAbsent(timeline, t -> new Line());
  }

  synchronized AppendResponse append(BatchAppendItem item) {
    Line line = line(item.getTimeline());
    AppendResponse known = line.byKey.get(item.getMessageKey());
    if (known != null) {
      return known.toBuilder().setDuplicate(true).build();
    }
    if (item.hasExpectedLastSequenceId() && item.getExpectedLastSequenceId() != line.last()) {
      throw failure(
          Status.Code.FAILED_PRECONDITION,
          ErrorDetail.newBuilder()
              .setReason(ErrorReason.ERROR_REASON_CONDITION_FAILED)
              .setField("expected_last_sequence_id")
              .setValue(Long.toString(line.last())));
    }
    long id = line.last() + 1;
    line.entries.add(
        Entry.newBuilder()
            .setSequenceId(id)
            .setAppendTimeMs(TIME_BASE_MILLIS + id)
            .setKind(EntryKind.ENTRY_KIND_MESSAGE)
            .setMessage(item.getMessage())
            .build());
    AppendResponse response =
        AppendResponse.newBuilder()
            .setSequenceId(id)
            .setPreviousSequenceId(id - 1)
            .setAppendTimeMs(TIME_BASE_MILLIS + id)
            .setSessionToken(
                SessionToken.newBuilder().addSeen(1).addSeen(id).build().toByteString())
            .build();
    if (!item.getMessageKey().isEmpty()) {
      line.byKey.put(item.getMessageKey(), response);
    }
    return response;
  }

  /** Appends each item; one that fails leaves the others be. */
  public synchronized BatchAppendResponse appendAll(BatchAppendRequest request) {
    BatchAppendResponse.Builder response = BatchAppendResponse.newBuilder();
    for (BatchAppendItem item : request.getItemsList()) {
      try {
        response.addResults(BatchAppendResult.newBuilder().setOk(append(item)));
      } catch (ItemRefused e) {
        response.addResults(refused(e.fault));
      }
    }
    return response.build();
  }

  /** What a batch says of an item that this went wrong with. */
  static BatchAppendResult refused(Fault fault) {
    return BatchAppendResult.newBuilder()
        .setError(
            ItemError.newBuilder()
                .setCode(fault.status().getCode().value())
                .setDetail(fault.detail()))
        .build();
  }

  public synchronized long trim(TimelineId timeline, long through) {
    Line line = line(timeline);
    line.trimmedThrough = Math.max(line.trimmedThrough, through);
    return line.trimmedThrough + 1;
  }

  synchronized Entry get(TimelineId timeline, long id) {
    Line line = line(timeline);
    if (id <= line.trimmedThrough && id >= 1) {
      throw failure(
          Status.Code.FAILED_PRECONDITION,
          ErrorDetail.newBuilder().setReason(ErrorReason.ERROR_REASON_NOT_RETAINED));
    }
    if (id < 1 || id > line.last()) {
      throw failure(
          Status.Code.NOT_FOUND,
          ErrorDetail.newBuilder().setReason(ErrorReason.ERROR_REASON_ENTRY_NOT_FOUND));
    }
    return line.entries.get((int) id - 1);
  }

  synchronized TimelineHead head(TimelineId timeline) {
    if (!lines.containsKey(timeline)) {
      return TimelineHead.newBuilder().setTimeline(timeline).build();
    }
    Line line = line(timeline);
    return TimelineHead.newBuilder()
        .setTimeline(timeline)
        .setLastSequenceId(line.last())
        .setFirstRetainedSequenceId(line.trimmedThrough + 1)
        .setAppendedCount(line.last())
        .setExists(true)
        .build();
  }

  /** A page, as the contract has it; filters are not applied. */
  public synchronized ScanResponse page(ScanRequest request) {
    Line line = line(request.getTimeline());
    boolean backward = request.getDirection() == ScanDirection.SCAN_DIRECTION_BACKWARD;
    int limit = request.hasLimit() ? request.getLimit() : PAGE_DEFAULT;
    long from = request.hasFromSequenceId() ? request.getFromSequenceId() : 1;
    if (request.hasFromTimeMs()) {
      from = Math.max(1, request.getFromTimeMs() - TIME_BASE_MILLIS);
    }
    long end =
        Math.min(
            request.hasToSequenceId() ? request.getToSequenceId() : line.last() + 1,
            line.last() + 1);
    long first = Math.max(from, line.trimmedThrough + 1);
    // What is gone matters only to a page that reaches down to it.
    boolean reachesStart = !backward || end - limit <= first;
    boolean trimmed = request.hasFromSequenceId() && from <= line.trimmedThrough && reachesStart;
    ScanResponse.Builder page = ScanResponse.newBuilder();
    long id = backward ? end - 1 : first;
    while (page.getEntriesCount() < limit && id >= first && id < end) {
      page.addEntries(line.entries.get((int) id - 1));
      id += backward ? -1 : 1;
    }
    boolean more = id >= first && id < end;
    CoverageStatus status =
        trimmed
            ? CoverageStatus.COVERAGE_STATUS_TRIMMED
            : more ? CoverageStatus.COVERAGE_STATUS_MORE : CoverageStatus.COVERAGE_STATUS_COMPLETE;
    return page.setCoverage(coverage(line, status).setNextSequenceId(id).setHasMore(more)).build();
  }

  /** One page of each timeline, in the order asked, until the limit is used up. */
  public synchronized SyncResponse sync(SyncRequest request) {
    SyncResponse.Builder response = SyncResponse.newBuilder();
    int left = request.hasLimit() ? request.getLimit() : SYNC_DEFAULT;
    int perTimeline = request.hasLimitPerTimeline() ? request.getLimitPerTimeline() : PAGE_DEFAULT;
    for (SyncPosition position : request.getPositionsList()) {
      ScanResponse page =
          page(
              ScanRequest.newBuilder()
                  .setTimeline(position.getTimeline())
                  .setFromSequenceId(position.getAfterSequenceId() + 1)
                  .setLimit(Math.min(left, perTimeline))
                  .build());
      left -= page.getEntriesCount();
      response.addResults(
          SyncResult.newBuilder()
              .setTimeline(position.getTimeline())
              .addAllEntries(page.getEntriesList())
              .setCoverage(page.getCoverage()));
    }
    return response.build();
  }

  private static Coverage.Builder coverage(Line line, CoverageStatus status) {
    return Coverage.newBuilder()
        .setStatus(status)
        .setLastSequenceId(line.last())
        .setFirstRetainedSequenceId(line.trimmedThrough + 1)
        .setTimelineExists(line.last() > 0);
  }

  private static ItemRefused failure(Status.Code status, ErrorDetail.Builder detail) {
    return new ItemRefused(Fault.refuse(status, detail.build()));
  }

  /** One operation is refused; the call it came in may carry others. */
  static final class ItemRefused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final transient Fault fault;

    ItemRefused(Fault fault) {
      this.fault = fault;
    }
  }
}
