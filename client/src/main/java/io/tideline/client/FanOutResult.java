package io.tideline.client;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What became of each timeline of a fan-out.
 *
 * <p>Each partition's share is written as one, the partitions independently of each other: after a
 * failure some may have the message and others not. Sending the same fan-out again with its message
 * key completes it.
 *
 * @param conversation empty if none was given
 * @param inboxes in the order of the fan-out
 */
public record FanOutResult(Optional<AppendOutcome> conversation, List<AppendOutcome> inboxes) {

  public FanOutResult {
    inboxes = List.copyOf(inboxes);
  }

  /** Whether every timeline has the message. */
  public boolean isComplete() {
    return failures().isEmpty();
  }

  /** The timelines that may not have the message, and why. */
  public List<AppendOutcome> failures() {
    return Stream.concat(conversation.stream(), inboxes.stream())
        .filter(outcome -> !outcome.isSuccess())
        .toList();
  }

  /** This, or the first error thrown if there is one. */
  public FanOutResult orThrow() {
    for (AppendOutcome failure : failures()) {
      AppendResult unused = failure.orThrow();
    }
    return this;
  }
}
