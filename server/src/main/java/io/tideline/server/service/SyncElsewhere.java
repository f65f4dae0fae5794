package io.tideline.server.service;

import io.tideline.manager.PartitionDescriptor;
import io.tideline.proto.v1.Coverage;
import io.tideline.proto.v1.CoverageStatus;
import io.tideline.proto.v1.HeadsRequest;
import io.tideline.proto.v1.HeadsResponse;
import io.tideline.proto.v1.SyncRequest;
import io.tideline.proto.v1.SyncResponse;
import io.tideline.proto.v1.SyncResult;
import io.tideline.proto.v1.TimelineServiceGrpc;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The part of one Sync that is about partitions without a replica here. Each is asked for as much
 * as might go into the reply; which of it does is decided when all have answered.
 */
final class SyncElsewhere {

  /** A partition's share of the budget of bytes does not fall below this: some usual entries. */
  private static final int SHARE_BYTES_MIN = 16 << 10;

  /**
   * What another node says of one timeline.
   *
   * @param lastAppendMillis time of its newest entry, by which timelines are ordered
   */
  record Answer(SyncResult result, long lastAppendMillis) {}

  private final Forwarding forwarding;
  private final SyncRequest request;
  private final CallContext context;
  private final Map<Integer, Answer> answers = new ConcurrentHashMap<>();

  SyncElsewhere(Forwarding forwarding, SyncRequest request, CallContext context) {
    this.forwarding = forwarding;
    this.request = request;
    this.context = context;
  }

  /** Asks for all of them at once. */
  void ask(ManyTimelines many, int bytesMax) throws InterruptedException {
    int partitions = many.partitionsElsewhere();
    if (partitions == 0) {
      return;
    }
    int share = partitions == 1 ? bytesMax : Math.max(bytesMax / partitions, SHARE_BYTES_MIN);
    context.reserve((long) share * partitions);
    many.forEachElsewhere((partition, places) -> ask(partition, places, many, share));
  }

  /** What is known of the timeline at this place from elsewhere, null if nothing. */
  @Nullable Answer answer(int place) {
    return answers.get(place);
  }

  private void ask(
      PartitionDescriptor partition, List<Integer> places, ManyTimelines many, int share)
      throws Exception {
    SyncRequest.Builder part = request.toBuilder().clearPositions().setLimitBytes(share);
    HeadsRequest.Builder heads =
        HeadsRequest.newBuilder().setStore(request.getStore()).setRead(request.getRead());
    for (int place : places) {
      part.addPositions(request.getPositions(place));
      heads.addTimelines(request.getPositions(place).getTimeline());
    }
    SyncResponse synced =
        forwarding.read(
            partition,
            TimelineServiceGrpc.getSyncMethod(),
            part.build(),
            SyncResponse.parser(),
            context);
    Forwarding.requireCount(places.size(), synced.getResultsCount());
    many.note(synced.getSessionToken());
    // One partition alone has put its timelines into order itself; of several the heads decide.
    HeadsResponse known =
        many.partitions() == 1
            ? HeadsResponse.getDefaultInstance()
            : forwarding.read(
                partition,
                TimelineServiceGrpc.getHeadsMethod(),
                heads.build(),
                HeadsResponse.parser(),
                context);
    for (int i = 0; i < places.size(); i++) {
      SyncResult result = synced.getResults(i);
      if (result.hasError()) {
        many.fail(places.get(i), ErrorMapper.fromItemError(result.getError()));
      } else {
        long lastAppendMillis =
            i < known.getResultsCount() ? known.getResults(i).getHead().getLastAppendTimeMs() : 0;
        answers.put(places.get(i), new Answer(result, lastAppendMillis));
      }
    }
  }

  /** A result with its first entries only, which says where to go on. */
  static SyncResult firstEntries(SyncResult result, int count) {
    if (count == result.getEntriesCount()) {
      return result;
    }
    Coverage coverage = result.getCoverage();
    return result.toBuilder()
        .clearEntries()
        .addAllEntries(result.getEntriesList().subList(0, count))
        .setCoverage(
            coverage.toBuilder()
                .setStatus(
                    coverage.getStatus() == CoverageStatus.COVERAGE_STATUS_TRIMMED
                        ? CoverageStatus.COVERAGE_STATUS_TRIMMED
                        : CoverageStatus.COVERAGE_STATUS_MORE)
                .setNextSequenceId(result.getEntries(count).getSequenceId())
                .setHasMore(true))
        .build();
  }
}
