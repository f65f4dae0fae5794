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
   */
  record CreateStore(
      String name, List<IdentifierField> schema, StoreOptions options, List<byte[]> splitPoints)
      implements CatalogChange {

    public CreateStore {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(options, "options");
      schema = List.copyOf(schema);
      splitPoints = List.copyOf(splitPoints);
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
