package io.tideline.server.replica;

import io.tideline.server.command.CommandBatch;
import io.tideline.server.command.CommandResult;
import java.util.List;

/**
 * A command batch on its way through the log. One of the three outcomes is told, on any thread; if
 * another follows (a group may tell twice while it shuts down), the first stands.
 */
public interface Proposal {

  /**
   * What is proposed; the proposing replica applies this object instead of decoding the log bytes.
   */
  CommandBatch batch();

  /** The entry was committed and applied at {@code index}; one result per command. */
  void applied(long index, List<CommandResult> results);

  /** The entry never entered the log and never will. */
  void refused(Refusal refusal);

  /** The entry may be in the log; nobody here will learn whether it is applied. */
  void unknown(String why);
}
