package io.tideline.manager;

import java.util.Objects;

/** What a change answers, and what it does to the image. */
public record CatalogTransition(CatalogOutcome outcome, CatalogDelta delta) {

  public CatalogTransition {
    Objects.requireNonNull(outcome, "outcome");
    Objects.requireNonNull(delta, "delta");
  }
}
