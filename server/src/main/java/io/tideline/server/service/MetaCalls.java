package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_CONDITION_FAILED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_META_ALREADY_EXISTS;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_META_NOT_FOUND;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.ServerServiceDefinition;
import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.ReadView;
import io.tideline.manager.StoreDescriptor;
import io.tideline.proto.v1.DeleteMetaRequest;
import io.tideline.proto.v1.DeleteMetaResponse;
import io.tideline.proto.v1.GetMetaRequest;
import io.tideline.proto.v1.GetMetaResponse;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.Meta;
import io.tideline.proto.v1.MetaServiceGrpc;
import io.tideline.proto.v1.Projection;
import io.tideline.proto.v1.PutMetaRequest;
import io.tideline.proto.v1.PutMetaResponse;
import io.tideline.proto.v1.ReadOptions;
import io.tideline.proto.v1.TimelineId;
import io.tideline.proto.v1.UpdateMetaRequest;
import io.tideline.proto.v1.UpdateMetaResponse;
import io.tideline.server.command.Command;
import io.tideline.server.command.DeleteMetaResult;
import io.tideline.server.command.MetaRecord;
import io.tideline.server.command.PutMetaResult;
import io.tideline.server.command.RecordTables;
import io.tideline.server.replica.Partition;
import io.tideline.server.replica.WriteOutcome;
import io.tideline.server.service.Marshallers.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.Lock;

/** MetaService; its listing is in {@link MetaListing}. */
final class MetaCalls {

  private static final FieldPath TIMELINE = FieldPath.of("timeline");

  /**
   * How often an update starts over because a put or a delete came in between; updates wait for
   * each other. Each round is a read and a write, so more under such contention only add to it.
   */
  private static final int UPDATE_ROUNDS_MAX = 16;

  /** By then the writes that came in between are through. */
  private static final long CONTENTION_RETRY_AFTER_MILLIS = 100;

  private final Stores stores;
  private final Forwarding forwarding;
  private final MetaValidator validator;
  private final MessageValidator messages;
  private final MetaListing listing;

  /** That no update is lost does not depend on it but on the version each put names. */
  private final UpdateLocks updating = new UpdateLocks();

  MetaCalls(Stores stores, Forwarding forwarding, MessageValidator messages) {
    this.stores = stores;
    this.forwarding = forwarding;
    this.validator = new MetaValidator(messages);
    this.messages = messages;
    this.listing = new MetaListing(stores, forwarding, validator);
  }

  ServerServiceDefinition bind(CallRunner runner) {
    return new ServiceTable(MetaServiceGrpc.getServiceDescriptor(), runner)
        .on(MetaServiceGrpc.getPutMetaMethod(), this::put)
        .on(MetaServiceGrpc.getUpdateMetaMethod(), this::update)
        .on(MetaServiceGrpc.getGetMetaMethod(), this::get)
        .on(MetaServiceGrpc.getDeleteMetaMethod(), this::delete)
        .on(MetaServiceGrpc.getListMetaMethod(), listing::list)
        .build();
  }

  private Reply put(PutMetaRequest request, CallContext context) throws Exception {
    validator.validate(request);
    StoreDescriptor store = stores.require(request.getStore());
    byte[] key =
        Identifiers.encode(TIMELINE, request.hasTimeline(), request.getTimeline(), store.schema());
    Partition partition = context.writesTo(stores.route(store, key, request.getRoute()));
    long expected =
        request.getMustNotExist() ? Command.PutMeta.ABSENT : Command.PutMeta.ANY_VERSION;
    WriteOutcome.Applied<PutMetaResult> applied =
        Outcomes.applied(
            context.awaitWrite(
                partition.putMeta(
                    new Command.PutMeta(key, expected, StoredEntry.encode(request.getFields())))));
    return switch (applied.result()) {
      case PutMetaResult.Done done ->
          Reply.of(
              PutMetaResponse.newBuilder()
                  .setRevision(done.revision())
                  .setSessionToken(token(partition, applied.position()))
                  .build());
      case PutMetaResult.Conflict conflict ->
          throw Failure.of(
                  ERROR_REASON_META_ALREADY_EXISTS,
                  "the timeline has meta already, at revision "
                      + conflict.revision()
                      + "; update it, or put without must_not_exist to replace it")
              .withField("must_not_exist")
              .withValue("revision " + conflict.revision())
              .withStore(store.name())
              .withTimeline(request.getTimeline())
              .toException();
    };
  }

  private Reply update(UpdateMetaRequest request, CallContext context) throws Exception {
    validator.validate(request);
    StoreDescriptor store = stores.require(request.getStore());
    byte[] key =
        Identifiers.encode(TIMELINE, request.hasTimeline(), request.getTimeline(), store.schema());
    Partition partition = context.writesTo(stores.route(store, key, request.getRoute()));
    // The put depends on what was read, so it is decided where that can be read.
    Optional<Reply> elsewhere =
        forwarding.write(
            store.partitionOf(key), MetaServiceGrpc.getUpdateMetaMethod(), request, context);
    if (elsewhere.isPresent()) {
      return elsewhere.get();
    }
    Lock lock = updating.of(key);
    context.awaitLock(lock);
    try {
      return update(request, store, partition, key, context);
    } finally {
      lock.unlock();
    }
  }

