package io.tideline.client;

import org.jspecify.annotations.Nullable;

/**
 * What one attempt of a batch brought for one item; exactly one is set.
 *
 * @param result the acknowledged append
 * @param failure why not, with its verdict
 */
record ItemReply(@Nullable AppendResult result, @Nullable Failure failure) {

  boolean isRetryable() {
    return failure != null && failure.isRetryable();
  }
}
