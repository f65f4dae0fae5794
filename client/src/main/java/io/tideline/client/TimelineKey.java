package io.tideline.client;

/**
 * Names one timeline of the cluster.
 *
 * @param store the store's name
 * @param identifier the timeline inside it
 */
public record TimelineKey(String store, Identifier identifier) {
  public TimelineKey {
    if (store.isEmpty()) {
      throw new IllegalArgumentException("the store's name is empty");
    }
  }

  /** As {@code new TimelineKey(store, Identifier.of(fields))}. */
  public static TimelineKey of(String store, Object... fields) {
    return new TimelineKey(store, Identifier.of(fields));
  }

  /** Like {@code conversations("group", 42)}. */
  @Override
  public String toString() {
    return store + identifier;
  }
}
