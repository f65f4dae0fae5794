package io.tideline.client;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What to read of one timeline: ids in {@code [from, to)}, ascending or descending.
 *
 * <p>Immutable; build with {@link #builder}. Nothing set reads the whole timeline forward.
 */
public final class ScanSpec {

  private final TimelineKey timeline;
  private final boolean backward;
  private final @Nullable Long from;
  private final @Nullable Long to;
  private final @Nullable Instant fromTime;
  private final @Nullable Long limit;
  private final @Nullable Integer pageSize;
  private final @Nullable Integer pageBytes;
  private final @Nullable Filter filter;
  private final Projection projection;
  private final @Nullable Consumer<Gap> onGap;

  private ScanSpec(Builder builder) {
    this.timeline = builder.timeline;
    this.backward = builder.backward;
    this.from = builder.from;
    this.to = builder.to;
    this.fromTime = builder.fromTime;
    this.limit = builder.limit;
    this.pageSize = builder.pageSize;
    this.pageBytes = builder.pageBytes;
    this.filter = builder.filter;
    this.projection = builder.projection;
    this.onGap = builder.onGap;
  }

  public static Builder builder(TimelineKey timeline) {
    return new Builder(timeline);
  }

  /** The whole timeline, ascending. */
  public static ScanSpec of(TimelineKey timeline) {
    return builder(timeline).build();
  }

  public TimelineKey timeline() {
    return timeline;
  }

  public boolean isBackward() {
    return backward;
  }

  public OptionalLong from() {
    return from == null ? OptionalLong.empty() : OptionalLong.of(from);
  }

  public OptionalLong to() {
    return to == null ? OptionalLong.empty() : OptionalLong.of(to);
  }

  public Optional<Instant> fromTime() {
    return Optional.ofNullable(fromTime);
  }

  /** Entries in total. */
  public OptionalLong limit() {
    return limit == null ? OptionalLong.empty() : OptionalLong.of(limit);
  }

  public OptionalInt pageSize() {
    return pageSize == null ? OptionalInt.empty() : OptionalInt.of(pageSize);
  }

  public OptionalInt pageBytes() {
    return pageBytes == null ? OptionalInt.empty() : OptionalInt.of(pageBytes);
  }

  public Optional<Filter> filter() {
    return Optional.ofNullable(filter);
  }

  public Projection projection() {
    return projection;
  }

  Optional<Consumer<Gap>> onGap() {
    return Optional.ofNullable(onGap);
  }

  /** A builder that starts with this specification. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  @Override
  public String toString() {
    return "ScanSpec["
        + timeline
        + (backward ? " backward" : " forward")
        + (from == null ? "" : ", from=" + from)
        + (to == null ? "" : ", to=" + to)
        + (fromTime == null ? "" : ", fromTime=" + fromTime)
        + (limit == null ? "" : ", limit=" + limit)
        + (filter == null ? "" : ", filter=" + filter)
        + "]";
  }

  /** Collects what to read. Not thread-safe. */
  public static final class Builder {
    private final TimelineKey timeline;
    private boolean backward;
    private @Nullable Long from;
    private @Nullable Long to;
    private @Nullable Instant fromTime;
    private @Nullable Long limit;
    private @Nullable Integer pageSize;
    private @Nullable Integer pageBytes;
    private @Nullable Filter filter;
    private Projection projection = Projection.all();
    private @Nullable Consumer<Gap> onGap;

    private Builder(TimelineKey timeline) {
      this.timeline = timeline;
    }

    private Builder(ScanSpec spec) {
      this.timeline = spec.timeline;
      this.backward = spec.backward;
      this.from = spec.from;
      this.to = spec.to;
      this.fromTime = spec.fromTime;
      this.limit = spec.limit;
      this.pageSize = spec.pageSize;
      this.pageBytes = spec.pageBytes;
      this.filter = spec.filter;
      this.projection = spec.projection;
      this.onGap = spec.onGap;
    }

    /** Ascending ids; the default. */
    public Builder forward() {
      this.backward = false;
      return this;
    }

    /** Descending ids, from the end of the range: how history is browsed. */
    public Builder backward() {
      this.backward = true;
      return this;
    }

    /** Smallest id to return, in both directions; by default the first there is. */
    public Builder from(long sequenceId) {
      this.from = sequenceId;
      return this;
    }

    /** For the pages after the first: an id has taken the place of the time to begin at. */
    Builder continueFrom(long sequenceId) {
      this.fromTime = null;
      return from(sequenceId);
    }

    /** The id before which to stop, exclusive, in both directions; by default beyond the last. */
    public Builder to(long sequenceId) {
      this.to = sequenceId;
      return this;
    }

    /** Begin at the first entry appended at or after this time, instead of at an id. */
    public Builder fromTime(Instant time) {
      this.fromTime = time;
      return this;
    }

    /** Entries to return in total, over all pages; by default no limit. */
    public Builder limit(long entries) {
      if (entries < 1) {
        throw new IllegalArgumentException("limit " + entries + " is not positive");
      }
      this.limit = entries;
      return this;
    }

    /** Entries to fetch per call, 1 to 1,000; by default 100. */
    public Builder pageSize(int entries) {
      this.pageSize = Limits.pageSize(entries);
      return this;
    }

    /** Bytes to fetch per call, 1 to 4 MiB; by default 1 MiB. */
    public Builder pageBytes(int bytes) {
      this.pageBytes = Limits.pageBytes(bytes);
      return this;
    }

    /** Return only entries that match; the server skips the others. */
    public Builder filter(Filter filter) {
      this.filter = filter;
      return this;
    }

    public Builder projection(Projection projection) {
      this.projection = projection;
      return this;
    }

    /**
     * Called by the iterating thread, before the entries that follow, when part of the asked range
     * has expired or was trimmed. An exception it throws ends the scan. Without it, look at {@link
     * Scan#gaps()} or {@link Scan#coverage()} at the end.
     */
    public Builder onGap(Consumer<Gap> onGap) {
      this.onGap = onGap;
      return this;
    }

    public ScanSpec build() {
      if (from != null && fromTime != null) {
        throw new IllegalArgumentException("both from and fromTime are set; choose one");
      }
      if (from != null && to != null && from > to) {
        throw new IllegalArgumentException("from " + from + " is beyond to " + to);
      }
      return new ScanSpec(this);
    }
  }
}
