package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_TOKEN;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUT_OF_RANGE;

import com.google.protobuf.ByteString;
import io.grpc.ServerServiceDefinition;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RecordCursor;
import io.tideline.lsm.TimelineHead;
import io.tideline.manager.StoreDescriptor;
import io.tideline.proto.v1.CommitCursorsRequest;
import io.tideline.proto.v1.CommitCursorsResponse;
import io.tideline.proto.v1.CountUnreadRequest;
import io.tideline.proto.v1.CountUnreadResponse;
import io.tideline.proto.v1.Cursor;
import io.tideline.proto.v1.CursorResult;
import io.tideline.proto.v1.CursorServiceGrpc;
import io.tideline.proto.v1.GetCursorsRequest;
import io.tideline.proto.v1.GetCursorsResponse;
import io.tideline.proto.v1.ListCursorsRequest;
import io.tideline.proto.v1.ListCursorsResponse;
import io.tideline.proto.v1.ReadOptions;
import io.tideline.proto.v1.TimelineId;
import io.tideline.proto.v1.Unread;
import io.tideline.proto.v1.UnreadResult;
import io.tideline.server.command.Command;
import io.tideline.server.command.CursorRecord;
import io.tideline.server.command.CursorsResult;
import io.tideline.server.command.RecordTables;
import io.tideline.server.replica.Partition;
import io.tideline.server.replica.WriteOutcome;
import io.tideline.server.service.Marshallers.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * CursorService. Cursors are in the partition of their timeline, beside its head, so that what is
 * unread is two look-ups in one view.
 *
 * <p>A page token of ListCursors is a version byte and the reader the next page begins at.
 */
final class CursorCalls {

  private static final FieldPath CURSORS = FieldPath.of("cursors");
  private static final FieldPath TIMELINE = FieldPath.of("timeline");
  private static final FieldPath TIMELINES = FieldPath.of("timelines");
  private static final FieldPath PAGE_TOKEN = FieldPath.of("page_token");
  private static final byte TOKEN_VERSION = 1;

  /** Memory a cursor takes in a reply, identifier and reader aside. */
  private static final int CURSOR_BYTES = 128;

  private final Stores stores;
  private final Forwarding forwarding;

  CursorCalls(Stores stores, Forwarding forwarding) {
    this.stores = stores;
    this.forwarding = forwarding;
  }

  ServerServiceDefinition bind(CallRunner runner) {
    return new ServiceTable(CursorServiceGrpc.getServiceDescriptor(), runner)
        .on(CursorServiceGrpc.getCommitCursorsMethod(), this::commit)
        .on(CursorServiceGrpc.getGetCursorsMethod(), this::get)
        .on(CursorServiceGrpc.getListCursorsMethod(), this::list)
        .on(CursorServiceGrpc.getCountUnreadMethod(), this::countUnread)
        .build();
  }

  // --- Commit ---

  /** The cursors of one partition, and where they stand in the request. */
  private record Group(List<Integer> places, List<Command.CursorMove> moves) {
    Group() {
      this(new ArrayList<>(), new ArrayList<>());
    }
  }

  private Reply commit(CommitCursorsRequest request, CallContext context) throws Exception {
    CursorValidator.validate(request);
    StoreDescriptor store = stores.require(request.getStore());
    context.reserve(request.getSerializedSize() + (long) CURSOR_BYTES * request.getCursorsCount());
    Map<Partition, Group> groups = new LinkedHashMap<>();
    for (int place = 0; place < request.getCursorsCount(); place++) {
      Cursor cursor = request.getCursors(place);
      FieldPath path = CURSORS.index(place);
      byte[] key =
          Identifiers.encode(
              path.field("timeline"), cursor.hasTimeline(), cursor.getTimeline(), store.schema());
      TimelineValidator.validatePosition(
          path.field("sequence_id"), cursor.getSequenceId(), store.options().sequenceMode());
      Group group = groups.computeIfAbsent(stores.route(store, key), p -> new Group());
      group.places().add(place);
      group
          .moves()
          .add(new Command.CursorMove(key, bytes(cursor.getReader()), cursor.getSequenceId()));
    }
    Map<Partition, CompletableFuture<WriteOutcome<CursorsResult>>> writes = new LinkedHashMap<>();
    groups.forEach(
        (partition, group) ->
            writes.put(
                partition,
                context
                    .writesTo(partition)
                    .commitCursors(new Command.CommitCursors(group.moves()))));
    return Reply.of(answers(request, store, groups, writes, context));
  }

