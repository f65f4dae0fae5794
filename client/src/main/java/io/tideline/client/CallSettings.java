package io.tideline.client;

/**
 * How long and how often a call may try.
 *
 * @param deadlineNanos budget of the whole call, retries included
 * @param retryPolicy pace and number of attempts
 */
record CallSettings(long deadlineNanos, RetryPolicy retryPolicy) {}
