package io.tideline.client;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Fields to set and to remove, possibly under a condition: what updates of entries and of meta have
 * in common. Immutable.
 *
 * @param condition null for none
 */
record FieldChange(
    Map<String, Value> setFields, List<String> removeFields, @Nullable Filter condition) {

  @Override
  public String toString() {
    return "set="
        + setFields
        + ", remove="
        + removeFields
        + (condition == null ? "" : ", condition=" + condition);
  }

  /**
   * Collects a change. Not thread-safe.
   *
   * @param <B> the builder that extends this one
   */
  abstract static sealed class Builder<B extends Builder<B>>
      permits EntryUpdate.Builder, MetaUpdate.Builder {
    private final Map<String, Value> setFields = new LinkedHashMap<>();
    private final List<String> removeFields = new ArrayList<>();
    private @Nullable Filter condition;

    abstract B self();

    /** Adds or replaces a field. */
    public B set(String name, Value value) {
      setFields.put(name, value);
      return self();
    }

    public B set(String name, String value) {
      return set(name, Value.of(value));
    }

    public B set(String name, long value) {
      return set(name, Value.of(value));
    }

    public B set(String name, boolean value) {
      return set(name, Value.of(value));
    }

    public B set(String name, double value) {
      return set(name, Value.of(value));
    }

    /** Removes a field if it is there. */
    public B remove(String name) {
      removeFields.add(name);
      return self();
    }

    /** Update only if the present fields match; else CONDITION_FAILED. */
    public B onlyIf(Filter condition) {
      this.condition = condition;
      return self();
    }

    /**
     * @throws IllegalArgumentException if nothing is set or removed
     */
    FieldChange fields() {
      if (setFields.isEmpty() && removeFields.isEmpty()) {
        throw new IllegalArgumentException("the update changes nothing; set or remove a field");
      }
      return new FieldChange(Message.of(setFields).fields(), List.copyOf(removeFields), condition);
    }
  }
}
