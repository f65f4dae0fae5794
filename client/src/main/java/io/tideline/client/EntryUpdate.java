package io.tideline.client;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A change of single fields of an appended message, possibly under a condition. Immutable; build
 * with {@link #builder}.
 */
public final class EntryUpdate {

  private final Map<String, Value> setFields;
  private final List<String> removeFields;
  private final @Nullable Filter condition;
  private final @Nullable Integer expectedRevision;
  private final boolean announce;

  private EntryUpdate(Builder builder) {
    this.setFields = Message.of(builder.setFields).fields();
    this.removeFields = List.copyOf(builder.removeFields);
    this.condition = builder.condition;
    this.expectedRevision = builder.expectedRevision;
    this.announce = builder.announce;
  }

  public static Builder builder() {
    return new Builder();
  }

  public Map<String, Value> setFields() {
    return setFields;
  }

  public List<String> removeFields() {
    return removeFields;
  }

  public Optional<Filter> condition() {
    return Optional.ofNullable(condition);
  }

  public OptionalInt expectedRevision() {
    return expectedRevision == null ? OptionalInt.empty() : OptionalInt.of(expectedRevision);
  }

  /** Whether a CHANGE entry is appended as well; default false. */
  public boolean announce() {
    return announce;
  }

  @Override
  public String toString() {
    return "EntryUpdate[set="
        + setFields
        + ", remove="
        + removeFields
        + (condition == null ? "" : ", condition=" + condition)
        + (expectedRevision == null ? "" : ", expectedRevision=" + expectedRevision)
        + (announce ? ", announce" : "")
        + "]";
  }

  /** Collects a change. Not thread-safe. */
  public static final class Builder {
    private final Map<String, Value> setFields = new LinkedHashMap<>();
    private final List<String> removeFields = new ArrayList<>();
    private @Nullable Filter condition;
    private @Nullable Integer expectedRevision;
    private boolean announce;

    private Builder() {}

    /** Adds or replaces a field. */
    public Builder set(String name, Value value) {
      setFields.put(name, value);
      return this;
    }

    public Builder set(String name, String value) {
      return set(name, Value.of(value));
    }

    public Builder set(String name, long value) {
      return set(name, Value.of(value));
    }

    public Builder set(String name, boolean value) {
      return set(name, Value.of(value));
    }

    public Builder set(String name, double value) {
      return set(name, Value.of(value));
    }

    /** Removes a field if it is there. */
    public Builder remove(String name) {
      removeFields.add(name);
      return this;
    }

    /** Update only if the present fields match; else CONDITION_FAILED. */
    public Builder onlyIf(Filter condition) {
      this.condition = condition;
      return this;
    }

    /** Update only at this revision, 0 being as appended; else CONDITION_FAILED. */
    public Builder expectedRevision(int revision) {
      this.expectedRevision = revision;
      return this;
    }

    /**
     * Also append a CHANGE entry that names the updated one, in the same atomic step, so that every
     * position learns of the update in order. Not in MANUAL stores.
     */
    public Builder announced() {
      this.announce = true;
      return this;
    }

    public EntryUpdate build() {
      if (setFields.isEmpty() && removeFields.isEmpty()) {
        throw new IllegalArgumentException("the update changes nothing; set or remove a field");
      }
      return new EntryUpdate(this);
    }
  }
}
