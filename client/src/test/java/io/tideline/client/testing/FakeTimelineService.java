package io.tideline.client.testing;

import io.grpc.stub.StreamObserver;
import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.AppendResponse;
import io.tideline.proto.v1.BatchAppendItem;
import io.tideline.proto.v1.BatchAppendRequest;
import io.tideline.proto.v1.BatchAppendResponse;
import io.tideline.proto.v1.BatchAppendResult;
import io.tideline.proto.v1.DeleteRequest;
import io.tideline.proto.v1.DeleteResponse;
import io.tideline.proto.v1.DeleteTimelineRequest;
import io.tideline.proto.v1.DeleteTimelineResponse;
import io.tideline.proto.v1.FanOutRequest;
import io.tideline.proto.v1.FanOutResponse;
import io.tideline.proto.v1.FanOutTarget;
import io.tideline.proto.v1.GetRequest;
import io.tideline.proto.v1.GetResponse;
import io.tideline.proto.v1.HeadResult;
import io.tideline.proto.v1.HeadsRequest;
import io.tideline.proto.v1.HeadsResponse;
import io.tideline.proto.v1.LatestRequest;
import io.tideline.proto.v1.LatestResponse;
import io.tideline.proto.v1.PutRequest;
import io.tideline.proto.v1.PutResponse;
import io.tideline.proto.v1.RecallRequest;
import io.tideline.proto.v1.RecallResponse;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.ScanResponse;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.SyncRequest;
import io.tideline.proto.v1.SyncResponse;
import io.tideline.proto.v1.SyncResult;
import io.tideline.proto.v1.TailRequest;
import io.tideline.proto.v1.TailResponse;
import io.tideline.proto.v1.TimelineId;
import io.tideline.proto.v1.TimelineServiceGrpc;
import io.tideline.proto.v1.TrimRequest;
import io.tideline.proto.v1.TrimResponse;
import io.tideline.proto.v1.UpdateRequest;
import io.tideline.proto.v1.UpdateResponse;

/** Serves {@link FakeTimelines}; put, the edits and latest answer only what is scripted. */
final class FakeTimelineService extends TimelineServiceGrpc.TimelineServiceImplBase {

  private final FakeServices services;

  FakeTimelineService(FakeServices services) {
    this.services = services;
  }

  @Override
  public void append(AppendRequest request, StreamObserver<AppendResponse> out) {
    BatchAppendItem.Builder item =
        BatchAppendItem.newBuilder()
            .setTimeline(request.getTimeline())
            .setMessage(request.getMessage())
            .setMessageKey(request.getMessageKey());
    if (request.hasExpectedLastSequenceId()) {
      item.setExpectedLastSequenceId(request.getExpectedLastSequenceId());
    }
    services.serve(
        "Append",
        request,
        AppendResponse.class,
        out,
        () -> services.store(request.getStore()).append(item.build()));
  }

  @Override
  public void batchAppend(BatchAppendRequest request, StreamObserver<BatchAppendResponse> out) {
    services.serve(
        "BatchAppend",
        request,
        BatchAppendResponse.class,
        out,
        () -> services.store(request.getStore()).appendAll(request));
  }

  /** Faults of "FanOut target" strike single targets, which then have nothing written. */
  @Override
  public void fanOut(FanOutRequest request, StreamObserver<FanOutResponse> out) {
    services.serve(
        "FanOut",
        request,
        FanOutResponse.class,
        out,
        () -> {
          FanOutResponse.Builder response = FanOutResponse.newBuilder();
          if (request.hasConversation()) {
            FanOutTarget conversation = request.getConversation();
            response.setConversation(
                deliver(conversation.getStore(), conversation.getTimeline(), request));
          }
          for (TimelineId inbox : request.getInboxesList()) {
            response.addInboxes(deliver(request.getInboxStore(), inbox, request));
          }
          return response.build();
        });
  }

  private BatchAppendResult deliver(String store, TimelineId timeline, FanOutRequest request) {
    Fault fault = services.faults().take("FanOut target");
    if (fault != null) {
      return FakeTimelines.refused(fault);
    }
    BatchAppendItem item =
        BatchAppendItem.newBuilder()
            .setTimeline(timeline)
            .setMessage(request.getMessage())
            .setMessageKey(request.getMessageKey())
            .build();
    return BatchAppendResult.newBuilder().setOk(services.store(store).append(item)).build();
  }

