package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUT_OF_RANGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_QUOTA_EXCEEDED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_STORE_ALREADY_EXISTS;

import io.grpc.ServerServiceDefinition;
import io.tideline.manager.CatalogChange;
import io.tideline.manager.CatalogOutcome;
import io.tideline.manager.IdentifierField;
import io.tideline.manager.OptionsUpdate;
import io.tideline.manager.StoreDescriptor;
import io.tideline.manager.StoreOptions;
import io.tideline.manager.StoreState;
import io.tideline.proto.v1.AlterStoreRequest;
import io.tideline.proto.v1.AlterStoreResponse;
import io.tideline.proto.v1.CreateStoreRequest;
import io.tideline.proto.v1.CreateStoreResponse;
import io.tideline.proto.v1.DescribeStoreRequest;
import io.tideline.proto.v1.DescribeStoreResponse;
import io.tideline.proto.v1.DropStoreRequest;
import io.tideline.proto.v1.DropStoreResponse;
import io.tideline.proto.v1.ListStoresRequest;
import io.tideline.proto.v1.ListStoresResponse;
import io.tideline.proto.v1.StoreServiceGrpc;
import io.tideline.server.catalog.Catalog;
import io.tideline.server.replica.WriteOutcome;
import io.tideline.server.service.Marshallers.Reply;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** StoreService. */
final class StoreCalls {

  private static final FieldPath NAME = FieldPath.of("name");

  /** Copies of a store that does not say how many, where there are as many nodes. */
  private static final int DEFAULT_REPLICAS = 3;

  private final Catalog catalog;
  private final Stores stores;
  private final StoreProtos protos;

  StoreCalls(Catalog catalog, Stores stores, StoreProtos protos) {
    this.catalog = catalog;
    this.stores = stores;
    this.protos = protos;
  }

  ServerServiceDefinition bind(CallRunner runner) {
    return new ServiceTable(StoreServiceGrpc.getServiceDescriptor(), runner)
        .on(StoreServiceGrpc.getCreateStoreMethod(), this::create)
        .on(StoreServiceGrpc.getDescribeStoreMethod(), this::describe)
        .on(StoreServiceGrpc.getListStoresMethod(), this::list)
        .on(StoreServiceGrpc.getAlterStoreMethod(), this::alter)
        .on(StoreServiceGrpc.getDropStoreMethod(), this::drop)
        .build();
  }

  private Reply create(CreateStoreRequest request, CallContext context) throws Exception {
    StoreValidator.validate(request);
    StoreValidator.validateReplicasFit(
        replicas(request.getOptions().getReplicas()), catalog.members().all().size());
    List<IdentifierField> schema =
        request.getIdentifierSchemaList().stream()
            .map(f -> new IdentifierField(f.getName(), StoreProtos.type(f.getType())))
            .toList();
    List<byte[]> splitPoints = StoreValidator.encodeSplitPoints(request, schema);
    StoreDescriptor store =
        change(
            catalog.createStore(
                new CatalogChange.CreateStore(
                    request.getName(), schema, options(request.getOptions()), splitPoints)),
            context);
    return Reply.of(
        CreateStoreResponse.newBuilder()
            .setStore(StoreProtos.store(store))
            .addAllPartitions(protos.partitions(store))
            .build());
  }

  private Reply describe(DescribeStoreRequest request, CallContext context) {
    StoreValidator.validateName(NAME, request.getName());
    StoreDescriptor store = stores.require(request.getName());
    return Reply.of(
        DescribeStoreResponse.newBuilder()
            .setStore(StoreProtos.store(store))
            .addAllPartitions(protos.partitions(store))
            .build());
  }

  private Reply list(ListStoresRequest request, CallContext context) {
    ListStoresResponse.Builder reply = ListStoresResponse.newBuilder();
    for (StoreDescriptor store : catalog.list(request.getIncludeDropped())) {
      reply.addStores(StoreProtos.store(store));
    }
    return Reply.of(reply.build());
  }

