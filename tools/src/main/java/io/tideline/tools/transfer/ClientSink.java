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

/**
 * Writes through the client: batched appends, retried as long as the writer before it has patience.
 *
 * <p>An append that fails for good would not stop later ones of its timeline, which breaks the
 * order when it is tried again. Therefore no append ever times out here: who loses patience gives
 * up on all of them at once with {@link #abandon}, which leaves a prefix of each timeline.
 */
public final class ClientSink implements AppendSink, AutoCloseable {
  /** Longer than anybody waits: see above. */
  private static final Duration NEVER = Duration.ofDays(30);

  private final BatchingAppender appender;
  private final TidelineClient patient;

  /**
   * @param client closed by its owner, after this
   * @param retryFor how long a put of meta is retried, and a full buffer is waited for
   */
  public ClientSink(TidelineClient client, Duration retryFor) {
    this.patient = client.withDeadline(retryFor);
    this.appender =
        client.batchingAppender(
            BatchingOptions.defaults().withDeliveryTimeout(NEVER).withMaxBlock(retryFor));
  }

  @Override
  public CompletableFuture<AppendResult> append(AppendItem item) {
    return appender.add(item);
  }

  @Override
  public CompletableFuture<Void> putMeta(TimelineKey timeline, Message fields) {
    return patient.meta().putAsync(timeline, fields).thenApply(revision -> null);
  }

  /** Sends nothing more; what is not acknowledged may or may not be written, in order. */
  public void abandon() {
    appender.closeNow();
  }

  /** Sends what is left and waits for it. */
  @Override
  public void close() {
    appender.close();
  }
}
