package io.tideline.client;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which timelines' meta to list: those of one store, by identifier, optionally only a prefix or a
 * range. Immutable; the {@code with} methods return changed copies.
 */
public final class MetaListSpec {

  private final String store;
  private final List<Value> prefix;
  private final @Nullable Identifier start;
  private final @Nullable Identifier end;
  private final int pageSize;
  private final Projection projection;

  private MetaListSpec(
      String store,
      List<Value> prefix,
      @Nullable Identifier start,
      @Nullable Identifier end,
      int pageSize,
      Projection projection) {
    this.store = store;
    this.prefix = prefix;
    this.start = start;
    this.end = end;
    this.pageSize = pageSize;
    this.projection = projection;
  }

  /** All meta of a store. */
  public static MetaListSpec of(String store) {
    return new MetaListSpec(
        store, List.of(), null, null, Limits.PAGE_SIZE_DEFAULT, Projection.all());
  }

  /** Only identifiers whose leading fields equal these; kinds as for {@link Identifier#of}. */
  public MetaListSpec withPrefix(Object... leadingFields) {
    return new MetaListSpec(
        store, Identifier.of(leadingFields).values(), start, end, pageSize, projection);
  }

  /** From this identifier on, inclusive. */
  public MetaListSpec withStart(Identifier start) {
    return new MetaListSpec(store, prefix, start, end, pageSize, projection);
  }

  /** Up to this identifier, exclusive. */
  public MetaListSpec withEnd(Identifier end) {
    return new MetaListSpec(store, prefix, start, end, pageSize, projection);
  }

  /** How many to fetch per call, 1 to 1,000; 100 by default. */
  public MetaListSpec withPageSize(int pageSize) {
    return new MetaListSpec(store, prefix, start, end, Limits.pageSize(pageSize), projection);
  }

  public MetaListSpec withProjection(Projection projection) {
    return new MetaListSpec(store, prefix, start, end, pageSize, projection);
  }

  public String store() {
    return store;
  }

  public List<Value> prefix() {
    return prefix;
  }

  public Optional<Identifier> start() {
    return Optional.ofNullable(start);
  }

  public Optional<Identifier> end() {
    return Optional.ofNullable(end);
  }

  public int pageSize() {
    return pageSize;
  }

  public Projection projection() {
    return projection;
  }
}