  private static CommitCursorsResponse answers(
      CommitCursorsRequest request,
      StoreDescriptor store,
      Map<Partition, Group> groups,
      Map<Partition, CompletableFuture<WriteOutcome<CursorsResult>>> writes,
      CallContext context)
      throws Exception {
    CursorResult[] results = new CursorResult[request.getCursorsCount()];
    List<Failure> refusals = new ArrayList<>();
    SessionToken seen = SessionToken.NONE;
    for (Map.Entry<Partition, Group> entry : groups.entrySet()) {
      Partition partition = entry.getKey();
      List<Integer> places = entry.getValue().places();
      switch (context.awaitWrite(Objects.requireNonNull(writes.get(partition)))) {
        case WriteOutcome.Applied<CursorsResult> applied -> {
          seen = seen.and(partition.partitionId(), applied.position());
          for (int i = 0; i < places.size(); i++) {
            int place = places.get(i);
            results[place] =
                result(applied.result().results().get(i), place, request.getCursors(place), store);
          }
        }
        case WriteOutcome.Refused<CursorsResult> refused -> {
          Failure failure = Outcomes.toFailure(refused.refusal()).withStore(store.name());
          refusals.add(failure);
          fail(results, places, failure);
        }
        case WriteOutcome.Unknown<CursorsResult> unknown ->
            fail(results, places, Outcomes.unknown(unknown.why()).withStore(store.name()));
      }
    }
    if (refusals.size() == groups.size()) {
      throw refusals.getFirst().toException();
    }
    return CommitCursorsResponse.newBuilder()
        .addAllResults(List.of(results))
        .setSessionToken(seen.encode())
        .build();
  }

  private static CursorResult result(
      CursorsResult.Move move, int place, Cursor asked, StoreDescriptor store) {
    return switch (move) {
      case CursorsResult.Stored stored ->
          CursorResult.newBuilder()
              .setCursor(
                  asked.toBuilder()
                      .setSequenceId(stored.sequenceId())
                      .setUpdateTimeMs(stored.updateTimeMillis()))
              .build();
      case CursorsResult.BeyondLast beyond -> {
        FieldPath path = CURSORS.index(place).field("sequence_id");
        yield failed(
            Failure.of(
                    ERROR_REASON_OUT_OF_RANGE,
                    path
                        + " is "
                        + beyond.sequenceId()
                        + ", beyond the timeline's last id "
                        + beyond.lastSequenceId()
                        + "; commit what has been consumed")
                .withField(path.toString())
                .withValue(Long.toString(beyond.sequenceId()))
                .withLimit("at most " + beyond.lastSequenceId())
                .withStore(store.name())
                .withTimeline(asked.getTimeline()));
      }
    };
  }

  private static void fail(CursorResult[] results, List<Integer> places, Failure failure) {
    CursorResult failed = failed(failure);
    for (int place : places) {
      results[place] = failed;
    }
  }

  private static CursorResult failed(Failure failure) {
    return CursorResult.newBuilder().setError(ErrorMapper.toItemError(failure)).build();
  }

  // --- Reads ---

  /** A timeline's head and a reader's cursor in it, as one view shows them. */
  private record Position(@Nullable TimelineHead head, @Nullable CursorRecord cursor) {

    static Position read(ReadView view, byte[] timeline, byte[] reader) throws IOException {
      Optional<TimelineHead> head = view.head(timeline);
      if (head.isEmpty()) {
        return new Position(null, null);
      }
      Optional<byte[]> stored =
          view.record(RecordTables.CURSOR, CursorRecord.key(timeline, reader));
      CursorRecord cursor = stored.isPresent() ? CursorRecord.decode(stored.get()) : null;
      return new Position(
          head.get(), cursor != null && cursor.epoch() == head.get().epoch() ? cursor : null);
    }

