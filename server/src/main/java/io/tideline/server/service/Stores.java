package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_REPLICA_FAILED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_STALE_EPOCH;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_STORE_NOT_FOUND;

import io.tideline.manager.PartitionDescriptor;
import io.tideline.manager.StoreDescriptor;
import io.tideline.proto.v1.RouteHint;
import io.tideline.server.catalog.Catalog;
import io.tideline.server.catalog.PartitionFailure;
import io.tideline.server.replica.Partition;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Finds stores by name and partitions by identifier, or says why not. */
final class Stores {

  /** A partition that is not here yet is being made or opened. */
  private static final long RETRY_AFTER_MILLIS = 100;

  /** Longest wait for what the others know: less than most deadlines. */
  private static final long CURRENT_MILLIS_MAX = 2_000;

  private final Catalog catalog;
  private final StoreProtos protos;

  Stores(Catalog catalog, StoreProtos protos) {
    this.catalog = catalog;
    this.protos = protos;
  }

  /** The live store of this name. */
  StoreDescriptor require(String name) {
    return catalog
        .find(name)
        .or(() -> findAnew(name))
        .orElseThrow(() -> notFound(name).toException());
  }

  /** A store that another node has just created may not be known here yet. */
  private Optional<StoreDescriptor> findAnew(String name) {
    if (catalog.members().isAlone()) {
      return Optional.empty();
    }
    try {
      if (catalog.current().get(CURRENT_MILLIS_MAX, TimeUnit.MILLISECONDS)) {
        return catalog.find(name);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException e) {
      // Told below: nobody knows whether there is such a store.
    } catch (ExecutionException e) {
      throw new IllegalStateException("a defect while reading the catalog", e.getCause());
    }
    throw Failure.of(
            ERROR_REASON_PARTITION_UNAVAILABLE,
            "this node knows no store \""
                + Texts.shorten(name, 64)
                + "\", and cannot ask the others at the moment; retry")
        .withStore(name)
        .withRetryAfterMillis(RETRY_AFTER_MILLIS)
        .toException();
  }

  static Failure notFound(String name) {
    return Failure.of(
            ERROR_REASON_STORE_NOT_FOUND,
            "there is no store \""
                + Texts.shorten(name, 64)
                + "\"; create it, or list the stores to find the name")
        .withStore(name)
        .withField("store")
        .withValue(name);
  }

  /** The partition of a timeline, if the caller's belief about it is not stale. */
  Partition route(StoreDescriptor store, byte[] timeline, RouteHint hint) {
    PartitionDescriptor descriptor = store.partitionOf(timeline);
    if (isStale(hint, descriptor)) {
      throw Failure.of(
              ERROR_REASON_STALE_EPOCH,
              "the route hint names partition "
                  + hint.getPartitionId()
                  + " at range version "
                  + hint.getRangeVersion()
                  + ", but the timeline is in partition "
                  + descriptor.partitionId()
                  + " at range version "
                  + descriptor.rangeVersion()
                  + "; take the partition of this error and retry")
          .withStore(store.name())
          .withField("route")
          .withPartition(protos.partition(store.name(), descriptor))
          .toException();
    }
    return route(store, timeline);
  }

  /** The partition of a timeline. */
  Partition route(StoreDescriptor store, byte[] timeline) {
    return catalog
        .route(store, timeline)
        .orElseThrow(() -> unavailable(store, store.partitionOf(timeline)).toException());
  }

  /** A partition of a store. */
  Partition partition(StoreDescriptor store, PartitionDescriptor descriptor) {
    return catalog
        .route(descriptor)
        .orElseThrow(() -> unavailable(store, descriptor).toException());
  }

  private Failure unavailable(StoreDescriptor store, PartitionDescriptor descriptor) {
    return catalog
        .failure(descriptor.partitionId())
        .map(failure -> failed(failure).withPartition(protos.partition(store.name(), descriptor)))
        .orElseGet(() -> notRunning(store, descriptor))
        .withStore(store.name());
  }

  /** The answer for a partition that could not be opened. */
  static Failure failed(PartitionFailure failure) {
    return Failure.of(ERROR_REASON_REPLICA_FAILED, failure.message()).withValue(failure.place());
  }

  private Failure notRunning(StoreDescriptor store, PartitionDescriptor descriptor) {
    return Failure.of(
            ERROR_REASON_PARTITION_UNAVAILABLE,
            "partition "
                + descriptor.partitionId()
                + " of store "
                + store.name()
                + " is not running on this node (yet); retry")
        .withRetryAfterMillis(RETRY_AFTER_MILLIS)
        .withPartition(protos.partition(store.name(), descriptor));
  }

  private static boolean isStale(RouteHint hint, PartitionDescriptor descriptor) {
    if (hint.getPartitionId() == 0) {
      return false;
    }
    return hint.getPartitionId() != descriptor.partitionId()
        || differs(hint.getRangeVersion(), descriptor.rangeVersion())
        || differs(hint.getMembershipVersion(), descriptor.membershipVersion());
  }

  private static boolean differs(long believed, long present) {
    return believed != 0 && believed != present;
  }
}
