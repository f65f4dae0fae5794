package io.tideline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.tideline.client.testing.FakeServer;
import io.tideline.client.testing.Fault;
import io.tideline.proto.v1.BatchAppendItem;
import io.tideline.proto.v1.BatchAppendRequest;
import io.tideline.proto.v1.BatchAppendResponse;
import io.tideline.proto.v1.BatchAppendResult;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.ItemError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When a batching appender sends what, what it refuses, and what becomes of failures. */
@Timeout(60)
class BatchingAppenderTest {

  private static final Duration LINGER = Duration.ofMillis(10);
  private static final TimelineKey A = TimelineKey.of("chat", "a");
  private static final TimelineKey B = TimelineKey.of("chat", "b");

  private final ManualClock clock = ManualClock.stepped();
  private final FakeServer server = FakeServer.started();
  private final TidelineClient client =
      TidelineClient.builder()
          .addresses(server.address())
          .retryPolicy(
              RetryPolicy.defaults().withBackoff(Duration.ofMillis(50), Duration.ofMillis(50)))
          .build(clock, () -> {});
  private final BatchingOptions options = BatchingOptions.defaults().withLinger(LINGER);

  @AfterEach
  @Timeout(60)
  void close() throws InterruptedException {
    server.close(); // first, so that calls still hanging there end
    CompletableFuture<Void> closed = CompletableFuture.runAsync(client::close);
    advanceUntil(closed, Duration.ofSeconds(10));
  }

  private static Message text(int i) {
    return Message.of("text", "message " + i);
  }

  private List<BatchAppendRequest> sent() {
    return server.services().received("BatchAppend", BatchAppendRequest.class);
  }

  private List<String> stored(TimelineKey timeline) {
    return server
        .services()
        .store(timeline.store())
        .entries(WireValues.toWire(timeline.identifier()))
        .stream()
        .map(e -> e.getMessage().getFieldsMap().get("text").getStringValue())
        .toList();
  }

  private static <T> T get(CompletableFuture<T> future)
      throws ExecutionException, InterruptedException, TimeoutException {
    return future.get(20, TimeUnit.SECONDS);
  }

  private static TidelineException failure(CompletableFuture<?> future) {
    try {
      Object value = get(future);
      throw new AssertionError("succeeded with " + value);
    } catch (ExecutionException e) {
      return (TidelineException) e.getCause();
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("not answered", e);
    }
  }

  /**
   * Moves the clock in steps until the future is done: for what waits for several timers in turn.
   */
  private void advanceUntil(CompletableFuture<?> future) throws InterruptedException {
    advanceUntil(future, Duration.ofMillis(50));
  }

  private void advanceUntil(CompletableFuture<?> future, Duration step)
      throws InterruptedException {
    for (int i = 0; i < 2_000 && !future.isDone(); i++) {
      clock.advance(step.toNanos());
      awaitBriefly(future);
    }
    assertThat(future).isDone();
  }

