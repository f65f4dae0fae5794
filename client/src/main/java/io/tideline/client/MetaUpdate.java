package io.tideline.client;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A change of single meta fields, possibly under a condition. Immutable; build with {@link
 * #builder}.
 */
public final class MetaUpdate {

  private final Map<String, Value> setFields;
  private final List<String> removeFields;
  private final @Nullable Filter condition;
  private final @Nullable Long expectedRevision;

  private MetaUpdate(Builder builder) {
    this.setFields = Message.of(builder.setFields).fields();
    this.removeFields = List.copyOf(builder.removeFields);
    this.condition = builder.condition;
    this.expectedRevision = builder.expectedRevision;
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

  public OptionalLong expectedRevision() {
    return expectedRevision == null ? OptionalLong.empty() : OptionalLong.of(expectedRevision);
  }

  @Override
  public String toString() {
    return "MetaUpdate[set="
        + setFields
        + ", remove="
        + removeFields
        + (condition == null ? "" : ", condition=" + condition)
        + (expectedRevision == null ? "" : ", expectedRevision=" + expectedRevision)
        + "]";
  }

  /** Collects a change. Not thread-safe. */
  public static final class Builder {
    private final Map<String, Value> setFields = new LinkedHashMap<>();
    private final List<String> removeFields = new ArrayList<>();
    private @Nullable Filter condition;
    private @Nullable Long expectedRevision;

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

    /** Update only if the present meta matches; else CONDITION_FAILED. */
    public Builder onlyIf(Filter condition) {
      this.condition = condition;
      return this;
    }

    /** Update only at this revision; else CONDITION_FAILED. */
    public Builder expectedRevision(long revision) {
      this.expectedRevision = revision;
      return this;
    }

    public MetaUpdate build() {
      if (setFields.isEmpty() && removeFields.isEmpty()) {
        throw new IllegalArgumentException("the update changes nothing; set or remove a field");
      }
      return new MetaUpdate(this);
    }
  }
}
