package io.tideline.tools.data;

import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** STORE TIMELINE ID and {@code --announce}: what commands that change one entry take. */
final class EntryTarget extends TimelineTarget {
  @Parameters(index = "2", paramLabel = "ID", description = "Sequence id of the entry.")
  private long sequenceId;

  @Option(
      names = "--announce",
      description = "Also append a CHANGE entry, so that every reader learns of it in order.")
  private boolean announce;

  long sequenceId() {
    return sequenceId;
  }

  boolean announce() {
    return announce;
  }
}