    long last() {
      return head == null ? 0 : head.lastSequenceId();
    }

    long consumed() {
      return cursor == null ? 0 : cursor.sequenceId();
    }

    Cursor toProto(TimelineId timeline, String reader) {
      return Cursor.newBuilder()
          .setTimeline(timeline)
          .setReader(reader)
          .setSequenceId(consumed())
          .setUpdateTimeMs(cursor == null ? 0 : cursor.updateTimeMillis())
          .build();
    }

    Unread toUnread() {
      return Unread.newBuilder()
          .setCount(Math.max(0, Saturated.minus(last(), consumed())))
          .setLastSequenceId(last())
          .setCursorSequenceId(consumed())
          .build();
    }
  }

  /** Makes the part of a reply that is about one timeline. */
  private interface Answer<R> {
    R of(Position position, int place);
  }

  /** Asks another node for some of the timelines. */
  private interface Elsewhere<R> {
    List<R> ask(ManyTimelines many, ManyTimelines.Part part) throws Exception;
  }

  private Reply get(GetCursorsRequest request, CallContext context) throws Exception {
    CursorValidator.validate(request);
    List<CursorResult> results = new ArrayList<>();
    ByteString token =
        readMany(
            request.getStore(),
            request.getReader(),
            request.getTimelinesList(),
            request.getRead(),
            context,
            results,
            (position, place) ->
                CursorResult.newBuilder()
                    .setCursor(position.toProto(request.getTimelines(place), request.getReader()))
                    .build(),
            (many, part) -> {
              GetCursorsRequest.Builder ask = request.toBuilder().clearTimelines();
              part.places().forEach(place -> ask.addTimelines(request.getTimelines(place)));
              GetCursorsResponse there =
                  forwarding.read(
                      part.partition(),
                      CursorServiceGrpc.getGetCursorsMethod(),
                      ask.build(),
                      GetCursorsResponse.parser(),
                      context);
              many.note(there.getSessionToken());
              return there.getResultsList();
            },
            CursorCalls::failed);
    return Reply.of(
        GetCursorsResponse.newBuilder().addAllResults(results).setSessionToken(token).build());
  }

  private Reply countUnread(CountUnreadRequest request, CallContext context) throws Exception {
    CursorValidator.validate(request);
    List<UnreadResult> results = new ArrayList<>();
    ByteString token =
        readMany(
            request.getStore(),
            request.getReader(),
            request.getTimelinesList(),
            request.getRead(),
            context,
            results,
            (position, place) -> UnreadResult.newBuilder().setUnread(position.toUnread()).build(),
            (many, part) -> {
              CountUnreadRequest.Builder ask = request.toBuilder().clearTimelines();
              part.places().forEach(place -> ask.addTimelines(request.getTimelines(place)));
              CountUnreadResponse there =
                  forwarding.read(
                      part.partition(),
                      CursorServiceGrpc.getCountUnreadMethod(),
                      ask.build(),
                      CountUnreadResponse.parser(),
                      context);
              many.note(there.getSessionToken());
              return there.getResultsList();
            },
            failure ->
                UnreadResult.newBuilder().setError(ErrorMapper.toItemError(failure)).build());
    return Reply.of(
        CountUnreadResponse.newBuilder().addAllResults(results).setSessionToken(token).build());
  }

  /** What an item says of a failure. */
  private interface Failed<R> {
    R because(Failure failure);
  }

