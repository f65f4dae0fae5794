package io.tideline.server.replica;

import io.tideline.lsm.ReadView;
import java.util.Objects;

/** How asking for a read view ended. */
public sealed interface ReadOutcome {

  /** The view; who receives it closes it, soon. */
  record Ready(ReadView view) implements ReadOutcome {

    public Ready {
      Objects.requireNonNull(view, "view");
    }
  }

  /** The partition cannot be read here and now. */
  record Refused(Refusal refusal) implements ReadOutcome {

    public Refused {
      Objects.requireNonNull(refusal, "refusal");
    }
  }
}
