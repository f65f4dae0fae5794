package io.tideline.server.command;

import io.tideline.manager.CatalogOutcome;

/** What applying a {@link Command} gave: the same on every replica. Refusals are results, too. */
public sealed interface CommandResult
    permits AppendResult,
        PutResult,
        TrimResult,
        MetaResult,
        CommandResult.Done,
        CommandResult.CatalogChanged {

  /** The command did what it says and has nothing to tell. */
  record Done() implements CommandResult {
    public static final Done INSTANCE = new Done();
  }

  /** Outcome of a catalog change. */
  record CatalogChanged(CatalogOutcome outcome) implements CommandResult {}
}
