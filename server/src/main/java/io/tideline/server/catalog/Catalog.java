package io.tideline.server.catalog;

import io.tideline.manager.CatalogChange;
import io.tideline.manager.CatalogImage;
import io.tideline.manager.CatalogOutcome;
import io.tideline.manager.OptionsUpdate;
import io.tideline.manager.PartitionDescriptor;
import io.tideline.manager.StoreDescriptor;
import io.tideline.server.cluster.Members;
import io.tideline.server.replica.Partition;
import io.tideline.server.replica.Replica;
import io.tideline.server.replica.WriteOutcome;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The stores of the cluster and where their partitions are.
 *
 * <p>Look-ups read an immutable image and never block. Changes go through partition 0's log; their
 * futures complete normally with a value, as {@link Partition}'s do, on a thread of the catalog.
 *
 * <p>Threading: safe for many threads.
 */
public interface Catalog {

  /** Most stores a cluster may have, dropped ones that still hold their data included. */
  int STORES_MAX = CatalogImage.STORES_MAX;

  /** A live store. */
  Optional<StoreDescriptor> find(String name);

  /** A store in any state, by its id. */
  Optional<StoreDescriptor> find(long storeId);

  /** Live stores by name; with {@code includeDropped} also those that can still be recovered. */
  List<StoreDescriptor> list(boolean includeDropped);

  /** The store a partition belongs to; empty for partition 0 and unknown ones. */
  Optional<StoreDescriptor> storeOf(long partitionId);

  /**
   * The partition that holds a timeline, usable from this node wherever its replicas are; empty if
   * its only one is this node's and not running (yet).
   *
   * @param identifier encoded identifier
   */
  Optional<Partition> route(StoreDescriptor store, byte[] identifier);

  /** As above, of a partition by its descriptor. The same object for the same partition. */
  Optional<Partition> route(PartitionDescriptor partition);

  /** A replica running on this node, that of partition 0 included. */
  Optional<Replica> partition(long partitionId);

  /** All replicas running on this node by partition, that of partition 0 included. */
  List<Replica> partitions();

  /** The nodes of the cluster. */
  Members members();

  /**
   * Completes with true once this node knows of every change that was acknowledged anywhere before
   * the call; with false if the catalog cannot be asked at the moment.
   */
  CompletableFuture<Boolean> current();

  /** Why a partition of this node could not be opened; empty for all others. */
  Optional<PartitionFailure> failure(long partitionId);

  /** The partitions of this node that could not be opened, by id. */
  List<PartitionFailure> failures();

  /**
   * Creates a store. Completes when every partition accepts writes; the outcome carries the live
   * store.
   */
  CompletableFuture<WriteOutcome<CatalogOutcome>> createStore(CatalogChange.CreateStore request);

  /** Changes options. Completes when every partition has applied them. */
  CompletableFuture<WriteOutcome<CatalogOutcome>> alterStore(String name, OptionsUpdate update);

  /**
   * Drops a store: it is gone from {@link #find} on completion. The outcome carries the dropped
   * store; its data is deleted after {@link #recoverableUntilMillis}.
   */
  CompletableFuture<WriteOutcome<CatalogOutcome>> dropStore(String name);

  /** Until when a dropped store keeps its data, milliseconds since the epoch. */
  long recoverableUntilMillis(StoreDescriptor dropped);
}
