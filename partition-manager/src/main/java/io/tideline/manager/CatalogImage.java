package io.tideline.manager;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All stores and partitions of a cluster at one moment. Immutable; a change gives a {@link
 * CatalogTransition}, whose delta gives the next image.
 *
 * <p>Invariants: (1) ids of stores and partitions are never given twice; (2) the partitions of a
 * store cover all identifiers without gap or overlap; (3) no two stores hold one name, unless the
 * data of one is being deleted.
 */
public final class CatalogImage {

  /** Most stores of a cluster: each node keeps the image of all of them in memory. */
  public static final int STORES_MAX = 1024;

  /** Most partitions a store can be created with. */
  public static final int INITIAL_PARTITIONS_MAX = 1024;

  /** A cluster without a store. Partition 0 is the catalog itself. */
  public static final CatalogImage EMPTY = new CatalogImage(List.of(), 1, 1);

  private final TreeMap<Long, StoreDescriptor> byId = new TreeMap<>();
  private final TreeMap<String, StoreDescriptor> byName = new TreeMap<>();
  private final Map<Long, StoreDescriptor> byPartition = new HashMap<>();
  private final long nextStoreId;
  private final long nextPartitionId;

  private CatalogImage(Collection<StoreDescriptor> stores, long nextStoreId, long nextPartitionId) {
    this.nextStoreId = nextStoreId;
    this.nextPartitionId = nextPartitionId;
    for (StoreDescriptor store : stores) {
      add(store);
    }
  }

  /**
   * The image made of persisted records.
   *
   * @throws IllegalArgumentException if they break an invariant
   */
  public static CatalogImage of(
      Collection<StoreDescriptor> stores, long nextStoreId, long nextPartitionId) {
    return new CatalogImage(stores, nextStoreId, nextPartitionId);
  }

  private void add(StoreDescriptor store) {
    if (store.storeId() >= nextStoreId || byId.put(store.storeId(), store) != null) {
      throw new IllegalArgumentException("store id " + store.storeId() + " is not free");
    }
    if (store.state() != StoreState.PURGING) {
      StoreDescriptor other = byName.put(store.name(), store);
      if (other != null) {
        throw new IllegalArgumentException(
            "stores " + other.storeId() + " and " + store.storeId() + " hold name " + store.name());
      }
    }
    byte[] start = {};
    for (PartitionDescriptor partition : store.partitions()) {
      long id = partition.partitionId();
      if (id >= nextPartitionId || byPartition.put(id, store) != null) {
        throw new IllegalArgumentException("partition id " + id + " is not free");
      }
      if (partition.storeId() != store.storeId() || !Arrays.equals(start, partition.start())) {
        throw new IllegalArgumentException(
            "partition " + id + " does not continue the ranges of store " + store.name());
      }
      start = partition.end();
    }
    if (start.length > 0) {
      throw new IllegalArgumentException(
          "the partitions of store " + store.name() + " do not reach the last identifier");
    }
  }

  public long nextStoreId() {
    return nextStoreId;
  }

  public long nextPartitionId() {
    return nextPartitionId;
  }

  /** The store that holds a name, in any state but PURGING. */
  public Optional<StoreDescriptor> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  public Optional<StoreDescriptor> find(long storeId) {
    return Optional.ofNullable(byId.get(storeId));
  }

  public Optional<StoreDescriptor> storeOf(long partitionId) {
    return Optional.ofNullable(byPartition.get(partitionId));
  }

  /** All stores in any state, by id. */
  public List<StoreDescriptor> stores() {
    return List.copyOf(byId.values());
  }

  /** Stores that hold a name, by name. */
  public List<StoreDescriptor> storesByName() {
    return List.copyOf(byName.values());
  }

  /** The image after a delta made from this one. */
  public CatalogImage with(CatalogDelta delta) {
    TreeMap<Long, StoreDescriptor> stores = new TreeMap<>(byId);
    delta.changed().forEach(store -> stores.put(store.storeId(), store));
    delta.forgotten().forEach(stores::remove);
    return new CatalogImage(stores.values(), delta.nextStoreId(), delta.nextPartitionId());
  }

  /**
   * What a change does to this image. Follows from the arguments alone.
   *
   * @param timeMillis time of the change, milliseconds since the epoch
   */
  public CatalogTransition apply(CatalogChange change, long timeMillis) {
    return switch (change) {
      case CatalogChange.CreateStore create -> create(create, timeMillis);
      case CatalogChange.StoreReady ready ->
          move(
              byId.get(ready.storeId()),
              "store " + ready.storeId(),
              StoreState.CREATING,
              StoreState.LIVE,
              0);
      case CatalogChange.AlterStore alter -> alter(alter);
      case CatalogChange.DropStore drop ->
          move(
              byName.get(drop.name()),
              drop.name(),
              StoreState.LIVE,
              StoreState.DROPPED,
              timeMillis);
      case CatalogChange.PurgeStore purge -> purge(byId.get(purge.storeId()), purge.storeId());
      case CatalogChange.ForgetStore forget -> forget(byId.get(forget.storeId()), forget.storeId());
    };
  }

