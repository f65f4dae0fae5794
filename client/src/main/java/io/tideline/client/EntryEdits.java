package io.tideline.client;

import com.google.protobuf.ByteString;
import io.grpc.MethodDescriptor;
import io.tideline.proto.v1.DeleteRequest;
import io.tideline.proto.v1.DeleteResponse;
import io.tideline.proto.v1.DeleteTimelineRequest;
import io.tideline.proto.v1.DeleteTimelineResponse;
import io.tideline.proto.v1.RecallRequest;
import io.tideline.proto.v1.RecallResponse;
import io.tideline.proto.v1.TimelineServiceGrpc;
import io.tideline.proto.v1.UpdateRequest;
import io.tideline.proto.v1.UpdateResponse;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** The calls that change or remove what a timeline has; {@link TidelineClient} offers them. */
final class EntryEdits {

  private final Caller caller;
  private final CallSettings settings;

  EntryEdits(Caller caller, CallSettings settings) {
    this.caller = caller;
    this.settings = settings;
  }

  CompletableFuture<UpdateResult> update(
      TimelineKey timeline, long sequenceId, EntryUpdate update) {
    UpdateRequest.Builder request =
        UpdateRequest.newBuilder()
            .setStore(timeline.store())
            .setTimeline(WireValues.toWire(timeline.identifier()))
            .setSequenceId(sequenceId)
            .addAllRemoveFields(update.removeFields())
            .setAnnounce(update.announce());
    update
        .setFields()
        .forEach((name, value) -> request.putSetFields(name, WireValues.toWire(value)));
    update.condition().ifPresent(filter -> request.setCondition(WireValues.toWire(filter)));
    update.expectedRevision().ifPresent(request::setExpectedRevision);
    return call(
        TimelineServiceGrpc.getUpdateMethod(),
        request.build(),
        WriteKind.SINGLE,
        timeline,
        UpdateResponse::getSessionToken,
        response ->
            new UpdateResult(response.getRevision(), change(response.getChangeSequenceId())));
  }

  CompletableFuture<OptionalLong> recall(TimelineKey timeline, long sequenceId, boolean announce) {
    return call(
        TimelineServiceGrpc.getRecallMethod(),
        RecallRequest.newBuilder()
            .setStore(timeline.store())
            .setTimeline(WireValues.toWire(timeline.identifier()))
            .setSequenceId(sequenceId)
            .setAnnounce(announce)
            .build(),
        WriteKind.REPEATABLE,
        timeline,
        RecallResponse::getSessionToken,
        response -> change(response.getChangeSequenceId()));
  }

  CompletableFuture<OptionalLong> delete(TimelineKey timeline, long sequenceId, boolean announce) {
    return call(
        TimelineServiceGrpc.getDeleteMethod(),
        DeleteRequest.newBuilder()
            .setStore(timeline.store())
            .setTimeline(WireValues.toWire(timeline.identifier()))
            .setSequenceId(sequenceId)
            .setAnnounce(announce)
            .build(),
        WriteKind.REPEATABLE,
        timeline,
        DeleteResponse::getSessionToken,
        response -> change(response.getChangeSequenceId()));
  }

  CompletableFuture<Long> deleteTimeline(TimelineKey timeline) {
    return call(
        TimelineServiceGrpc.getDeleteTimelineMethod(),
        DeleteTimelineRequest.newBuilder()
            .setStore(timeline.store())
            .setTimeline(WireValues.toWire(timeline.identifier()))
            .build(),
        WriteKind.SINGLE,
        timeline,
        DeleteTimelineResponse::getSessionToken,
        DeleteTimelineResponse::getLastSequenceId);
  }

  private <Q, A, R> CompletableFuture<R> call(
      MethodDescriptor<Q, A> method,
      Q request,
      WriteKind kind,
      TimelineKey timeline,
      Function<A, ByteString> token,
      Function<A, R> result) {
    return Futures.map(
        caller.call(method, request, kind, timeline.store(), timeline, settings),
        response -> {
          settings.saw(token.apply(response));
          return result.apply(response);
        });
  }

  private static OptionalLong change(long sequenceId) {
    return sequenceId == 0 ? OptionalLong.empty() : OptionalLong.of(sequenceId);
  }
}
