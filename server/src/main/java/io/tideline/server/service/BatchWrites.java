package io.tideline.server.service;

import com.google.protobuf.ByteString;
import io.tideline.manager.StoreDescriptor;
import io.tideline.proto.v1.BatchAppendItem;
import io.tideline.proto.v1.BatchAppendRequest;
import io.tideline.proto.v1.BatchAppendResponse;
import io.tideline.proto.v1.BatchAppendResult;
import io.tideline.server.command.AppendResult;
import io.tideline.server.command.Command;
import io.tideline.server.replica.Partition;
import io.tideline.server.replica.WriteOutcome;
import io.tideline.server.service.Marshallers.Reply;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * TimelineService.BatchAppend: one write per partition, all at once; a result per item.
 *
 * <p>If every partition refused, nothing was written, and the call fails as a whole with the first
 * refusal, so that callers back off as they do for a single append.
 */
final class BatchWrites {

  private static final FieldPath ITEMS = FieldPath.of("items");

  private final Stores stores;
  private final TimelineValidator validator;

  BatchWrites(Stores stores, TimelineValidator validator) {
    this.stores = stores;
    this.validator = validator;
  }

  /** The items of one partition, and where they stand in the request. */
  private record Group(List<Integer> places, List<Command.Append> commands) {
    Group() {
      this(new ArrayList<>(), new ArrayList<>());
    }
  }

  Reply append(BatchAppendRequest request, CallContext context) throws Exception {
    validator.validate(request);
    StoreDescriptor store = stores.require(request.getStore());
    TimelineWrites.requireAppends(store);
    Map<Partition, Group> groups = group(request, store);

    Map<Partition, CompletableFuture<WriteOutcome<List<AppendResult>>>> writes =
        new LinkedHashMap<>();
    groups.forEach(
        (partition, group) ->
            writes.put(partition, context.writesTo(partition).appendBatch(group.commands())));

    BatchAppendResult[] results = new BatchAppendResult[request.getItemsCount()];
    List<Failure> refusals = new ArrayList<>();
    for (Map.Entry<Partition, Group> entry : groups.entrySet()) {
      Partition partition = entry.getKey();
      List<Integer> places = entry.getValue().places();
      switch (context.awaitWrite(Objects.requireNonNull(writes.get(partition)))) {
        case WriteOutcome.Applied<List<AppendResult>> applied -> {
          ByteString token = TimelineWrites.token(partition, applied.position());
          for (int i = 0; i < places.size(); i++) {
            int place = places.get(i);
            results[place] =
                result(
                    applied.result().get(i),
                    ITEMS.index(place),
                    store,
                    request.getItems(place),
                    token);
          }
        }
        case WriteOutcome.Refused<List<AppendResult>> refused -> {
          Failure failure = Outcomes.toFailure(refused.refusal()).withStore(store.name());
          refusals.add(failure);
          fail(results, places, failure);
        }
        case WriteOutcome.Unknown<List<AppendResult>> unknown ->
            fail(results, places, Outcomes.unknown(unknown.why()).withStore(store.name()));
      }
    }
    if (refusals.size() == groups.size()) {
      throw refusals.getFirst().toException();
    }
    return Reply.of(BatchAppendResponse.newBuilder().addAllResults(List.of(results)).build());
  }

  private Map<Partition, Group> group(BatchAppendRequest request, StoreDescriptor store) {
    Map<Partition, Group> groups = new LinkedHashMap<>();
    for (int place = 0; place < request.getItemsCount(); place++) {
      BatchAppendItem item = request.getItems(place);
      byte[] key =
          Identifiers.encode(
              ITEMS.index(place).field("timeline"),
              item.hasTimeline(),
              item.getTimeline(),
              store.schema());
      Partition partition =
          request.hasRoute()
              ? stores.route(store, key, request.getRoute())
              : stores.route(store, key);
      Group group = groups.computeIfAbsent(partition, p -> new Group());
      group.places().add(place);
      group
          .commands()
          .add(
              TimelineWrites.command(
                  key,
                  item.getMessage(),
                  item.getMessageKey(),
                  item.hasExpectedLastSequenceId()
                      ? OptionalLong.of(item.getExpectedLastSequenceId())
                      : OptionalLong.empty(),
                  item.getFirstAttemptTimeMs()));
    }
    return groups;
  }

  private static BatchAppendResult result(
      AppendResult result,
      FieldPath path,
      StoreDescriptor store,
      BatchAppendItem item,
      ByteString token) {
    return switch (result) {
      case AppendResult.Appended appended ->
          BatchAppendResult.newBuilder().setOk(TimelineWrites.response(appended, token)).build();
      case AppendResult refused ->
          BatchAppendResult.newBuilder()
              .setError(
                  ErrorMapper.toItemError(
                      TimelineWrites.toFailure(refused, path, store, item.getTimeline())))
              .build();
    };
  }

  private static void fail(BatchAppendResult[] results, List<Integer> places, Failure failure) {
    BatchAppendResult failed =
        BatchAppendResult.newBuilder().setError(ErrorMapper.toItemError(failure)).build();
    for (int place : places) {
      results[place] = failed;
    }
  }
}
