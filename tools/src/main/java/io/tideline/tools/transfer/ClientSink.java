package io.tideline.tools.transfer;

import io.tideline.client.AppendItem;
import io.tideline.client.AppendResult;
import io.tideline.client.BatchingAppender;
import io.tideline.client.BatchingOptions;
import io.tideline.client.Message;
import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.client.TimelineKey;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

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

  private static final Executor AFTER_A_PAUSE =
      CompletableFuture.delayedExecutor(200, TimeUnit.MILLISECONDS);

  private final BatchingAppender appender;
  private final TidelineClient patient;
  private volatile boolean abandoned;

  /**
   * @param client closed by its owner, after this
   * @param retryFor how long one try of a put of meta may take, and a full buffer is waited for
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

  /**
   * The client does not repeat a put whose outcome is unknown, for it might undo a later one. Here
   * the same content is put by nobody else and once per conversation, so repeating it does no harm.
   */
  @Override
  public CompletableFuture<Void> putMeta(TimelineKey timeline, Message fields) {
    return patient
        .meta()
        .putAsync(timeline, fields)
        .<Void>thenApply(revision -> null)
        .exceptionallyCompose(
            failure ->
                mayRepeat(failure)
                    ? CompletableFuture.runAsync(() -> {}, AFTER_A_PAUSE)
                        .thenCompose(paused -> putMeta(timeline, fields))
                    : CompletableFuture.failedFuture(failure));
  }

  private boolean mayRepeat(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return !abandoned
        && cause instanceof TidelineException told
        && (told.isRetryable() || told.isOutcomeUnknown());
  }

  /** Sends nothing more; what is not acknowledged may or may not be written, in order. */
  public void abandon() {
    abandoned = true;
    appender.closeNow();
  }

  /** Sends what is left and waits for it. */
  @Override
  public void close() {
    appender.close();
  }
}
