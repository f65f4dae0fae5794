package io.tideline.client;

import java.util.concurrent.CompletableFuture;

/**
 * Takes single appends and sends them in batches; for everything that writes a stream of messages.
 */
public final class BatchingAppender implements AutoCloseable {

  BatchingAppender(ClientCore core, CallSettings settings, BatchingOptions options) {}

  /** As {@link #add(AppendItem)}. */
  public CompletableFuture<AppendResult> add(TimelineKey timeline, Message message) {
    return add(AppendItem.of(timeline, message));
  }

  /** Adds. */
  public CompletableFuture<AppendResult> add(AppendItem item) {
    throw new UnsupportedOperationException();
  }

  /** Sends what is pending without lingering, and waits until all of it is answered. */
  public void flush() {}

  /** As {@link #flush}, without waiting. */
  public CompletableFuture<Void> flushAsync() {
    throw new UnsupportedOperationException();
  }

  /** What it has done and holds. */
  public AppenderMetrics metrics() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
