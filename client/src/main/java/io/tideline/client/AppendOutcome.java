package io.tideline.client;

import org.jspecify.annotations.Nullable;

/**
 * What became of one item of a batch. Exactly one of result and error is set.
 *
 * @param item as it was sent: with the message key and first attempt time the client gave it
 * @param result the acknowledged append
 * @param error why it failed, or that its outcome is unknown
 */
public record AppendOutcome(
    AppendItem item, @Nullable AppendResult result, @Nullable TidelineException error) {

  public boolean isSuccess() {
    return result != null;
  }

  /** The result, or the error thrown. */
  public AppendResult orThrow() {
    return TidelineException.valueOrThrow(result, error);
  }
}
