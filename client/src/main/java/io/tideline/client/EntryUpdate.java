package io.tideline.client;

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

  private final FieldChange fields;
  private final @Nullable Integer expectedRevision;
  private final boolean announce;

  private EntryUpdate(Builder builder) {
    this.fields = builder.fields();
    this.expectedRevision = builder.expectedRevision;
    this.announce = builder.announce;
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

  public OptionalInt expectedRevision() {
    return expectedRevision == null ? OptionalInt.empty() : OptionalInt.of(expectedRevision);
  }

  /** Whether a CHANGE entry is appended as well; default false. */
  public boolean announce() {
    return announce;
  }

  @Override
  public String toString() {
    return "EntryUpdate["
        + fields
        + (expectedRevision == null ? "" : ", expectedRevision=" + expectedRevision)
        + (announce ? ", announce" : "")
        + "]";
  }

  /** Collects a change. Not thread-safe. */
  public static final class Builder extends FieldChange.Builder<Builder> {
    private @Nullable Integer expectedRevision;
    private boolean announce;

    private Builder() {}

    @Override
    Builder self() {
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

    /**
     * @throws IllegalArgumentException if nothing is set or removed
     */
    public EntryUpdate build() {
      return new EntryUpdate(this);
    }
  }
}
