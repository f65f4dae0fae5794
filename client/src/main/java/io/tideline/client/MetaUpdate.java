package io.tideline.client;

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

  private final FieldChange fields;
  private final @Nullable Long expectedRevision;

  private MetaUpdate(Builder builder) {
    this.fields = builder.fields();
    this.expectedRevision = builder.expectedRevision;
  }

  public static Builder builder() {
    return new Builder();
  }

  public Map<String, Value> setFields() {
    return fields.setFields();
  }

  public List<String> removeFields() {
    return fields.removeFields();
  }

  public Optional<Filter> condition() {
    return Optional.ofNullable(fields.condition());
  }

  public OptionalLong expectedRevision() {
    return expectedRevision == null ? OptionalLong.empty() : OptionalLong.of(expectedRevision);
  }

  @Override
  public String toString() {
    return "MetaUpdate["
        + fields
        + (expectedRevision == null ? "" : ", expectedRevision=" + expectedRevision)
        + "]";
  }

  /** Collects a change. Not thread-safe. */
  public static final class Builder extends FieldChange.Builder<Builder> {
    private @Nullable Long expectedRevision;

    private Builder() {}

    @Override
    Builder self() {
      return this;
    }

    /** Update only at this revision; else CONDITION_FAILED. */
    public Builder expectedRevision(long revision) {
      this.expectedRevision = revision;
      return this;
    }

    /**
     * @throws IllegalArgumentException if nothing is set or removed
     */
    public MetaUpdate build() {
      return new MetaUpdate(this);
    }
  }
}
