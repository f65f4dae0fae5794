package io.tideline.client;

import com.google.protobuf.ByteString;
import io.tideline.proto.v1.CommitCursorsRequest;
import io.tideline.proto.v1.CountUnreadRequest;
import io.tideline.proto.v1.CursorServiceGrpc;
import io.tideline.proto.v1.GetCursorsRequest;
import io.tideline.proto.v1.ListCursorsRequest;
import io.tideline.proto.v1.ListCursorsResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Keeps, for named readers, the last consumed id of timelines. Get it from {@link
 * TidelineClient#cursors()}.
 *
 * <p>A cursor never goes back: committing a smaller id than the stored one leaves it where it is.
 * So a commit may be repeated, and is retried after an unknown outcome; devices of one user may
 * share a reader.
 *
 * <p>Thread-safe. Blocking methods throw {@link TidelineException}; the futures of the others are
 * completed with it.
 */
public final class CursorClient {

  private static final int PAGE_SIZE = 1_000;

  private final Caller caller;
  private final CallSettings settings;

  CursorClient(Caller caller, CallSettings settings) {
    this.caller = caller;
    this.settings = settings;
  }

  /**
   * Moves one cursor forward. Errors: OUT_OF_RANGE (beyond the timeline's last id).
   *
   * @param reader 1 to 128 bytes of UTF-8: a user, or one of its devices
   * @param sequenceId the last consumed id
   * @return the cursor as it stands now, which may be further
   */
  public Cursor commit(TimelineKey timeline, String reader, long sequenceId) {
    return commitAll(timeline.store(), reader, Map.of(timeline.identifier(), sequenceId))
        .get(0)
        .orThrow();
  }

  /** As {@link #commit}, without waiting. */
  public CompletableFuture<Cursor> commitAsync(
      TimelineKey timeline, String reader, long sequenceId) {
    return Futures.map(
        commitAllAsync(timeline.store(), reader, Map.of(timeline.identifier(), sequenceId)),
        results -> results.get(0).orThrow());
  }

  /**
   * Moves one reader's cursors in up to 1,000 timelines of a store.
   *
   * @param positions the last consumed id by timeline
   * @return one result per timeline, in the order of the map
   */
  public List<CursorResult> commitAll(
      String store, String reader, Map<Identifier, Long> positions) {
    return Caller.await(commitAllAsync(store, reader, positions), true);
  }

  /** As {@link #commitAll}, without waiting. */
  public CompletableFuture<List<CursorResult>> commitAllAsync(
      String store, String reader, Map<Identifier, Long> positions) {
    CommitCursorsRequest.Builder request = CommitCursorsRequest.newBuilder().setStore(store);
    List<Identifier> asked = new ArrayList<>();
    positions.forEach(
        (timeline, consumed) -> {
          asked.add(timeline);
          request.addCursors(
              io.tideline.proto.v1.Cursor.newBuilder()
                  .setTimeline(WireValues.toWire(timeline))
                  .setReader(reader)
                  .setSequenceId(consumed));
        });
    MultiRead.requireCount(asked);
    return Futures.map(
        caller.call(
            CursorServiceGrpc.getCommitCursorsMethod(),
            request.build(),
            WriteKind.REPEATABLE,
            store,
            new TimelineKey(store, asked.get(0)),
            settings),
        response -> {
          settings.saw(response.getSessionToken());
          return MultiRead.cursors(store, asked, response.getResultsList(), WriteKind.REPEATABLE);
        });
  }

  /**
   * One reader's cursors in up to 1,000 timelines of a store, in the order asked. A cursor that was
   * never committed has id 0.
   */
  public List<CursorResult> get(String store, String reader, Collection<Identifier> timelines) {
    return Caller.await(getAsync(store, reader, timelines), false);
  }

  /** As {@link #get}, without waiting. */
  public CompletableFuture<List<CursorResult>> getAsync(
      String store, String reader, Collection<Identifier> timelines) {
    GetCursorsRequest.Builder request =
        GetCursorsRequest.newBuilder()
            .setStore(store)
            .setReader(reader)
            .setRead(settings.readOptions());
    List<Identifier> asked = MultiRead.require(timelines);
    asked.forEach(timeline -> request.addTimelines(WireValues.toWire(timeline)));
    return Futures.map(
        caller.call(
            CursorServiceGrpc.getGetCursorsMethod(),
            request.build(),
            WriteKind.READ,
            store,
            settings),
        response -> {
          settings.saw(response.getSessionToken());
          return MultiRead.cursors(store, asked, response.getResultsList(), WriteKind.READ);
        });
  }

  /**
   * All readers of a timeline that ever committed, by the bytes of their names. Lazy: pages are
   * fetched as the iteration goes on, each within the client's deadline, and {@code next()} and
   * {@code hasNext()} throw {@link TidelineException}. Each {@code iterator()} begins a listing of
   * its own.
   */
  public Iterable<Cursor> list(TimelineKey timeline) {
    return () -> new PageIterator<>(token -> page(timeline, token));
  }

  private PageIterator.ListingPage<Cursor> page(TimelineKey timeline, ByteString token) {
    ListCursorsResponse response =
        Caller.await(
            caller.call(
                CursorServiceGrpc.getListCursorsMethod(),
                ListCursorsRequest.newBuilder()
                    .setStore(timeline.store())
                    .setTimeline(WireValues.toWire(timeline.identifier()))
                    .setLimit(PAGE_SIZE)
                    .setPageToken(token)
                    .build(),
                WriteKind.READ,
                timeline.store(),
                settings),
            false);
    List<Cursor> cursors = new ArrayList<>();
    response.getCursorsList().forEach(cursor -> cursors.add(cursor(timeline, cursor)));
    return new PageIterator.ListingPage<>(cursors, response.getNextPageToken());
  }

  /**
   * What one reader has not consumed of up to 1,000 timelines of a store, in the order asked: a
   * whole conversation list in one call. Costs the same however many entries there are.
   */
  public List<UnreadResult> unread(String store, String reader, Collection<Identifier> timelines) {
    return Caller.await(unreadAsync(store, reader, timelines), false);
  }

  /** As {@link #unread}, without waiting. */
  public CompletableFuture<List<UnreadResult>> unreadAsync(
      String store, String reader, Collection<Identifier> timelines) {
    CountUnreadRequest.Builder request =
        CountUnreadRequest.newBuilder()
            .setStore(store)
            .setReader(reader)
            .setRead(settings.readOptions());
    List<Identifier> asked = MultiRead.require(timelines);
    asked.forEach(timeline -> request.addTimelines(WireValues.toWire(timeline)));
    return Futures.map(
        caller.call(
            CursorServiceGrpc.getCountUnreadMethod(),
            request.build(),
            WriteKind.READ,
            store,
            settings),
        response -> {
          settings.saw(response.getSessionToken());
          return MultiRead.unread(store, asked, response);
        });
  }

  static Cursor cursor(TimelineKey timeline, io.tideline.proto.v1.Cursor cursor) {
    return new Cursor(
        timeline,
        cursor.getReader(),
        cursor.getSequenceId(),
        cursor.getUpdateTimeMs() == 0 ? null : Instant.ofEpochMilli(cursor.getUpdateTimeMs()));
  }
}
