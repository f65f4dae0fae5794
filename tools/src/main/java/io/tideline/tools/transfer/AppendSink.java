package io.tideline.tools.transfer;

import io.tideline.client.AppendItem;
import io.tideline.client.AppendResult;
import io.tideline.client.Message;
import io.tideline.client.TimelineKey;
import java.util.concurrent.CompletableFuture;

/**
 * Where an import writes: the client, or a fake in tests.
 *
 * <p>Appends to one timeline take effect in the order of the calls, also when they are retried.
 */
public interface AppendSink {

  /** Appends; completes when acknowledged. May block while too much is on its way. */
  CompletableFuture<AppendResult> append(AppendItem item);

  /** Puts meta; completes when acknowledged. */
  CompletableFuture<Void> putMeta(TimelineKey timeline, Message fields);
}
