package io.tideline.manager;

import java.util.List;
import java.util.Objects;

/** One change of the cluster's metadata, as it travels through partition 0's log. */
public sealed interface CatalogChange {

  /**
   * Registers a store in state {@link StoreState#CREATING}, with its partitions.
   *
   * @param splitPoints encoded identifiers at which all partitions but the first start, strictly
   *     ascending, not empty
   * @param nodes ids of the nodes the copies may be placed on, as many as there are copies at
   *     least; empty in changes written before placement was recorded
   */
  record CreateStore(
      String name,
      List<IdentifierField> schema,
      StoreOptions options,
      List<byte[]> splitPoints,
      List<String> nodes)
      implements CatalogChange {

    public CreateStore {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(options, "options");
      schema = List.copyOf(schema);
      splitPoints = List.copyOf(splitPoints);
      nodes = List.copyOf(nodes);
    }

    /** Leaves it to the cluster where the copies go. */
    public CreateStore(
        String name, List<IdentifierField> schema, StoreOptions options, List<byte[]> splitPoints) {
      this(name, schema, options, splitPoints, List.of());
    }

    /** The same on given nodes. */
    public CreateStore on(List<String> given) {
      return new CreateStore(name, schema, options, splitPoints, given);
    }
  }

  /** All partitions of a new store accept writes: CREATING becomes LIVE. */
  record StoreReady(long storeId) implements CatalogChange {}

  /** Changes options of a live store. */
  record AlterStore(String name, OptionsUpdate update) implements CatalogChange {

    public AlterStore {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(update, "update");
    }
  }

  /** Hides a live store: LIVE becomes DROPPED. */
  record DropStore(String name) implements CatalogChange {

    public DropStore {
      Objects.requireNonNull(name, "name");
    }
  }

  /** The grace period is over, or creation failed: the data may be deleted. */
  record PurgeStore(long storeId) implements CatalogChange {}

  /** The data of a purged store is deleted everywhere: forgets the store. */
  record ForgetStore(long storeId) implements CatalogChange {}
}