  private Reply alter(AlterStoreRequest request, CallContext context) throws Exception {
    StoreValidator.validate(request);
    if (request.getUpdateFieldsList().contains("replicas")) {
      StoreValidator.validateReplicasStay(
          stores.require(request.getName()).options().replicas(),
          replicas(request.getOptions().getReplicas()));
    }
    if (request.getUpdateFieldsList().contains("retention_max_entries")) {
      StoreValidator.validateRetention(
          request.getOptions(), stores.require(request.getName()).options().sequenceMode());
    }
    StoreDescriptor store = change(catalog.alterStore(request.getName(), update(request)), context);
    return Reply.of(AlterStoreResponse.newBuilder().setStore(StoreProtos.store(store)).build());
  }

  private Reply drop(DropStoreRequest request, CallContext context) throws Exception {
    StoreValidator.validateName(NAME, request.getName());
    StoreDescriptor store = change(catalog.dropStore(request.getName()), context);
    return Reply.of(
        DropStoreResponse.newBuilder()
            .setRecoverableUntilMs(catalog.recoverableUntilMillis(store))
            .build());
  }

  private static StoreDescriptor change(
      CompletableFuture<WriteOutcome<CatalogOutcome>> future, CallContext context)
      throws Exception {
    return switch (Outcomes.applied(context.awaitWrite(future)).result()) {
      case CatalogOutcome.Done done -> done.store();
      case CatalogOutcome.StoreExists exists -> throw exists(exists).toException();
      case CatalogOutcome.StoreNotFound missing ->
          throw Stores.notFound(missing.name()).withField("name").toException();
      case CatalogOutcome.TooManyStores many ->
          throw Failure.of(
                  ERROR_REASON_QUOTA_EXCEEDED,
                  "the cluster has "
                      + many.limit()
                      + " stores, the most it may have; drop one that is not needed. Dropped stores"
                      + " count until their data is deleted")
              .withLimit(many.limit() + " stores")
              .toException();
      case CatalogOutcome.Invalid invalid ->
          throw Failure.of(ERROR_REASON_OUT_OF_RANGE, invalid.field() + " " + invalid.problem())
              .withField(invalid.field())
              .toException();
    };
  }

  private static Failure exists(CatalogOutcome.StoreExists exists) {
    boolean dropped = exists.state() == StoreState.DROPPED || exists.state() == StoreState.PURGING;
    return Failure.of(
            ERROR_REASON_STORE_ALREADY_EXISTS,
            dropped
                ? "a dropped store still holds the name \""
                    + exists.name()
                    + "\"; use another name, or wait until its data is deleted"
                : "there is a store \"" + exists.name() + "\" already; use it, or another name")
        .withStore(exists.name())
        .withField("name")
        .withValue(exists.name());
  }

  private StoreOptions options(io.tideline.proto.v1.StoreOptions options) {
    return new StoreOptions(
        StoreProtos.mode(options.getSequenceMode()),
        options.getTtlMs(),
        options.getRetentionMaxEntries(),
        options.getRetentionMaxBytes(),
        StoreProtos.storage(options.getStorageType()),
        replicas(options.getReplicas()),
        dedupWindow(options.getDedupWindowMs()));
  }

  private OptionsUpdate update(AlterStoreRequest request) {
    Set<String> named = new HashSet<>(request.getUpdateFieldsList());
    io.tideline.proto.v1.StoreOptions options = request.getOptions();
    return new OptionsUpdate(
        when(named.contains("ttl_ms"), options.getTtlMs()),
        when(named.contains("retention_max_entries"), options.getRetentionMaxEntries()),
        when(named.contains("retention_max_bytes"), options.getRetentionMaxBytes()),
        named.contains("storage_type")
            ? Optional.of(StoreProtos.storage(options.getStorageType()))
            : Optional.empty(),
        named.contains("replicas")
            ? OptionalInt.of(replicas(options.getReplicas()))
            : OptionalInt.empty(),
        when(named.contains("dedup_window_ms"), dedupWindow(options.getDedupWindowMs())));
  }

  private static OptionalLong when(boolean named, long value) {
    return named ? OptionalLong.of(value) : OptionalLong.empty();
  }

  private int replicas(int asked) {
    if (asked != 0) {
      return asked;
    }
    return catalog.members().all().size() >= DEFAULT_REPLICAS ? DEFAULT_REPLICAS : 1;
  }

  private static long dedupWindow(long askedMillis) {
    return askedMillis == 0 ? StoreOptions.DEFAULT_DEDUP_WINDOW_MILLIS : askedMillis;
  }
}
