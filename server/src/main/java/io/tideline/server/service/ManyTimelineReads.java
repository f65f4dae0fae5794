package io.tideline.server.service;

import io.tideline.lsm.Direction;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RowCursor;
import io.tideline.manager.PartitionDescriptor;
import io.tideline.manager.StoreDescriptor;
import io.tideline.proto.v1.Coverage;
import io.tideline.proto.v1.CoverageStatus;
import io.tideline.proto.v1.HeadResult;
import io.tideline.proto.v1.HeadsRequest;
import io.tideline.proto.v1.HeadsResponse;
import io.tideline.proto.v1.LatestRequest;
import io.tideline.proto.v1.LatestResponse;
import io.tideline.proto.v1.LatestResult;
import io.tideline.proto.v1.Projection;
import io.tideline.proto.v1.TimelineServiceGrpc;
import io.tideline.server.service.Marshallers.Reply;
import java.io.IOException;
import java.util.List;

/** The reads of TimelineService about the newest state of many timelines. */
final class ManyTimelineReads {

  private static final FieldPath TIMELINES = FieldPath.of("timelines");

  /** Memory a timeline's head or coverage takes in a reply, identifier aside. */
  private static final int HEAD_BYTES = 128;

  private final Stores stores;
  private final Forwarding forwarding;
  private final TimelineValidator validator;

  ManyTimelineReads(Stores stores, Forwarding forwarding, TimelineValidator validator) {
    this.stores = stores;
    this.forwarding = forwarding;
    this.validator = validator;
  }

  Reply heads(HeadsRequest request, CallContext context) throws Exception {
    validator.validate(request);
    StoreDescriptor store = stores.require(request.getStore());
    List<byte[]> keys = ManyTimelines.encode(TIMELINES, request.getTimelinesList(), store);
    context.reserve(request.getSerializedSize() + (long) HEAD_BYTES * keys.size());
    HeadResult[] results = new HeadResult[keys.size()];
    try (ManyTimelines many =
        ManyTimelines.open(stores, forwarding, store, keys, request.getRead(), context)) {
      many.forEachPartition(
          (view, places) -> {
            for (int place : places) {
              TimelineFacts facts = TimelineFacts.read(view, many.key(place), store);
              results[place] =
                  HeadResult.newBuilder()
                      .setHead(facts.toProto(request.getTimelines(place)))
                      .build();
            }
          });
      many.forEachElsewhere(
          (partition, places) -> {
            HeadsRequest.Builder part = request.toBuilder().clearTimelines();
            places.forEach(place -> part.addTimelines(request.getTimelines(place)));
            HeadsResponse there =
                forwarding.read(
                    partition,
                    TimelineServiceGrpc.getHeadsMethod(),
                    part.build(),
                    HeadsResponse.parser(),
                    context);
            Forwarding.requireCount(places.size(), there.getResultsCount());
            many.note(there.getSessionToken());
            for (int i = 0; i < places.size(); i++) {
              results[places.get(i)] = there.getResults(i);
            }
          });
      HeadsResponse.Builder reply = HeadsResponse.newBuilder().setSessionToken(many.token());
      for (int place = 0; place < results.length; place++) {
        Failure failure = many.failure(place);
        reply.addResults(
            failure == null
                ? results[place]
                : HeadResult.newBuilder().setError(ErrorMapper.toItemError(failure)).build());
      }
      return Reply.of(reply.build());
    }
  }

