package io.tideline.client;

import com.google.protobuf.ByteString;
import io.tideline.proto.v1.DeleteMetaRequest;
import io.tideline.proto.v1.GetMetaRequest;
import io.tideline.proto.v1.ListMetaRequest;
import io.tideline.proto.v1.ListMetaResponse;
import io.tideline.proto.v1.MetaServiceGrpc;
import io.tideline.proto.v1.PutMetaRequest;
import io.tideline.proto.v1.UpdateMetaRequest;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Reads and writes the meta of timelines. Get it from {@link TidelineClient#meta()}.
 *
 * <p>Thread-safe. Blocking methods throw {@link TidelineException}; the futures of the others are
 * completed with it. Writes are not retried after an unknown outcome, for a second arrival could
 * undo what somebody else wrote in between.
 */
public final class MetaClient {

  private final Caller caller;
  private final CallSettings settings;

  MetaClient(Caller caller, CallSettings settings) {
    this.caller = caller;
    this.settings = settings;
  }

  /**
   * Inserts a timeline's meta or replaces all of it.
   *
   * @return its revision
   */
  public long put(TimelineKey timeline, Message fields) {
    return Caller.await(putAsync(timeline, fields), true);
  }

  /** As {@link #put}. */
  public CompletableFuture<Long> putAsync(TimelineKey timeline, Message fields) {
    return put(timeline, fields, false);
  }

  /**
   * Inserts a timeline's meta; META_ALREADY_EXISTS if it has some.
   *
   * @return its revision
   */
  public long insert(TimelineKey timeline, Message fields) {
    return Caller.await(insertAsync(timeline, fields), true);
  }

  /** As {@link #insert}. */
  public CompletableFuture<Long> insertAsync(TimelineKey timeline, Message fields) {
    return put(timeline, fields, true);
  }

  private CompletableFuture<Long> put(TimelineKey timeline, Message fields, boolean mustNotExist) {
    PutMetaRequest request =
        PutMetaRequest.newBuilder()
            .setStore(timeline.store())
            .setTimeline(WireValues.toWire(timeline.identifier()))
            .setFields(WireValues.toWire(fields))
            .setMustNotExist(mustNotExist)
            .build();
    return Futures.map(
        caller.call(
            MetaServiceGrpc.getPutMetaMethod(),
            request,
            WriteKind.SINGLE,
            timeline.store(),
            timeline,
            settings),
        response -> {
          settings.saw(response.getSessionToken());
          return response.getRevision();
        });
  }

  /**
   * Sets and removes single fields. Errors: META_NOT_FOUND, CONDITION_FAILED.
   *
   * @return the new revision
   */
  public long update(TimelineKey timeline, MetaUpdate update) {
    return Caller.await(updateAsync(timeline, update), true);
  }

  /** As {@link #update}. */
  public CompletableFuture<Long> updateAsync(TimelineKey timeline, MetaUpdate update) {
    UpdateMetaRequest.Builder request =
        UpdateMetaRequest.newBuilder()
            .setStore(timeline.store())
            .setTimeline(WireValues.toWire(timeline.identifier()))
            .addAllRemoveFields(update.removeFields());
    update
        .setFields()
        .forEach((name, value) -> request.putSetFields(name, WireValues.toWire(value)));
    update.condition().ifPresent(filter -> request.setCondition(WireValues.toWire(filter)));
    update.expectedRevision().ifPresent(request::setExpectedRevision);
    return Futures.map(
        caller.call(
            MetaServiceGrpc.getUpdateMetaMethod(),
            request.build(),
            WriteKind.SINGLE,
            timeline.store(),
            timeline,
            settings),
        response -> {
          settings.saw(response.getSessionToken());
          return response.getRevision();
        });
  }

  /** A timeline's meta; empty if it has none. */
  public Optional<Meta> get(TimelineKey timeline) {
    return Caller.await(getAsync(timeline), false);
  }

  /** As {@link #get}. */
  public CompletableFuture<Optional<Meta>> getAsync(TimelineKey timeline) {
    return getAsync(timeline, Projection.all());
  }

  /** A timeline's meta, only some of its fields; empty if it has none. */
  public Optional<Meta> get(TimelineKey timeline, Projection projection) {
    return Caller.await(getAsync(timeline, projection), false);
  }

  /** As {@link #get(TimelineKey, Projection)}. */
  public CompletableFuture<Optional<Meta>> getAsync(TimelineKey timeline, Projection projection) {
    GetMetaRequest request =
        GetMetaRequest.newBuilder()
            .setStore(timeline.store())
            .setTimeline(WireValues.toWire(timeline.identifier()))
            .setProjection(WireValues.toWire(projection))
            .setRead(settings.readOptions())
            .build();
    return Futures.absentIf(
        ErrorCode.META_NOT_FOUND,
        caller.call(
            MetaServiceGrpc.getGetMetaMethod(),
            request,
            WriteKind.READ,
            timeline.store(),
            settings),
        response -> {
          settings.saw(response.getSessionToken());
          return meta(timeline.store(), response.getMeta());
        });
  }

  /**
   * Removes a timeline's meta; its entries stay.
   *
   * @return whether there was any
   */
  public boolean delete(TimelineKey timeline) {
    return Caller.await(deleteAsync(timeline), true);
  }

  /** As {@link #delete}. */
  public CompletableFuture<Boolean> deleteAsync(TimelineKey timeline) {
    DeleteMetaRequest request =
        DeleteMetaRequest.newBuilder()
            .setStore(timeline.store())
            .setTimeline(WireValues.toWire(timeline.identifier()))
            .build();
    return Futures.map(
        caller.call(
            MetaServiceGrpc.getDeleteMetaMethod(),
            request,
            WriteKind.SINGLE,
            timeline.store(),
            timeline,
            settings),
        response -> {
          settings.saw(response.getSessionToken());
          return response.getExisted();
        });
  }

  /**
   * Lists meta by identifier, in order. Lazy: pages are fetched as the iteration goes on, each
   * within the client's deadline, and {@code next()} and {@code hasNext()} throw {@link
   * TidelineException}. Each {@code iterator()} begins a listing of its own.
   */
  public Iterable<Meta> list(MetaListSpec spec) {
    return () -> new PageIterator<>(token -> page(spec, token));
  }

  /** One page; an empty token asks for the first. */
  private PageIterator.ListingPage<Meta> page(MetaListSpec spec, ByteString pageToken) {
    ListMetaRequest.Builder request =
        ListMetaRequest.newBuilder()
            .setStore(spec.store())
            .setLimit(spec.pageSize())
            .setPageToken(pageToken)
            .setRead(settings.readOptions())
            .setProjection(WireValues.toWire(spec.projection()));
    spec.prefix().forEach(value -> request.addPrefix(WireValues.toIdentifierValue(value)));
    spec.start().ifPresent(start -> request.setStart(WireValues.toWire(start)));
    spec.end().ifPresent(end -> request.setEnd(WireValues.toWire(end)));
    ListMetaResponse page =
        Caller.await(
            caller.call(
                MetaServiceGrpc.getListMetaMethod(),
                request.build(),
                WriteKind.READ,
                spec.store(),
                settings),
            false);
    settings.saw(page.getSessionToken());
    return new PageIterator.ListingPage<>(
        page.getMetasList().stream().map(meta -> meta(spec.store(), meta)).toList(),
        page.getNextPageToken());
  }

  static Meta meta(String store, io.tideline.proto.v1.Meta meta) {
    return new Meta(
        new TimelineKey(store, WireValues.fromWire(meta.getTimeline())),
        WireValues.fromWire(meta.getFields()),
        meta.getRevision(),
        Instant.ofEpochMilli(meta.getUpdateTimeMs()));
  }
}