  private static void awaitBriefly(CompletableFuture<?> future) throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    CompletableFuture<?> unused = future.whenComplete((v, e) -> done.countDown());
    boolean ignored = done.await(10, TimeUnit.MILLISECONDS);
  }

  @Test
  void itemsAreSentTogetherWhenTheFirstHasLingered() throws Exception {
    BatchingAppender appender = client.batchingAppender(options);
    CompletableFuture<AppendResult> first = appender.add(A, text(1));
    clock.advance(LINGER.toNanos() / 2);
    CompletableFuture<AppendResult> second = appender.add(B, text(2));
    assertThat(sent()).isEmpty();
    assertThat(appender.metrics().pendingItems()).isEqualTo(2);

    clock.advance(LINGER.toNanos() / 2);

    assertThat(get(first).sequenceId()).isEqualTo(1);
    assertThat(get(second).sequenceId()).isEqualTo(1);
    assertThat(sent()).singleElement().extracting(r -> r.getItemsCount()).isEqualTo(2);
  }

  @Test
  void aFullBatchDoesNotLinger() throws Exception {
    BatchingAppender appender = client.batchingAppender(options.withMaxBatchItems(3));
    List<CompletableFuture<AppendResult>> futures = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      futures.add(appender.add(A, text(i)));
    }
    for (int i = 0; i < 3; i++) {
      assertThat(get(futures.get(i)).sequenceId()).isEqualTo(i + 1);
    }
    assertThat(sent()).hasSize(1);
    assertThat(stored(A)).containsExactly("message 1", "message 2", "message 3");
  }

  @Test
  void noBatchExceedsItsBytes() throws Exception {
    int bytesMax = 4 << 10;
    BatchingAppender appender =
        client.batchingAppender(options.withMaxBatchBytes(bytesMax).withMaxInFlight(1));
    CompletableFuture<AppendResult> last = new CompletableFuture<>();
    for (int i = 0; i < 40; i++) {
      last = appender.add(TimelineKey.of("chat", "t" + i), Message.of("text", "x".repeat(500)));
    }
    CompletableFuture<AppendResult> huge =
        appender.add(A, Message.of("text", "x".repeat(2 * bytesMax)));
    appender.flush();

    assertThat(get(last).sequenceId()).isEqualTo(1);
    assertThat(get(huge).sequenceId()).isEqualTo(1);
    assertThat(sent())
        .allSatisfy(
            r ->
                assertThat(r.getItemsCount() == 1 || r.getSerializedSize() <= bytesMax)
                    .as("%s items of %s bytes", r.getItemsCount(), r.getSerializedSize())
                    .isTrue());
    assertThat(sent().stream().mapToInt(BatchAppendRequest::getItemsCount).sum()).isEqualTo(41);
    assertThat(sent().size()).isLessThan(10);
  }

  @Test
  void storesAreSentApart() throws Exception {
    BatchingAppender appender = client.batchingAppender(options);
    CompletableFuture<AppendResult> chat = appender.add(A, text(1));
    CompletableFuture<AppendResult> inbox = appender.add(TimelineKey.of("inbox", 7), text(2));
    appender.flush();

    assertThat(get(chat).sequenceId()).isEqualTo(1);
    assertThat(get(inbox).sequenceId()).isEqualTo(1);
    assertThat(sent()).extracting(BatchAppendRequest::getStore).containsOnlyOnce("chat", "inbox");
  }

  @Test
  void aTimelineOnItsWayIsNotOvertakenWhileOthersGoOn() throws Exception {
    BatchingAppender appender =
        client.batchingAppender(options.withLinger(Duration.ZERO).withMaxInFlight(4));
    CountDownLatch hanging = hangFirst();
    CompletableFuture<AppendResult> stuck = appender.add(A, text(1));
    awaitLatch(hanging);
    CompletableFuture<AppendResult> behind = appender.add(A, text(2));
    CompletableFuture<AppendResult> other = appender.add(B, text(3));

    assertThat(get(other).sequenceId()).isEqualTo(1);
    assertThat(stuck).isNotDone();
    assertThat(behind).isNotDone();
    assertThat(stored(A)).isEmpty();

    server.kill(); // the hanging call fails
    server.start();
    advanceUntil(behind);
    assertThat(get(stuck).sequenceId()).isEqualTo(1);
    assertThat(get(behind).sequenceId()).isEqualTo(2);
    assertThat(stored(A)).containsExactly("message 1", "message 2");
  }

  /** Lets the first batch hang; the latch opens when it does. */
  private CountDownLatch hangFirst() {
    CountDownLatch hanging = new CountDownLatch(1);
    server
        .faults()
        .always(
            "BatchAppend",
            () -> {
              boolean first = hanging.getCount() > 0;
              hanging.countDown();
              return first ? Fault.hang() : null;
            });
    return hanging;
  }

  @Test
  void addFailsFastWhenMemoryIsUsedUp() throws Exception {
    CountDownLatch hanging = hangFirst();
    BatchingAppender appender =
        client.batchingAppender(
            options
                .withLinger(Duration.ZERO)
                .withMaxBatchBytes(1 << 10)
                .withMaxPendingBytes(2 << 10)
                .withFailFast());
    Message kilobyte = Message.of("text", "x".repeat(1 << 10));
    CompletableFuture<AppendResult> first = appender.add(A, kilobyte);
    awaitLatch(hanging);
    CompletableFuture<AppendResult> refused = appender.add(A, kilobyte);

    TidelineException e = failure(refused);
    assertThat(e.code()).isEqualTo(ErrorCode.BUFFER_FULL);
    assertThat(e.isOutcomeUnknown()).isFalse();
    assertThat(e.isRetryable()).isTrue();
    assertThat(e).hasMessageContaining("2048");
    assertThat(appender.metrics().rejectedItems()).isEqualTo(1);

    server.kill();
    server.start();
    advanceUntil(first);
    assertThat(get(first).sequenceId()).isEqualTo(1);
    CompletableFuture<AppendResult> accepted = appender.add(A, kilobyte);
    assertThat(get(accepted).sequenceId()).as("answered items free memory").isEqualTo(2);
  }

  @Test
  void addWaitsForMemoryAtMostMaxBlock() {
    server.faults().next("BatchAppend", Fault.hang());
    BatchingAppender appender =
        client.batchingAppender(
            options
                .withLinger(Duration.ZERO)
                .withMaxBatchBytes(1 << 10)
                .withMaxPendingBytes(1 << 10)
                .withMaxBlock(Duration.ofMillis(30)));
    CompletableFuture<AppendResult> first = appender.add(A, text(1));
    CompletableFuture<AppendResult> second = appender.add(A, Message.of("text", "x".repeat(1_000)));

    assertThat(failure(second).code()).isEqualTo(ErrorCode.BUFFER_FULL);
    assertThat(first).isNotDone();
    assertThat(appender.metrics().blockedAdds()).isEqualTo(1);
    clock.advance(Duration.ofMinutes(2).toNanos());
    assertThat(failure(first).code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
  }

  @Test
  void aBlockedAddGoesOnWhenMemoryIsFreed() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    server
        .faults()
        .always(
            "BatchAppend",
            () -> {
              awaitLatch(release);
              return null;
            });
    BatchingAppender appender =
        client.batchingAppender(
            options
                .withLinger(Duration.ZERO)
                .withMaxBatchBytes(1 << 10)
                .withMaxPendingBytes(1 << 10));
    CompletableFuture<AppendResult> first = appender.add(A, text(1));
    CompletableFuture<CompletableFuture<AppendResult>> blocked =
        CompletableFuture.supplyAsync(() -> appender.add(A, Message.of("text", "x".repeat(1_000))));
    awaitBriefly(blocked);
    assertThat(blocked).isNotDone();

    release.countDown();

    assertThat(get(first).sequenceId()).isEqualTo(1);
    assertThat(get(get(blocked)).sequenceId()).isEqualTo(2);
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      if (!latch.await(20, TimeUnit.SECONDS)) {
        throw new IllegalStateException("never released");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void closeSendsWhatIsPendingAndRefusesMore() throws Exception {
    BatchingAppender appender =
        client.batchingAppender(options.withLinger(Duration.ofHours(1)).withMaxBatchItems(10));
    List<CompletableFuture<AppendResult>> futures = new ArrayList<>();
    for (int i = 0; i < 25; i++) {
      futures.add(appender.add(A, text(i)));
    }
    appender.close();

    assertThat(futures).allSatisfy(f -> assertThat(f).isCompleted());
    assertThat(stored(A)).hasSize(25);
    assertThat(failure(appender.add(A, text(26))).code()).isEqualTo(ErrorCode.CLIENT_CLOSED);
    AppenderMetrics metrics = appender.metrics();
    assertThat(metrics.pendingItems()).isZero();
    assertThat(metrics.pendingBytes()).isZero();
    assertThat(metrics.inFlightBatches()).isZero();
    assertThat(metrics.acknowledgedItems()).isEqualTo(25);
  }

  @Test
  void closeNowSendsNothingMoreAndSaysWhatMayBeWritten() {
    CountDownLatch hanging = hangFirst();
    BatchingAppender appender = client.batchingAppender(options.withLinger(Duration.ZERO));
    CompletableFuture<AppendResult> onItsWay = appender.add(A, text(1));
    CompletableFuture<AppendResult> queued = appender.add(A, text(2));
    awaitLatch(hanging);

    appender.closeNow();

    assertThat(failure(onItsWay).code()).isEqualTo(ErrorCode.CLIENT_CLOSED);
    assertThat(failure(onItsWay).isOutcomeUnknown()).isTrue();
    assertThat(failure(queued).isOutcomeUnknown()).isFalse();
    assertThat(failure(appender.add(A, text(3))).code()).isEqualTo(ErrorCode.CLIENT_CLOSED);
    assertThat(appender.metrics().pendingItems()).isZero();
    assertThat(sent()).hasSize(1);
  }

  @Test
  void closingTheClientDrainsItsAppenders() {
    BatchingAppender appender = client.batchingAppender(options.withLinger(Duration.ofHours(1)));
    CompletableFuture<AppendResult> pending = appender.add(A, text(1));
    client.close();
    assertThat(pending).isCompleted();
  }

  @Test
  void flushWaitsOnlyForWhatWasAddedBefore() throws Exception {
    BatchingAppender appender = client.batchingAppender(options.withLinger(Duration.ofHours(1)));
    CompletableFuture<AppendResult> before = appender.add(A, text(1));
    CompletableFuture<Void> flush = appender.flushAsync();
    CompletableFuture<AppendResult> after = appender.add(B, text(2));

    get(flush);

    assertThat(before).isCompleted();
    assertThat(after).isNotDone();
    appender.flush();
    assertThat(after).isCompleted();
  }

  @Test
  void anItemThatIsNotDeliveredInTimeSaysWhetherItMayBeWritten() {
    server.faults().always("BatchAppend", Fault::hang);
    BatchingAppender appender =
        client.batchingAppender(
            options.withLinger(Duration.ZERO).withDeliveryTimeout(Duration.ofSeconds(3)));
    CompletableFuture<AppendResult> onItsWay = appender.add(A, text(1));
    CompletableFuture<AppendResult> queued = appender.add(A, text(2));

    clock.advance(Duration.ofSeconds(3).toNanos());

    assertThat(failure(onItsWay).code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    assertThat(failure(onItsWay).isOutcomeUnknown()).isTrue();
    assertThat(failure(onItsWay).appendItem()).isPresent();
    assertThat(failure(queued).isOutcomeUnknown()).isFalse();
    assertThat(appender.metrics().failedItems()).isEqualTo(2);
  }

  @Test
  void aLostAnswerIsAskedForAgainAndWritesNothingTwice() throws Exception {
    server.faults().next("BatchAppend", Fault.loseAnswer(Status.Code.UNAVAILABLE));
    BatchingAppender appender = client.batchingAppender(options.withLinger(Duration.ZERO));
    CompletableFuture<AppendResult> first = appender.add(A, text(1));
    CompletableFuture<AppendResult> second = appender.add(A, text(2));

    advanceUntil(second);

    assertThat(get(first).duplicate()).isTrue();
    assertThat(get(second).duplicate()).isFalse();
    assertThat(stored(A)).containsExactly("message 1", "message 2");
    assertThat(appender.metrics().retriedItems()).isEqualTo(1);
    assertThat(appender.metrics().duplicateItems()).isEqualTo(1);
  }

  @Test
  void withoutKeysAnUnknownOutcomeIsToldAndNotRetried() {
    server.faults().next("BatchAppend", Fault.loseAnswer(Status.Code.UNAVAILABLE));
    try (TidelineClient unkeyed =
        TidelineClient.builder()
            .addresses(server.address())
            .autoMessageKeys(false)
            .build(clock, () -> {})) {
      BatchingAppender appender = unkeyed.batchingAppender(options);
      CompletableFuture<AppendResult> keyed =
          appender.add(AppendItem.of(B, text(2)).withMessageKey("mine"));
      CompletableFuture<AppendResult> future = appender.add(A, text(1));
      CompletableFuture<Void> flush = appender.flushAsync();

      TidelineException e = failure(future);
      assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(e.isOutcomeUnknown()).isTrue();
      assertThat(e.isRetryable()).isFalse();

      advanceUntil(flush);
      assertThat(get(keyed).duplicate()).isTrue();
      assertThat(stored(A)).hasSize(1);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void onlyTheMalformedItemOfARefusedBatchFails() throws Exception {
    refuseText("bad", "items[%d].message.fields[\"text\"]");
    BatchingAppender appender = client.batchingAppender(options);
    CompletableFuture<AppendResult> before = appender.add(A, text(1));
    CompletableFuture<AppendResult> bad = appender.add(A, Message.of("text", "bad"));
    CompletableFuture<AppendResult> after = appender.add(A, text(2));
    appender.flush();

    TidelineException e = failure(bad);
    assertThat(e.code()).isEqualTo(ErrorCode.INVALID_UTF8);
    assertThat(e.field()).isEqualTo("message.fields[\"text\"]");
    assertThat(e.isOutcomeUnknown()).isFalse();
    assertThat(get(before).sequenceId()).isEqualTo(1);
    assertThat(get(after).sequenceId()).isEqualTo(2);
  }

  @Test
  void aBatchRefusedWithoutNamingAnItemIsTakenApart() throws Exception {
    refuseText("bad", "items");
    BatchingAppender appender = client.batchingAppender(options);
    CompletableFuture<AppendResult> before = appender.add(A, text(1));
    CompletableFuture<AppendResult> bad = appender.add(A, Message.of("text", "bad"));
    CompletableFuture<AppendResult> after = appender.add(A, text(2));
    appender.flush();

    assertThat(failure(bad).code()).isEqualTo(ErrorCode.INVALID_UTF8);
    assertThat(get(before).sequenceId()).isEqualTo(1);
    assertThat(get(after).sequenceId()).isEqualTo(2);
    assertThat(stored(A)).containsExactly("message 1", "message 2");
  }

  /** Refuses whole batches that hold this text, naming the item by the field's format. */
  private void refuseText(String text, String fieldFormat) {
    server
        .services()
        .script(
            "BatchAppend",
            message -> {
              BatchAppendRequest request = (BatchAppendRequest) message;
              for (int i = 0; i < request.getItemsCount(); i++) {
                if (textOf(request.getItems(i)).equals(text)) {
                  throw Fault.refuse(
                          Status.Code.INVALID_ARGUMENT,
                          ErrorDetail.newBuilder()
                              .setReason(ErrorReason.ERROR_REASON_INVALID_UTF8)
                              .setField(String.format(fieldFormat, i))
                              .build())
                      .toException();
                }
              }
              return server.services().store(request.getStore()).appendAll(request);
            });
  }

  private static String textOf(BatchAppendItem item) {
    return item.getMessage().getFieldsMap().get("text").getStringValue();
  }

  @Test
  void anItemIsNotRetriedBehindALaterOneOfItsTimeline() throws Exception {
    server
        .services()
        .script("BatchAppend", request -> failFirst((BatchAppendRequest) request, A, B));
    BatchingAppender appender = client.batchingAppender(options);
    CompletableFuture<AppendResult> overtaken = appender.add(A, text(1));
    CompletableFuture<AppendResult> later = appender.add(A, text(2));
    CompletableFuture<AppendResult> alone = appender.add(B, text(3));
    CompletableFuture<Void> flush = appender.flushAsync();
    get(later);
    server
        .services()
        .script(
            "BatchAppend", r -> server.services().store("chat").appendAll((BatchAppendRequest) r));
    advanceUntil(flush);

    assertThat(failure(overtaken).code()).isEqualTo(ErrorCode.PARTITION_UNAVAILABLE);
    assertThat(failure(overtaken).isOutcomeUnknown()).isFalse();
    assertThat(get(alone).sequenceId()).isEqualTo(1);
    assertThat(stored(A)).containsExactly("message 2");
  }

  /** Fails the first item of each of these timelines for the moment and appends the others. */
  private BatchAppendResponse failFirst(BatchAppendRequest request, TimelineKey... timelines) {
    List<Object> failing = new ArrayList<>();
    for (TimelineKey timeline : timelines) {
      failing.add(WireValues.toWire(timeline.identifier()));
    }
    BatchAppendResponse.Builder response = BatchAppendResponse.newBuilder();
    for (BatchAppendItem item : request.getItemsList()) {
      BatchAppendResponse written =
          failing.remove(item.getTimeline())
              ? unavailable()
              : server
                  .services()
                  .store(request.getStore())
                  .appendAll(request.toBuilder().clearItems().addItems(item).build());
      response.addResults(written.getResults(0));
    }
    return response.build();
  }

  private static BatchAppendResponse unavailable() {
    return BatchAppendResponse.newBuilder()
        .addResults(
            BatchAppendResult.newBuilder()
                .setError(
                    ItemError.newBuilder()
                        .setCode(Status.Code.UNAVAILABLE.value())
                        .setDetail(
                            ErrorDetail.newBuilder()
                                .setReason(ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE))))
        .build();
  }

  @Test
  void aConditionOfOneItemDoesNotFailTheOthers() throws Exception {
    BatchingAppender appender = client.batchingAppender(options);
    CompletableFuture<AppendResult> first = appender.add(A, text(1));
    CompletableFuture<AppendResult> conditional =
        appender.add(AppendItem.of(A, text(2)).withExpectedLastSequenceId(7));
    CompletableFuture<AppendResult> third = appender.add(A, text(3));
    appender.flush();

    assertThat(get(first).sequenceId()).isEqualTo(1);
    assertThat(failure(conditional).code()).isEqualTo(ErrorCode.CONDITION_FAILED);
    assertThat(failure(conditional).value()).isEqualTo("1");
    assertThat(get(third).sequenceId()).isEqualTo(2);
  }

  @Test
  void optionsThatCannotWorkAreRefused() {
    assertThatThrownBy(() -> options.withMaxBatchItems(1_001)).hasMessageContaining("1..1000");
    assertThatThrownBy(() -> options.withMaxPendingBytes(1)).hasMessageContaining("one batch");
    assertThatThrownBy(() -> options.withLinger(Duration.ofMillis(-1))).hasMessageContaining("-");
    assertThatThrownBy(() -> options.withDeliveryTimeout(Duration.ZERO))
        .hasMessageContaining("delivery timeout");
  }
}
