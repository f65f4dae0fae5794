package io.tideline.client;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Positions in many timelines of one store, after each of which to read: what one device pulls.
 *
 * <pre>{@code
 * SyncSpec spec = SyncSpec.builder("inbox").after(Identifier.of("ana"), 4711).build();
 * while (true) {
 *   List<SyncResult> results = client.sync(spec);
 *   results.forEach(this::deliver);
 *   spec = spec.advancedBy(results);
 *   if (results.stream().noneMatch(r -> r.coverage().hasMore())) break;
 * }
 * }</pre>
 *
 * <p>Immutable.
 */
public final class SyncSpec {

  private final String store;
  private final Map<Identifier, Long> positions;
  private final @Nullable Integer limit;
  private final @Nullable Integer limitBytes;
  private final @Nullable Integer limitPerTimeline;
  private final Projection projection;

  private SyncSpec(Builder builder) {
    this.store = builder.store;
    this.positions = new LinkedHashMap<>(builder.positions);
    this.limit = builder.limit;
    this.limitBytes = builder.limitBytes;
    this.limitPerTimeline = builder.limitPerTimeline;
    this.projection = builder.projection;
  }

  public static Builder builder(String store) {
    return new Builder(store);
  }

  public String store() {
    return store;
  }

  /** The last id the device has, by timeline, in the order added. Unmodifiable. */
  public Map<Identifier, Long> positions() {
    return Collections.unmodifiableMap(positions);
  }

  public OptionalInt limit() {
    return optional(limit);
  }

  public OptionalInt limitBytes() {
    return optional(limitBytes);
  }

  public OptionalInt limitPerTimeline() {
    return optional(limitPerTimeline);
  }

  public Projection projection() {
    return projection;
  }

  private static OptionalInt optional(@Nullable Integer value) {
    return value == null ? OptionalInt.empty() : OptionalInt.of(value);
  }

  /**
   * The same with every position moved past what the results cover. Timelines with an error keep
   * their position. A result that skipped a gap (TRIMMED) moves past it: handle the gap before.
   */
  public SyncSpec advancedBy(List<SyncResult> results) {
    Builder builder = new Builder(this);
    for (SyncResult result : results) {
      if (result.error() == null) {
        builder.after(result.timeline().identifier(), result.coverage().nextSequenceId() - 1);
      }
    }
    return builder.build();
  }

  @Override
  public String toString() {
    return "SyncSpec[" + store + positions + "]";
  }

  /** Collects positions. Not thread-safe. */
  public static final class Builder {
    private final String store;
    private final Map<Identifier, Long> positions;
    private @Nullable Integer limit;
    private @Nullable Integer limitBytes;
    private @Nullable Integer limitPerTimeline;
    private Projection projection = Projection.all();

    private Builder(String store) {
      this.store = store;
      this.positions = new LinkedHashMap<>();
    }

    private Builder(SyncSpec spec) {
      this.store = spec.store;
      this.positions = new LinkedHashMap<>(spec.positions);
      this.limit = spec.limit;
      this.limitBytes = spec.limitBytes;
      this.limitPerTimeline = spec.limitPerTimeline;
      this.projection = spec.projection;
    }

    /** Read this timeline after this id, the last one the device has; 0 for none. */
    public Builder after(Identifier timeline, long sequenceId) {
      positions.put(timeline, sequenceId);
      return this;
    }

    /** Entries of all timelines together, 1 to 1,000; by default 500. */
    public Builder limit(int entries) {
      this.limit = Limits.pageSize(entries);
      return this;
    }

    /** Bytes of all timelines together, 1 to 4 MiB; by default 1 MiB. */
    public Builder limitBytes(int bytes) {
      this.limitBytes = Limits.pageBytes(bytes);
      return this;
    }

    /** Entries per timeline, 1 to 1,000; by default 100. */
    public Builder limitPerTimeline(int entries) {
      this.limitPerTimeline = Limits.pageSize(entries);
      return this;
    }

    public Builder projection(Projection projection) {
      this.projection = projection;
      return this;
    }

    public SyncSpec build() {
      Limits.inRange("number of positions", positions.size(), 1, Limits.ITEMS_MAX);
      return new SyncSpec(this);
    }
  }
}
