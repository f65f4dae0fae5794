package io.tideline.client;

import static io.grpc.Status.Code.ABORTED;
import static io.grpc.Status.Code.CANCELLED;
import static io.grpc.Status.Code.DEADLINE_EXCEEDED;
import static io.grpc.Status.Code.FAILED_PRECONDITION;
import static io.grpc.Status.Code.INTERNAL;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static io.grpc.Status.Code.NOT_FOUND;
import static io.grpc.Status.Code.RESOURCE_EXHAUSTED;
import static io.grpc.Status.Code.UNAVAILABLE;
import static io.grpc.Status.Code.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.tideline.client.testing.FakeServer;
import io.tideline.client.testing.Fault;
import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.proto.v1.ErrorReason;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which failure of which operation is retried, how often and how soon. */
class RetryMatrixTest {

  private static final TimelineKey TIMELINE = TimelineKey.of("chat", "room");
  private static final Message HELLO = Message.of("text", "hello");
  private static final double DICE = 0.5;

  private final ManualClock clock = ManualClock.eager(DICE);
  private final FakeServer server = FakeServer.started();
  private TidelineClient client;

  @BeforeEach
  void open() {
    client = client(false);
  }

  private TidelineClient client(boolean autoKeys) {
    return TidelineClient.builder()
        .addresses(server.address())
        .autoMessageKeys(autoKeys)
        .build(clock, () -> {});
  }

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  /** An operation of the client, with the name of its method on the wire. */
  private record Operation(String method, WriteKind kind, Consumer<TidelineClient> call) {
    @Override
    public String toString() {
      return method + " " + kind;
    }
  }

  private static List<Operation> operations() {
    AppendItem keyed = AppendItem.of(TIMELINE, HELLO).withMessageKey("k1");
    return List.of(
        new Operation("Append", WriteKind.SINGLE, c -> c.append(TIMELINE, HELLO)),
        new Operation("Append", WriteKind.REPEATABLE, c -> c.append(keyed)),
        new Operation(
            "BatchAppend",
            WriteKind.SINGLE,
            c -> c.appendAll(List.of(AppendItem.of(TIMELINE, HELLO))).get(0).orThrow()),
        new Operation(
            "BatchAppend", WriteKind.REPEATABLE, c -> c.appendAll(List.of(keyed)).get(0).orThrow()),
        new Operation("Put", WriteKind.SINGLE, c -> c.put(TIMELINE, 1, HELLO)),
        new Operation("Put", WriteKind.SINGLE, c -> c.putOrReplace(TIMELINE, 1, HELLO)),
        new Operation("Trim", WriteKind.REPEATABLE, c -> c.trim(TIMELINE, 0)),
        new Operation(
            "Update",
            WriteKind.SINGLE,
            c -> c.update(TIMELINE, 1, EntryUpdate.builder().set("a", 1).build())),
        new Operation("Recall", WriteKind.REPEATABLE, c -> c.recall(TIMELINE, 1, true)),
        new Operation("Delete", WriteKind.REPEATABLE, c -> c.delete(TIMELINE, 1, false)),
        new Operation("DeleteTimeline", WriteKind.SINGLE, c -> c.deleteTimeline(TIMELINE)),
        new Operation("PutMeta", WriteKind.SINGLE, c -> c.meta().put(TIMELINE, HELLO)),
        new Operation(
            "UpdateMeta",
            WriteKind.SINGLE,
            c -> c.meta().update(TIMELINE, MetaUpdate.builder().set("a", 1).build())),
        new Operation("DeleteMeta", WriteKind.SINGLE, c -> c.meta().delete(TIMELINE)),
        new Operation("DropStore", WriteKind.SINGLE, c -> c.stores().drop("chat")),
        new Operation("FlushPartitions", WriteKind.REPEATABLE, c -> c.admin().flushPartitions()),
        new Operation("Scan", WriteKind.READ, c -> c.scanPage(ScanSpec.of(TIMELINE))),
        new Operation("Heads", WriteKind.READ, c -> c.head(TIMELINE)),
        new Operation("ListStores", WriteKind.READ, c -> c.stores().list()),
        new Operation("ListNodes", WriteKind.READ, c -> c.admin().nodes()));
  }

