package io.tideline.manager;

import java.util.List;

/**
 * What one change does to an image: the records to write and to delete.
 *
 * @param changed stores that are new or different, whole
 * @param forgotten ids of stores that are gone
 * @param nextStoreId the id the next store will get
 * @param nextPartitionId the id the next partition will get
 */
public record CatalogDelta(
    List<StoreDescriptor> changed, List<Long> forgotten, long nextStoreId, long nextPartitionId) {

  public CatalogDelta {
    changed = List.copyOf(changed);
    forgotten = List.copyOf(forgotten);
  }

  /** Whether anything changes. */
  public boolean isEmpty() {
    return changed.isEmpty() && forgotten.isEmpty();
  }
}