  @Override
  public void put(PutRequest request, StreamObserver<PutResponse> out) {
    services.serve("Put", request, PutResponse.class, out, PutResponse::getDefaultInstance);
  }

  @Override
  public void trim(TrimRequest request, StreamObserver<TrimResponse> out) {
    services.serve(
        "Trim",
        request,
        TrimResponse.class,
        out,
        () ->
            TrimResponse.newBuilder()
                .setFirstRetainedSequenceId(
                    services
                        .store(request.getStore())
                        .trim(request.getTimeline(), request.getThroughSequenceId()))
                .build());
  }

  @Override
  public void update(UpdateRequest request, StreamObserver<UpdateResponse> out) {
    services.serve(
        "Update", request, UpdateResponse.class, out, UpdateResponse::getDefaultInstance);
  }

  @Override
  public void recall(RecallRequest request, StreamObserver<RecallResponse> out) {
    services.serve(
        "Recall", request, RecallResponse.class, out, RecallResponse::getDefaultInstance);
  }

  @Override
  public void delete(DeleteRequest request, StreamObserver<DeleteResponse> out) {
    services.serve(
        "Delete", request, DeleteResponse.class, out, DeleteResponse::getDefaultInstance);
  }

  @Override
  public void deleteTimeline(
      DeleteTimelineRequest request, StreamObserver<DeleteTimelineResponse> out) {
    services.serve(
        "DeleteTimeline",
        request,
        DeleteTimelineResponse.class,
        out,
        DeleteTimelineResponse::getDefaultInstance);
  }

  @Override
  public void get(GetRequest request, StreamObserver<GetResponse> out) {
    services.serve(
        "Get",
        request,
        GetResponse.class,
        out,
        () ->
            GetResponse.newBuilder()
                .setEntry(
                    services
                        .store(request.getStore())
                        .get(request.getTimeline(), request.getSequenceId()))
                .build());
  }

  @Override
  public void scan(ScanRequest request, StreamObserver<ScanResponse> out) {
    services.serve(
        "Scan",
        request,
        ScanResponse.class,
        out,
        () -> services.store(request.getStore()).page(request));
  }

  @Override
  public void heads(HeadsRequest request, StreamObserver<HeadsResponse> out) {
    services.serve(
        "Heads",
        request,
        HeadsResponse.class,
        out,
        () -> {
          HeadsResponse.Builder response = HeadsResponse.newBuilder();
          request
              .getTimelinesList()
              .forEach(
                  t ->
                      response.addResults(
                          HeadResult.newBuilder()
                              .setHead(services.store(request.getStore()).head(t))));
          return response.build();
        });
  }

  /** History, page by page, and then what the script of "Tail" says: nothing more, or an error. */
  @Override
  public void tail(TailRequest request, StreamObserver<TailResponse> out) {
    services.stream(
        "Tail",
        request,
        out,
        () -> {
          for (SyncPosition position : request.getPositionsList()) {
            ScanResponse page =
                services
                    .store(request.getStore())
                    .page(
                        ScanRequest.newBuilder()
                            .setTimeline(position.getTimeline())
                            .setFromSequenceId(position.getAfterSequenceId() + 1)
                            .setLimit(2)
                            .build());
            if (page.getEntriesCount() > 0) {
              out.onNext(
                  TailResponse.newBuilder()
                      .setEntries(
                          SyncResult.newBuilder()
                              .setTimeline(position.getTimeline())
                              .addAllEntries(page.getEntriesList())
                              .setCoverage(page.getCoverage()))
                      .build());
            }
          }
        });
  }

  @Override
  public void latest(LatestRequest request, StreamObserver<LatestResponse> out) {
    services.serve(
        "Latest", request, LatestResponse.class, out, LatestResponse::getDefaultInstance);
  }

  @Override
  public void sync(SyncRequest request, StreamObserver<SyncResponse> out) {
    services.serve(
        "Sync",
        request,
        SyncResponse.class,
        out,
        () -> services.store(request.getStore()).sync(request));
  }
}