  private static Stream<Arguments> matrix() {
    List<Arguments> notNow =
        List.of(
            Arguments.of(UNAVAILABLE, ErrorReason.ERROR_REASON_NOT_LEADER),
            Arguments.of(FAILED_PRECONDITION, ErrorReason.ERROR_REASON_STALE_EPOCH),
            Arguments.of(UNAVAILABLE, ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE),
            Arguments.of(UNAVAILABLE, ErrorReason.ERROR_REASON_SHUTTING_DOWN),
            Arguments.of(RESOURCE_EXHAUSTED, ErrorReason.ERROR_REASON_IN_FLIGHT_BYTES),
            Arguments.of(RESOURCE_EXHAUSTED, ErrorReason.ERROR_REASON_MEMTABLE_MEMORY),
            Arguments.of(RESOURCE_EXHAUSTED, ErrorReason.ERROR_REASON_COMPACTION_BACKLOG),
            Arguments.of(RESOURCE_EXHAUSTED, ErrorReason.ERROR_REASON_LOG_BACKLOG),
            Arguments.of(RESOURCE_EXHAUSTED, ErrorReason.ERROR_REASON_DISK_FULL));
    List<Arguments> unknown =
        List.of(
            Arguments.of(UNKNOWN, ErrorReason.ERROR_REASON_OUTCOME_UNKNOWN),
            Arguments.of(DEADLINE_EXCEEDED, ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED),
            Arguments.of(UNAVAILABLE, ErrorReason.ERROR_REASON_REPLICA_FAILED),
            Arguments.of(UNAVAILABLE, ErrorReason.ERROR_REASON_UNSPECIFIED),
            Arguments.of(CANCELLED, ErrorReason.ERROR_REASON_UNSPECIFIED));
    List<Arguments> refused =
        List.of(
            Arguments.of(INVALID_ARGUMENT, ErrorReason.ERROR_REASON_TOO_LARGE),
            Arguments.of(NOT_FOUND, ErrorReason.ERROR_REASON_STORE_NOT_FOUND),
            Arguments.of(FAILED_PRECONDITION, ErrorReason.ERROR_REASON_CONDITION_FAILED),
            Arguments.of(FAILED_PRECONDITION, ErrorReason.ERROR_REASON_DEDUP_WINDOW_EXPIRED),
            Arguments.of(ABORTED, ErrorReason.ERROR_REASON_MESSAGE_KEY_REUSED),
            Arguments.of(Status.Code.UNIMPLEMENTED, ErrorReason.ERROR_REASON_NOT_IMPLEMENTED));
    List<Arguments> fatal =
        List.of(
            Arguments.of(INTERNAL, ErrorReason.ERROR_REASON_INTERNAL),
            Arguments.of(Status.Code.DATA_LOSS, ErrorReason.ERROR_REASON_CORRUPTION),
            Arguments.of(UNKNOWN, ErrorReason.ERROR_REASON_UNSPECIFIED));
    return operations().stream()
        .flatMap(
            op ->
                Stream.of(
                        notNow.stream().map(a -> row(op, a, true, false)),
                        unknown.stream()
                            .map(
                                a ->
                                    row(
                                        op,
                                        a,
                                        op.kind() != WriteKind.SINGLE,
                                        op.kind() != WriteKind.READ)),
                        refused.stream().map(a -> row(op, a, false, false)),
                        fatal.stream().map(a -> row(op, a, false, op.kind() != WriteKind.READ)))
                    .flatMap(rows -> rows));
  }

  private static Arguments row(
      Operation operation, Arguments failure, boolean retried, boolean unknown) {
    return Arguments.of(operation, failure.get()[0], failure.get()[1], retried, unknown);
  }

  @ParameterizedTest
  @MethodSource("matrix")
  void isRetriedOnlyWhereItCannotWriteTwice(
      Operation operation,
      Status.Code status,
      ErrorReason reason,
      boolean retried,
      boolean outcomeUnknown) {
    Fault fault =
        reason == ErrorReason.ERROR_REASON_UNSPECIFIED
            ? Fault.refuse(status)
            : Fault.refuse(status, reason);
    server.faults().always(operation.method(), () -> fault);

    TidelineClient threeAttempts =
        client.withRetryPolicy(RetryPolicy.defaults().withMaxAttempts(3));
    TidelineException e =
        catchThrowableOfType(TidelineException.class, () -> operation.call().accept(threeAttempts));

    assertThat(e.attempts()).isEqualTo(retried ? 3 : 1);
    assertThat(e.isRetryable()).isEqualTo(retried);
    assertThat(e.isOutcomeUnknown()).isEqualTo(outcomeUnknown);
    assertThat(e.status()).isEqualTo(status);
    assertThat(clock.delays()).hasSize(retried ? 2 : 0);
  }

  @Test
  void delaysGrowToTheirMaximumWithFullJitter() {
    server.faults().always("Heads", () -> Fault.refuse(UNAVAILABLE));
    RetryPolicy policy =
        RetryPolicy.defaults()
            .withBackoff(Duration.ofMillis(20), Duration.ofMillis(100))
            .withMaxAttempts(6);

    catchThrowableOfType(
        TidelineException.class, () -> client.withRetryPolicy(policy).head(TIMELINE));

    assertThat(clock.delays().stream().map(nanos -> nanos / 1_000_000))
        .containsExactly(10L, 20L, 40L, 50L, 50L);
  }

