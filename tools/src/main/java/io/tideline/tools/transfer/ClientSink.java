package io.tideline.tools.transfer;

import io.tideline.client.AppendItem;
import io.tideline.client.AppendResult;
import io.tideline.client.BatchingAppender;
import io.tideline.client.BatchingOptions;
import io.tideline.client.Message;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Writes through the client: batched appends, retried until {@code retryFor} has passed. */
final class ClientSink implements AppendSink, AutoCloseable {
  private final BatchingAppender appender;
  private final TidelineClient patient;

  /**
   * @param client closed by its owner, after this
   * @param retryFor how long one write is retried while the node is away
   */
  ClientSink(TidelineClient client, Duration retryFor) {
    this.patient = client.withDeadline(retryFor);
    this.appender =
        patient.batchingAppender(
            BatchingOptions.defaults().withDeliveryTimeout(retryFor).withMaxBlock(retryFor));
  }

  @Override
  public CompletableFuture<AppendResult> append(AppendItem item) {
    return appender.add(item);
  }

  @Override
  public CompletableFuture<Void> putMeta(TimelineKey timeline, Message fields) {
    return patient.meta().putAsync(timeline, fields).thenApply(revision -> null);
  }

  @Override
  public void close() {
    appender.close();
  }
}