  private CatalogTransition create(CatalogChange.CreateStore create, long timeMillis) {
    StoreDescriptor holder = byName.get(create.name());
    if (holder != null) {
      return refuse(new CatalogOutcome.StoreExists(create.name(), holder.state()));
    }
    if (byId.size() >= STORES_MAX) {
      return refuse(new CatalogOutcome.TooManyStores(STORES_MAX));
    }
    CatalogOutcome problem = checkSplitPoints(create.splitPoints());
    if (problem != null) {
      return refuse(problem);
    }
    int replicas = create.options().replicas();
    if (!create.nodes().isEmpty() && replicas > create.nodes().size()) {
      return refuse(
          new CatalogOutcome.Invalid(
              "options.replicas",
              replicas + " copies do not fit on " + create.nodes().size() + " nodes"));
    }
    StoreDescriptor store =
        new StoreDescriptor(
            nextStoreId,
            create.name(),
            create.schema(),
            create.options(),
            StoreState.CREATING,
            timeMillis,
            0,
            cut(create));
    return new CatalogTransition(
        new CatalogOutcome.Done(store),
        new CatalogDelta(
            List.of(store),
            List.of(),
            nextStoreId + 1,
            nextPartitionId + store.partitions().size()));
  }

  private static @Nullable CatalogOutcome checkSplitPoints(List<byte[]> points) {
    if (points.size() > INITIAL_PARTITIONS_MAX - 1) {
      return new CatalogOutcome.Invalid(
          "split_points", points.size() + " are more than " + (INITIAL_PARTITIONS_MAX - 1));
    }
    byte[] previous = {};
    for (int i = 0; i < points.size(); i++) {
      if (Arrays.compareUnsigned(previous, points.get(i)) >= 0) {
        return new CatalogOutcome.Invalid(
            "split_points[" + i + "]", "is empty or not above the one before it");
      }
      previous = points.get(i);
    }
    return null;
  }

  private List<PartitionDescriptor> cut(CatalogChange.CreateStore create) {
    List<byte[]> points = create.splitPoints();
    List<PartitionDescriptor> partitions = new ArrayList<>(points.size() + 1);
    byte[] start = {};
    for (int i = 0; i <= points.size(); i++) {
      byte[] end = i < points.size() ? points.get(i) : new byte[0];
      partitions.add(
          new PartitionDescriptor(
              nextPartitionId + i,
              nextStoreId,
              start,
              end,
              Placement.inTurn(create.nodes(), create.options().replicas(), nextPartitionId + i),
              1,
              1));
      start = end;
    }
    return partitions;
  }

  private CatalogTransition alter(CatalogChange.AlterStore alter) {
    StoreDescriptor store = byName.get(alter.name());
    if (store == null || store.state() != StoreState.LIVE) {
      return refuse(new CatalogOutcome.StoreNotFound(alter.name()));
    }
    return accept(store.withOptions(alter.update().applyTo(store.options())));
  }

  private CatalogTransition move(
      @Nullable StoreDescriptor store,
      String name,
      StoreState from,
      StoreState to,
      long dropTimeMillis) {
    return store == null || store.state() != from
        ? refuse(new CatalogOutcome.StoreNotFound(name))
        : accept(store.with(to, dropTimeMillis));
  }

  /** What is half made or dropped may be purged; what is live may not. */
  private CatalogTransition purge(@Nullable StoreDescriptor store, long storeId) {
    if (store == null || store.state() == StoreState.LIVE) {
      return refuse(new CatalogOutcome.StoreNotFound("store " + storeId));
    }
    return accept(store.with(StoreState.PURGING, store.dropTimeMillis()));
  }

  private CatalogTransition forget(@Nullable StoreDescriptor store, long storeId) {
    if (store == null || store.state() != StoreState.PURGING) {
      return refuse(new CatalogOutcome.StoreNotFound("store " + storeId));
    }
    return new CatalogTransition(
        new CatalogOutcome.Done(store),
        new CatalogDelta(List.of(), List.of(storeId), nextStoreId, nextPartitionId));
  }

  private CatalogTransition accept(StoreDescriptor changed) {
    return new CatalogTransition(
        new CatalogOutcome.Done(changed),
        new CatalogDelta(List.of(changed), List.of(), nextStoreId, nextPartitionId));
  }

  private CatalogTransition refuse(CatalogOutcome outcome) {
    return new CatalogTransition(
        outcome, new CatalogDelta(List.of(), List.of(), nextStoreId, nextPartitionId));
  }
}