  private Reply update(
      UpdateMetaRequest request,
      StoreDescriptor store,
      Partition partition,
      byte[] key,
      CallContext context)
      throws Exception {
    for (int round = 0; round < UPDATE_ROUNDS_MAX; round++) {
      MetaRecord present = present(request, store, partition, key, context);
      Message merged =
          messages.changed(
              decode(present),
              request.getSetFieldsMap(),
              request.getRemoveFieldsList(),
              "DeleteMeta");
      WriteOutcome.Applied<PutMetaResult> applied =
          Outcomes.applied(
              context.awaitWrite(
                  partition.putMeta(
                      new Command.PutMeta(key, present.version(), StoredEntry.encode(merged)))));
      if (applied.result() instanceof PutMetaResult.Done done) {
        return Reply.of(
            UpdateMetaResponse.newBuilder()
                .setRevision(done.revision())
                .setSessionToken(token(partition, applied.position()))
                .build());
      }
    }
    throw Failure.of(
            ERROR_REASON_PARTITION_UNAVAILABLE,
            "other writes of this meta came in between "
                + UPDATE_ROUNDS_MAX
                + " times; nothing was written, retry")
        .withRetryAfterMillis(CONTENTION_RETRY_AFTER_MILLIS)
        .withStore(store.name())
        .withTimeline(request.getTimeline())
        .toException();
  }

  /** The meta to change, which meets the update's conditions. */
  private static MetaRecord present(
      UpdateMetaRequest request,
      StoreDescriptor store,
      Partition partition,
      byte[] key,
      CallContext context)
      throws Exception {
    MetaRecord present;
    try (ReadView view = new Reads(ReadOptions.getDefaultInstance(), context).view(partition)) {
      present =
          read(view, key).orElseThrow(() -> notFound(store, request.getTimeline()).toException());
    }
    if (request.hasExpectedRevision() && request.getExpectedRevision() != present.revision()) {
      throw Failure.of(
              ERROR_REASON_CONDITION_FAILED,
              "the meta is at revision "
                  + present.revision()
                  + ", not the expected "
                  + request.getExpectedRevision()
                  + "; read it and decide again")
          .withField("expected_revision")
          .withValue(Long.toString(present.revision()))
          .withLimit(Long.toString(request.getExpectedRevision()))
          .withStore(store.name())
          .withTimeline(request.getTimeline())
          .toException();
    }
    if (request.hasCondition()
        && !FilterEvaluator.matches(request.getCondition(), decode(present))) {
      throw Failure.of(
              ERROR_REASON_CONDITION_FAILED,
              "the present meta, revision "
                  + present.revision()
                  + ", does not match the condition; read it and decide again")
          .withField("condition")
          .withValue("revision " + present.revision())
          .withStore(store.name())
          .withTimeline(request.getTimeline())
          .toException();
    }
    return present;
  }

  private Reply get(GetMetaRequest request, CallContext context) throws Exception {
    validator.validate(request);
    StoreDescriptor store = stores.require(request.getStore());
    byte[] key =
        Identifiers.encode(TIMELINE, request.hasTimeline(), request.getTimeline(), store.schema());
    Partition partition = stores.route(store, key, request.getRoute());
    Optional<Reply> elsewhere =
        forwarding.read(
            store.partitionOf(key), MetaServiceGrpc.getGetMetaMethod(), request, context);
    if (elsewhere.isPresent()) {
      context.reserve(elsewhere.get().size());
      return elsewhere.get();
    }
    Reads reads = new Reads(request.getRead(), context);
    try (ReadView view = reads.view(partition)) {
      MetaRecord present =
          read(view, key).orElseThrow(() -> notFound(store, request.getTimeline()).toException());
      context.reserve(present.value().length);
      return Reply.of(
          GetMetaResponse.newBuilder()
              .setMeta(toProto(request.getTimeline(), present, request.getProjection()))
              .setSessionToken(reads.token())
              .build());
    }
  }

  private Reply delete(DeleteMetaRequest request, CallContext context) throws Exception {
    validator.validate(request);
    StoreDescriptor store = stores.require(request.getStore());
    byte[] key =
        Identifiers.encode(TIMELINE, request.hasTimeline(), request.getTimeline(), store.schema());
    Partition partition = context.writesTo(stores.route(store, key, request.getRoute()));
    WriteOutcome.Applied<DeleteMetaResult> applied =
        Outcomes.applied(context.awaitWrite(partition.deleteMeta(new Command.DeleteMeta(key))));
    return Reply.of(
        DeleteMetaResponse.newBuilder()
            .setExisted(applied.result().existed())
            .setSessionToken(token(partition, applied.position()))
            .build());
  }

  private static Optional<MetaRecord> read(ReadView view, byte[] key) throws IOException {
    return view.record(RecordTables.META, key).map(MetaRecord::decode);
  }

  static Meta toProto(TimelineId timeline, MetaRecord record, Projection projection)
      throws IOException {
    return Meta.newBuilder()
        .setTimeline(timeline)
        .setFields(Projector.apply(projection, decode(record)))
        .setRevision(record.revision())
        .setUpdateTimeMs(record.updateTimeMillis())
        .build();
  }

  private static Message decode(MetaRecord record) throws CorruptionException {
    try {
      return Message.parseFrom(record.value());
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptionException(
          Path.of("meta"), 0, "an encoded message", String.valueOf(e.getMessage()));
    }
  }

  private static Failure notFound(StoreDescriptor store, TimelineId timeline) {
    return Failure.of(
            ERROR_REASON_META_NOT_FOUND, "the timeline has no meta; put it before you change it")
        .withStore(store.name())
        .withTimeline(timeline);
  }

  private static ByteString token(Partition partition, long position) {
    return SessionToken.of(partition.partitionId(), position);
  }
}