  /**
   * Reads a reader's positions in many timelines.
   *
   * @param results gets one per timeline, in order
   * @return the session token of the reply
   */
  private <R> ByteString readMany(
      String storeName,
      String reader,
      List<TimelineId> timelines,
      ReadOptions options,
      CallContext context,
      List<R> results,
      Answer<R> answer,
      Elsewhere<R> elsewhere,
      Failed<R> failed)
      throws Exception {
    StoreDescriptor store = stores.require(storeName);
    List<byte[]> keys = ManyTimelines.encode(TIMELINES, timelines, store);
    context.reserve((long) (CURSOR_BYTES + reader.length()) * keys.size());
    byte[] readerBytes = bytes(reader);
    List<@Nullable R> found = new ArrayList<>(java.util.Collections.nCopies(keys.size(), null));
    try (ManyTimelines many =
        ManyTimelines.open(stores, forwarding, store, keys, options, context)) {
      many.forEachPartition(
          (view, places) -> {
            for (int place : places) {
              R read = answer.of(Position.read(view, many.key(place), readerBytes), place);
              synchronized (found) {
                found.set(place, read);
              }
            }
          });
      many.forEachElsewhere(
          (partition, places) -> {
            List<R> there = elsewhere.ask(many, new ManyTimelines.Part(partition, places));
            Forwarding.requireCount(places.size(), there.size());
            synchronized (found) {
              for (int i = 0; i < places.size(); i++) {
                found.set(places.get(i), there.get(i));
              }
            }
          });
      for (int place = 0; place < keys.size(); place++) {
        Failure failure = many.failure(place);
        results.add(
            failure == null
                ? Objects.requireNonNull(found.get(place), "neither read nor failed")
                : failed.because(failure));
      }
      return many.token();
    }
  }

  // --- All readers of a timeline ---

  private Reply list(ListCursorsRequest request, CallContext context) throws Exception {
    CursorValidator.validate(request);
    StoreDescriptor store = stores.require(request.getStore());
    byte[] key =
        Identifiers.encode(TIMELINE, request.hasTimeline(), request.getTimeline(), store.schema());
    byte[] from = firstReader(request.getPageToken());
    int limit = request.hasLimit() ? request.getLimit() : Limits.PAGE_ENTRIES_DEFAULT;
    context.reserve((long) (CURSOR_BYTES + Limits.READER_BYTES_MAX) * limit);
    Partition partition = stores.route(store, key);
    Optional<Reply> elsewhere =
        forwarding.read(
            store.partitionOf(key), CursorServiceGrpc.getListCursorsMethod(), request, context);
    if (elsewhere.isPresent()) {
      return elsewhere.get();
    }
    ListCursorsResponse.Builder reply = ListCursorsResponse.newBuilder();
    try (ReadView view = new Reads(ReadOptions.getDefaultInstance(), context).view(partition)) {
      Optional<TimelineHead> head = view.head(key);
      if (head.isPresent()) {
        list(request.getTimeline(), key, from, limit, head.get().epoch(), view, reply);
      }
    }
    return Reply.of(reply.build());
  }

  private static void list(
      TimelineId timeline,
      byte[] key,
      byte[] from,
      int limit,
      long epoch,
      ReadView view,
      ListCursorsResponse.Builder reply)
      throws IOException {
    try (RecordCursor records =
        view.records(RecordTables.CURSOR, CursorRecord.lowestKey(key, from), null)) {
      while (records.next() && CursorRecord.isOf(key, records.key())) {
        CursorRecord cursor = CursorRecord.decode(records.value());
        if (cursor.epoch() != epoch) {
          continue;
        }
        String reader = CursorRecord.reader(key, records.key());
        if (reply.getCursorsCount() == limit) {
          reply.setNextPageToken(
              ByteString.copyFrom(new byte[] {TOKEN_VERSION})
                  .concat(ByteString.copyFromUtf8(reader)));
          return;
        }
        reply.addCursors(
            Cursor.newBuilder()
                .setTimeline(timeline)
                .setReader(reader)
                .setSequenceId(cursor.sequenceId())
                .setUpdateTimeMs(cursor.updateTimeMillis()));
      }
    }
  }

  private static byte[] firstReader(ByteString token) {
    if (token.isEmpty()) {
      return new byte[0];
    }
    if (token.byteAt(0) != TOKEN_VERSION || token.size() > 1 + Limits.READER_BYTES_MAX) {
      throw Check.refuse(
          ERROR_REASON_INVALID_TOKEN,
          PAGE_TOKEN,
          "",
          "next_page_token of the same listing",
          "is not one that this listing returned; repeat the call without a token from the first"
              + " page");
    }
    return token.substring(1).toByteArray();
  }

  private static byte[] bytes(String reader) {
    return reader.getBytes(StandardCharsets.UTF_8);
  }
}