  /**
   * Latest has no byte limit in the contract: entries that do not fit the reply any more are left
   * out and their timelines say MORE, to be read with another call.
   */
  Reply latest(LatestRequest request, CallContext context) throws Exception {
    validator.validate(request);
    StoreDescriptor store = stores.require(request.getStore());
    List<byte[]> keys = ManyTimelines.encode(TIMELINES, request.getTimelinesList(), store);
    context.reserve(Limits.PAGE_BYTES_DEFAULT);
    ReplyBuffer[] results = new ReplyBuffer[keys.size()];
    Coverage[] leftOut = new Coverage[keys.size()];
    try (ManyTimelines many =
        ManyTimelines.open(stores, forwarding, store, keys, request.getRead(), context)) {
      many.forEachPartition(
          (view, places) -> {
            for (int place : places) {
              TimelineFacts facts = TimelineFacts.read(view, many.key(place), store);
              results[place] = latest(view, many.key(place), facts, request.getProjection());
              leftOut[place] =
                  PageReader.of(
                      facts, CoverageStatus.COVERAGE_STATUS_MORE, facts.lastSequenceId(), true);
            }
          });
      many.forEachElsewhere(
          (partition, places) ->
              latestElsewhere(request, partition, places, many, results, leftOut, context));
      ReplyBuffer reply = new ReplyBuffer();
      long budget = pageBudget(keys.size());
      for (int place = 0; place < results.length; place++) {
        Failure failure = many.failure(place);
        if (failure != null) {
          reply.message(LatestResponse.RESULTS_FIELD_NUMBER, failed(failure));
        } else if (reply.size() > 0 && reply.size() + (long) results[place].size() > budget) {
          reply.message(
              LatestResponse.RESULTS_FIELD_NUMBER,
              LatestResult.newBuilder().setCoverage(leftOut[place]).build());
        } else {
          reply.nested(LatestResponse.RESULTS_FIELD_NUMBER, results[place]);
        }
      }
      reply.append(LatestResponse.newBuilder().setSessionToken(many.token()).build());
      return reply.toReply();
    }
  }

  private void latestElsewhere(
      LatestRequest request,
      PartitionDescriptor partition,
      List<Integer> places,
      ManyTimelines many,
      ReplyBuffer[] results,
      Coverage[] leftOut,
      CallContext context)
      throws Exception {
    LatestRequest.Builder part = request.toBuilder().clearTimelines();
    places.forEach(place -> part.addTimelines(request.getTimelines(place)));
    LatestResponse there =
        forwarding.read(
            partition,
            TimelineServiceGrpc.getLatestMethod(),
            part.build(),
            LatestResponse.parser(),
            context);
    Forwarding.requireCount(places.size(), there.getResultsCount());
    many.note(there.getSessionToken());
    for (int i = 0; i < places.size(); i++) {
      int place = places.get(i);
      LatestResult result = there.getResults(i);
      if (result.hasError()) {
        many.fail(place, ErrorMapper.fromItemError(result.getError()));
        continue;
      }
      results[place] = new ReplyBuffer();
      results[place].append(result);
      leftOut[place] =
          result.getCoverage().toBuilder()
              .setStatus(CoverageStatus.COVERAGE_STATUS_MORE)
              .setNextSequenceId(result.getCoverage().getLastSequenceId())
              .setHasMore(true)
              .build();
    }
  }

  private static long pageBudget(int timelines) {
    return Limits.PAGE_BYTES_MAX - Limits.REPLY_OVERHEAD_BYTES - (long) HEAD_BYTES * timelines;
  }

  private static LatestResult failed(Failure failure) {
    return LatestResult.newBuilder()
        .setCoverage(Coverage.newBuilder().setStatus(CoverageStatus.COVERAGE_STATUS_ERROR).build())
        .setError(ErrorMapper.toItemError(failure))
        .build();
  }

  private static ReplyBuffer latest(
      ReadView view, byte[] key, TimelineFacts facts, Projection projection) throws IOException {
    ReplyBuffer result = new ReplyBuffer();
    boolean found = false;
    if (!facts.isEmpty()) {
      try (RowCursor rows = view.scan(key, Long.MIN_VALUE, Long.MAX_VALUE, Direction.BACKWARD)) {
        found = rows.next();
        if (found && Projector.isAll(projection)) {
          result.entry(LatestResult.ENTRY_FIELD_NUMBER, rows);
        } else if (found) {
          result.message(
              LatestResult.ENTRY_FIELD_NUMBER,
              Projector.apply(projection, PageReader.decode(rows)));
        }
      }
    }
    CoverageStatus status =
        facts.exists() && !found
            ? CoverageStatus.COVERAGE_STATUS_TRIMMED
            : CoverageStatus.COVERAGE_STATUS_COMPLETE;
    result.append(
        LatestResult.newBuilder()
            .setCoverage(
                PageReader.of(facts, status, Saturated.plusOne(facts.lastSequenceId()), false))
            .build());
    return result;
  }
}
