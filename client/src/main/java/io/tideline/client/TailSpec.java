package io.tideline.client;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which timelines of a store to tail, each from its own position. Immutable. */
public final class TailSpec {

  private static final Duration HEARTBEAT_MIN = Duration.ofSeconds(1);
  private static final Duration HEARTBEAT_MAX = Duration.ofSeconds(60);

  private final String store;
  private final Map<Identifier, Long> positions;
  private final Projection projection;
  private final @Nullable Duration heartbeat;

  private TailSpec(Builder builder) {
    this.store = builder.store;
    this.positions = new LinkedHashMap<>(builder.positions);
    this.projection = builder.projection;
    this.heartbeat = builder.heartbeat;
  }

  public static Builder builder(String store) {
    return new Builder(store);
  }

  public String store() {
    return store;
  }

  /** The last id the reader has, by timeline, in the order added. Unmodifiable. */
  public Map<Identifier, Long> positions() {
    return Collections.unmodifiableMap(positions);
  }

  public Projection projection() {
    return projection;
  }

  /** How long the server may be silent; empty for its default, 15 s. */
  public Optional<Duration> heartbeat() {
    return Optional.ofNullable(heartbeat);
  }

  @Override
  public String toString() {
    return "TailSpec[" + store + positions + "]";
  }

  /** Collects positions. Not thread-safe. */
  public static final class Builder {
    private final String store;
    private final Map<Identifier, Long> positions = new LinkedHashMap<>();
    private Projection projection = Projection.all();
    private @Nullable Duration heartbeat;

    private Builder(String store) {
      this.store = store;
    }

    /** Tail this timeline after this id, the last one the reader has; 0 for all of it. */
    public Builder after(Identifier timeline, long sequenceId) {
      positions.put(timeline, sequenceId);
      return this;
    }

    public Builder projection(Projection projection) {
      this.projection = projection;
      return this;
    }

    /** How long the server may be silent, 1 to 60 s; by default 15 s. */
    public Builder heartbeat(Duration interval) {
      if (interval.compareTo(HEARTBEAT_MIN) < 0 || interval.compareTo(HEARTBEAT_MAX) > 0) {
        throw new IllegalArgumentException(
            "heartbeat " + interval + " is outside " + HEARTBEAT_MIN + ".." + HEARTBEAT_MAX);
      }
      this.heartbeat = interval;
      return this;
    }

    /**
     * @throws IllegalArgumentException if there are none or more than 1,000 positions
     */
    public TailSpec build() {
      Limits.inRange("number of positions", positions.size(), 1, Limits.ITEMS_MAX);
      return new TailSpec(this);
    }
  }
}
