package io.tideline.tools.bench.replication;

import io.tideline.client.AppendResult;
import io.tideline.client.BatchingAppender;
import io.tideline.client.BatchingOptions;
import io.tideline.client.Message;
import io.tideline.client.TidelineClient;
import io.tideline.tools.bench.BenchStore;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Progress;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Fills a store through the batching appender, as fast as it takes it. */
final class Filler {

  /** Enough that batches are full; the rest waits in the servers. */
  private static final int IN_FLIGHT_BYTES = 16 << 20;

  private static final int BATCHES_IN_FLIGHT = 8;

  /** While compactions catch up, writes are held back for seconds. */
  private static final Duration DEADLINE = Duration.ofSeconds(120);

  private static final int VALUES = 1_024;
  private static final double MEBIBYTE = 1 << 20;

  private final ToolContext context;
  private final List<String> endpoints;
  private final int timelines;
  private final int valueBytes;
  private final List<Message> messages = new ArrayList<>();

  /**
   * @param timelines the first so many of the store are written, with equal chance
   * @param valueBytes bytes of a message's one field, random, so that nothing compresses them
   */
  Filler(ToolContext context, List<String> endpoints, int timelines, int valueBytes) {
    this.context = context;
    this.endpoints = List.copyOf(endpoints);
    this.timelines = timelines;
    this.valueBytes = valueBytes;
    Random random = new Random(1);
    for (int i = 0; i < VALUES; i++) {
      byte[] value = new byte[valueBytes];
      random.nextBytes(value);
      messages.add(Message.builder().put("v", value).build());
    }
  }

  /**
   * Appends until so many bytes of values are acknowledged.
   *
   * @return how many messages that were
   * @throws ToolException if one was not acknowledged in the end
   */
  long fill(long bytes) throws InterruptedException {
    long due = (bytes + valueBytes - 1) / valueBytes;
    AtomicLong acknowledged = new AtomicLong();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    Semaphore free = new Semaphore(Math.max(1, IN_FLIGHT_BYTES / valueBytes));
    Random random = new Random(2);
    try (Progress progress = new Progress(context, "fill", "MiB");
        TidelineClient client =
            TidelineClient.builder()
                .addresses(endpoints.toArray(String[]::new))
                .deadline(DEADLINE)
                .build();
        BatchingAppender appender =
            client.batchingAppender(
                BatchingOptions.defaults().withMaxInFlight(BATCHES_IN_FLIGHT))) {
      for (long i = 0; i < due && failure.get() == null; i++) {
        free.acquire();
        CompletableFuture<AppendResult> append =
            appender.add(
                BenchStore.timeline(random.nextInt(timelines)),
                messages.get(random.nextInt(VALUES)));
        var _ =
            append.whenComplete(
                (result, error) -> {
                  free.release();
                  if (error == null) {
                    acknowledged.incrementAndGet();
                  } else {
                    failure.compareAndSet(null, error);
                  }
                });
        progress.update((long) (i * valueBytes / MEBIBYTE), (double) i / due);
      }
      appender.flush();
    }
    Throwable failed = failure.get();
    if (failed != null) {
      throw new ToolException(
          ExitCode.FAILED,
          "filling failed after " + acknowledged.get() + " messages: " + failed.getMessage(),
          "Look at the logs of the nodes with --directory.",
          failed);
    }
    return acknowledged.get();
  }
}
