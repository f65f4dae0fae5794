package io.tideline.client;

import io.tideline.proto.v1.CreateStoreResponse;
import io.tideline.proto.v1.DescribeStoreRequest;
import io.tideline.proto.v1.DescribeStoreResponse;
import io.tideline.proto.v1.DropStoreRequest;
import io.tideline.proto.v1.ListStoresRequest;
import io.tideline.proto.v1.StoreServiceGrpc;
import java.time.Instant;
import java.util.List;

/**
 * Creates, describes, changes and drops stores. Get it from {@link TidelineClient#stores()}.
 *
 * <p>Thread-safe. Every method blocks and throws {@link TidelineException}.
 */
public final class StoreClient {

  private final Caller caller;
  private final CallSettings settings;

  StoreClient(Caller caller, CallSettings settings) {
    this.caller = caller;
    this.settings = settings;
  }

  /**
   * Creates a store; returns when all its partitions accept writes. Not retried after an unknown
   * outcome: describe the store to find out.
   *
   * <p>Errors: INVALID_NAME, REQUIRED, OUT_OF_RANGE, TOO_MANY, STORE_ALREADY_EXISTS,
   * QUOTA_EXCEEDED.
   */
  public StoreDescription create(StoreSpec spec) {
    CreateStoreResponse response =
        Caller.await(
            caller.call(
                StoreServiceGrpc.getCreateStoreMethod(),
                WireStores.toRequest(spec),
                WriteKind.SINGLE,
                spec.name(),
                settings),
            true);
    return WireStores.description(response.getStore(), response.getPartitionsList());
  }

  /** A store and its partitions. Errors: STORE_NOT_FOUND. */
  public StoreDescription describe(String store) {
    DescribeStoreResponse response =
        Caller.await(
            caller.call(
                StoreServiceGrpc.getDescribeStoreMethod(),
                DescribeStoreRequest.newBuilder().setName(store).build(),
                WriteKind.READ,
                store,
                settings),
            false);
    return WireStores.description(response.getStore(), response.getPartitionsList());
  }

  /** All live stores, by name. */
  public List<StoreInfo> list() {
    return list(false);
  }

  /** All live stores and those dropped that can still be recovered, by name. */
  public List<StoreInfo> listWithDropped() {
    return list(true);
  }

  private List<StoreInfo> list(boolean includeDropped) {
    return Caller.await(
            caller.call(
                StoreServiceGrpc.getListStoresMethod(),
                ListStoresRequest.newBuilder().setIncludeDropped(includeDropped).build(),
                WriteKind.READ,
                "",
                settings),
            false)
        .getStoresList()
        .stream()
        .map(WireStores::fromWire)
        .toList();
  }

  /** Changes options of a live store. Errors: STORE_NOT_FOUND and those of create. */
  public StoreInfo alter(String store, StoreAlteration alteration) {
    return WireStores.fromWire(
        Caller.await(
                caller.call(
                    StoreServiceGrpc.getAlterStoreMethod(),
                    WireStores.toRequest(store, alteration),
                    WriteKind.SINGLE,
                    store,
                    settings),
                true)
            .getStore());
  }

  /**
   * Drops a store: it disappears at once. Errors: STORE_NOT_FOUND.
   *
   * @return until when it can be recovered; then its data is deleted
   */
  public Instant drop(String store) {
    return Instant.ofEpochMilli(
        Caller.await(
                caller.call(
                    StoreServiceGrpc.getDropStoreMethod(),
                    DropStoreRequest.newBuilder().setName(store).build(),
                    WriteKind.SINGLE,
                    store,
                    settings),
                true)
            .getRecoverableUntilMs());
  }
}
