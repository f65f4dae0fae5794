package io.tideline.client;

import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.AppendResponse;
import io.tideline.proto.v1.BatchAppendItem;
import io.tideline.proto.v1.ScanDirection;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.ScanResponse;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.SyncRequest;
import java.time.Instant;
import java.util.OptionalLong;

/** Entries, coverage, appends and reads to and from the wire. */
final class WireEntries {

  private WireEntries() {}

  static Entry fromWire(io.tideline.proto.v1.Entry entry) {
    return new Entry(
        entry.getSequenceId(),
        Instant.ofEpochMilli(entry.getAppendTimeMs()),
        switch (entry.getKind()) {
          case ENTRY_KIND_MESSAGE -> EntryKind.MESSAGE;
          case ENTRY_KIND_CHANGE -> EntryKind.CHANGE;
          case ENTRY_KIND_UNSPECIFIED, UNRECOGNIZED -> EntryKind.UNKNOWN;
        },
        WireValues.fromWire(entry.getMessage()),
        entry.getRevision(),
        entry.getRecalled(),
        entry.getTargetSequenceId(),
        switch (entry.getChangeType()) {
          case CHANGE_TYPE_UNSPECIFIED -> ChangeType.NONE;
          case CHANGE_TYPE_UPDATED -> ChangeType.UPDATED;
          case CHANGE_TYPE_RECALLED -> ChangeType.RECALLED;
          case CHANGE_TYPE_DELETED -> ChangeType.DELETED;
          case UNRECOGNIZED -> ChangeType.UNKNOWN;
        });
  }

  static Coverage fromWire(io.tideline.proto.v1.Coverage coverage) {
    return new Coverage(
        switch (coverage.getStatus()) {
          case COVERAGE_STATUS_COMPLETE -> CoverageStatus.COMPLETE;
          case COVERAGE_STATUS_MORE -> CoverageStatus.MORE;
          case COVERAGE_STATUS_TRIMMED -> CoverageStatus.TRIMMED;
          case COVERAGE_STATUS_ERROR -> CoverageStatus.ERROR;
          case COVERAGE_STATUS_UNSPECIFIED, UNRECOGNIZED -> CoverageStatus.UNKNOWN;
        },
        coverage.getLastSequenceId(),
        coverage.getFirstRetainedSequenceId(),
        coverage.getNextSequenceId(),
        coverage.getTimelineExists(),
        coverage.getHasMore());
  }

  static Page fromWire(ScanResponse response) {
    return new Page(
        response.getEntriesList().stream().map(WireEntries::fromWire).toList(),
        fromWire(response.getCoverage()));
  }

  static TimelineHead fromWire(TimelineKey timeline, io.tideline.proto.v1.TimelineHead head) {
    return new TimelineHead(
        timeline,
        head.getLastSequenceId(),
        head.getFirstRetainedSequenceId(),
        head.hasTrimmedThroughSequenceId()
            ? OptionalLong.of(head.getTrimmedThroughSequenceId())
            : OptionalLong.empty(),
        head.getAppendedCount(),
        head.getEpoch(),
        Instant.ofEpochMilli(head.getLastAppendTimeMs()),
        head.getExists());
  }

  static AppendRequest toRequest(AppendItem item) {
    AppendRequest.Builder out =
        AppendRequest.newBuilder()
            .setStore(item.timeline().store())
            .setTimeline(WireValues.toWire(item.timeline().identifier()))
            .setMessage(WireValues.toWire(item.message()));
    item.messageKey().ifPresent(out::setMessageKey);
    item.expectedLastSequenceId().ifPresent(out::setExpectedLastSequenceId);
    item.firstAttemptTime().ifPresent(time -> out.setFirstAttemptTimeMs(time.toEpochMilli()));
    return out.build();
  }

  static BatchAppendItem toBatchItem(AppendItem item) {
    BatchAppendItem.Builder out =
        BatchAppendItem.newBuilder()
            .setTimeline(WireValues.toWire(item.timeline().identifier()))
            .setMessage(WireValues.toWire(item.message()));
    item.messageKey().ifPresent(out::setMessageKey);
    item.expectedLastSequenceId().ifPresent(out::setExpectedLastSequenceId);
    item.firstAttemptTime().ifPresent(time -> out.setFirstAttemptTimeMs(time.toEpochMilli()));
    return out.build();
  }

  static AppendResult fromWire(AppendResponse response) {
    return new AppendResult(
        response.getSequenceId(),
        response.getPreviousSequenceId(),
        response.getDuplicate(),
        Instant.ofEpochMilli(response.getAppendTimeMs()),
        response.getDedupSinceMs() == 0 ? null : Instant.ofEpochMilli(response.getDedupSinceMs()));
  }

  static ScanRequest toRequest(ScanSpec spec) {
    ScanRequest.Builder out =
        ScanRequest.newBuilder()
            .setStore(spec.timeline().store())
            .setTimeline(WireValues.toWire(spec.timeline().identifier()))
            .setDirection(
                spec.isBackward()
                    ? ScanDirection.SCAN_DIRECTION_BACKWARD
                    : ScanDirection.SCAN_DIRECTION_FORWARD)
            .setProjection(WireValues.toWire(spec.projection()));
    spec.from().ifPresent(out::setFromSequenceId);
    spec.to().ifPresent(out::setToSequenceId);
    spec.fromTime().ifPresent(time -> out.setFromTimeMs(time.toEpochMilli()));
    int pageSize = spec.pageSize().orElse(Limits.PAGE_SIZE_DEFAULT);
    if (spec.limit().isPresent() && spec.limit().getAsLong() < pageSize) {
      out.setLimit((int) spec.limit().getAsLong());
    } else {
      spec.pageSize().ifPresent(out::setLimit);
    }
    spec.pageBytes().ifPresent(out::setLimitBytes);
    spec.filter().ifPresent(filter -> out.setFilter(WireValues.toWire(filter)));
    return out.build();
  }

  static SyncRequest toRequest(SyncSpec spec) {
    SyncRequest.Builder out =
        SyncRequest.newBuilder()
            .setStore(spec.store())
            .setProjection(WireValues.toWire(spec.projection()));
    spec.positions()
        .forEach(
            (timeline, after) ->
                out.addPositions(
                    SyncPosition.newBuilder()
                        .setTimeline(WireValues.toWire(timeline))
                        .setAfterSequenceId(after)));
    spec.limit().ifPresent(out::setLimit);
    spec.limitBytes().ifPresent(out::setLimitBytes);
    spec.limitPerTimeline().ifPresent(out::setLimitPerTimeline);
    return out.build();
  }
}
