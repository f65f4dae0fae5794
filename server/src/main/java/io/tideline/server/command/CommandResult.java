package io.tideline.server.command;

/** What applying a {@link Command} gave: the same on every replica. Refusals are results, too. */
public sealed interface CommandResult
    permits AppendResult,
        FanOutResult,
        PutResult,
        TrimResult,
        EditResult,
        DeleteTimelineResult,
        MetaResult,
        CursorsResult,
        CommandResult.Done,
        CommandResult.CatalogChanged {

  /** The command did what it says and has nothing to tell. */
  record Done() implements CommandResult {
    public static final Done INSTANCE = new Done();
  }

  /**
   * A catalog change went through the catalog's log.
   *
   * @param outcome what it gave, encoded, see the catalog's format
   */
  record CatalogChanged(byte[] outcome) implements CommandResult {}
}
