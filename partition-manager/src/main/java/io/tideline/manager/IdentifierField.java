package io.tideline.manager;

import java.util.Objects;

/** One field of a store's identifier schema. */
public record IdentifierField(String name, IdentifierType type) {

  public IdentifierField {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(type, "type");
  }
}
