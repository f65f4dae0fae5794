package io.tideline.manager;

/** What a {@link CatalogChange} gave. Everything but {@link Done} changed nothing. */
public sealed interface CatalogOutcome {

  /** The store afterwards. */
  record Done(StoreDescriptor store) implements CatalogOutcome {}

  /**
   * The name is taken.
   *
   * @param state {@link StoreState#DROPPED} and {@link StoreState#PURGING} tell of a store that was
   *     dropped and still holds the name
   */
  record StoreExists(String name, StoreState state) implements CatalogOutcome {}

  /** No such store, or not in a state that allows the change. */
  record StoreNotFound(String name) implements CatalogOutcome {}

  /** The cluster has as many stores as it may. */
  record TooManyStores(int limit) implements CatalogOutcome {}

  /** Something of the request does not hold; the field and what is wrong with it. */
  record Invalid(String field, String problem) implements CatalogOutcome {}
}