  @Test
  void waitsAtLeastAsLongAsTheServerAsks() {
    ErrorDetail busy =
        ErrorDetail.newBuilder()
            .setReason(ErrorReason.ERROR_REASON_MEMTABLE_MEMORY)
            .setRetryAfterMs(1_500)
            .build();
    server.faults().next("Append", Fault.refuse(RESOURCE_EXHAUSTED, busy));

    assertThat(client.append(TIMELINE, HELLO).sequenceId()).isEqualTo(1);

    assertThat(clock.delays()).containsExactly(Duration.ofMillis(1_500).toNanos());
  }

  @Test
  void aRetryThatDoesNotFitTheDeadlineIsNotBegun() {
    ErrorDetail busy =
        ErrorDetail.newBuilder()
            .setReason(ErrorReason.ERROR_REASON_DISK_FULL)
            .setRetryAfterMs(60_000)
            .build();
    server.faults().next("Append", Fault.refuse(RESOURCE_EXHAUSTED, busy));

    TidelineException e =
        catchThrowableOfType(TidelineException.class, () -> client.append(TIMELINE, HELLO));

    assertThat(e.code()).isEqualTo(ErrorCode.DISK_FULL);
    assertThat(e.retryAfter()).contains(Duration.ofMinutes(1));
    assertThat(e.isRetryable()).isTrue();
    assertThat(clock.delays()).isEmpty();
  }

  @Test
  void retriesEndWithTheDeadline() {
    server.faults().always("Heads", () -> Fault.refuse(UNAVAILABLE));
    RetryPolicy everySecond =
        RetryPolicy.defaults().withBackoff(Duration.ofSeconds(2), Duration.ofSeconds(2));

    TidelineException e =
        catchThrowableOfType(
            TidelineException.class,
            () ->
                client
                    .withRetryPolicy(everySecond)
                    .withDeadline(Duration.ofMillis(5_500))
                    .head(TIMELINE));

    // At 0, 1, 2, 3, 4 and 5 s; the next would be at 6 s.
    assertThat(e.attempts()).isEqualTo(6);
  }

  @Test
  void anAppendWhoseAnswerIsLostIsWrittenOnceUnderItsKey() {
    try (TidelineClient keyed = client(true)) {
      server.faults().next("Append", Fault.loseAnswer(UNAVAILABLE), Fault.loseAnswer(UNAVAILABLE));

      AppendResult result = keyed.append(TIMELINE, HELLO);

      assertThat(result.sequenceId()).isEqualTo(1);
      assertThat(result.duplicate()).isTrue();
      List<AppendRequest> sent = server.services().received("Append", AppendRequest.class);
      assertThat(sent).hasSize(3);
      assertThat(sent.stream().distinct()).as("each attempt is the same request").hasSize(1);
      assertThat(sent.get(0).getMessageKey()).isNotEmpty();
      assertThat(sent.get(0).getFirstAttemptTimeMs()).isPositive();
    }
  }

  @Test
  void onceTheOutcomeIsUnknownALaterRefusalDoesNotMakeItKnown() {
    server
        .faults()
        .next(
            "Append",
            Fault.loseAnswer(UNAVAILABLE),
            Fault.refuse(FAILED_PRECONDITION, ErrorReason.ERROR_REASON_DEDUP_WINDOW_EXPIRED));

    TidelineException e =
        catchThrowableOfType(
            TidelineException.class,
            () -> client.append(AppendItem.of(TIMELINE, HELLO).withMessageKey("k1")));

    assertThat(e.code()).isEqualTo(ErrorCode.DEDUP_WINDOW_EXPIRED);
    assertThat(e.isOutcomeUnknown()).isTrue();
    assertThat(e.isRetryable()).isFalse();
  }

  @Test
  void aFailedAppendCanBeRepeatedFromItsException() {
    try (TidelineClient keyed = client(true).withRetryPolicy(RetryPolicy.never())) {
      server.faults().next("Append", Fault.loseAnswer(UNAVAILABLE));
      TidelineException e =
          catchThrowableOfType(TidelineException.class, () -> keyed.append(TIMELINE, HELLO));
      assertThat(e.isOutcomeUnknown()).isTrue();

      AppendResult repeated = keyed.append(e.appendItem().orElseThrow());

      assertThat(repeated.duplicate()).isTrue();
      assertThat(repeated.sequenceId()).isEqualTo(1);
    }
  }

  @Test
  void generatedKeysDiffer() {
    try (TidelineClient keyed = client(true)) {
      keyed.append(TIMELINE, HELLO);
      keyed.append(TIMELINE, HELLO);
    }
    assertThat(
            server.services().received("Append", AppendRequest.class).stream()
                .map(AppendRequest::getMessageKey)
                .distinct())
        .hasSize(2);
  }

  @Test
  void withoutAutoKeysAnAppendHasNone() {
    client.append(TIMELINE, HELLO);

    AppendRequest sent = server.services().received("Append", AppendRequest.class).get(0);
    assertThat(sent.getMessageKey()).isEmpty();
    assertThat(sent.getFirstAttemptTimeMs()).isZero();
  }
}
