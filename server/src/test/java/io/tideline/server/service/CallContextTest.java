package io.tideline.server.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Deadline;
import io.tideline.proto.v1.ErrorReason;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

final class CallContextTest {

  private static final Deadline PAST = Deadline.after(-1, TimeUnit.SECONDS);

  private final CallMemory memory = new CallMemory(10_000);

  @Test
  void callWhoseDeadlineHasPassedIsNotBegun() {
    CallContext context = new CallContext(PAST, 1_000, memory);
    assertThat(refusal(context::refuseIfExpired).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED);
    new CallContext(Deadline.after(1, TimeUnit.HOURS), 1_000, memory).refuseIfExpired();
    new CallContext(null, 1_000, memory).refuseIfExpired();
  }

  @Test
  void writeThatIsGivenUpHasAnUnknownOutcome() {
    CompletableFuture<String> never = new CompletableFuture<>();
    Failure byCaller = refusal(() -> new CallContext(PAST, 1_000, memory).awaitWrite(never));
    assertThat(byCaller.reason()).isEqualTo(ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED);
    assertThat(byCaller.message()).contains("may or may not have happened", "message_key");
    Failure byNode = refusal(() -> new CallContext(null, 1, memory).awaitWrite(never));
    assertThat(byNode.reason()).isEqualTo(ErrorReason.ERROR_REASON_OUTCOME_UNKNOWN);
  }

  @Test
  void readThatIsGivenUpHasDoneNothing() {
    CompletableFuture<String> never = new CompletableFuture<>();
    Failure byCaller = refusal(() -> new CallContext(PAST, 1_000, memory).awaitRead(never));
    assertThat(byCaller.reason()).isEqualTo(ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED);
    assertThat(byCaller.message()).contains("nothing was done");
    Failure byNode = refusal(() -> new CallContext(null, 1, memory).awaitRead(never));
    assertThat(byNode.reason()).isEqualTo(ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE);
    assertThat(byNode.retryAfterMillis()).isPositive();
  }

  @Test
  void answerInTimeIsPassedOn() throws Exception {
    CallContext context = new CallContext(null, 1_000, memory);
    assertThat(context.awaitRead(CompletableFuture.completedFuture("r"))).isEqualTo("r");
    assertThat(context.awaitWrite(CompletableFuture.completedFuture("w"))).isEqualTo("w");
  }

  @Test
  void memoryIsRefusedWhenFullAndGivenBackOnce() {
    CallContext first = new CallContext(null, 1_000, memory);
    CallContext second = new CallContext(null, 1_000, memory);
    first.reserve(6_000);
    first.reserve(3_000);
    Failure full = refusal(() -> second.reserve(1_001));
    assertThat(full.reason()).isEqualTo(ErrorReason.ERROR_REASON_IN_FLIGHT_BYTES);
    assertThat(full.limit()).isEqualTo("10000 bytes");
    assertThat(full.retryAfterMillis()).isPositive();
    second.reserve(1_000);
    assertThat(memory.usedBytes()).isEqualTo(10_000);

    first.releaseAll();
    first.releaseAll();
    assertThat(memory.usedBytes()).isEqualTo(1_000);
    second.releaseAll();
    assertThat(memory.usedBytes()).isZero();
  }

  private static Failure refusal(ThrowingCallable call) {
    FailureException thrown = catchThrowableOfType(FailureException.class, call);
    assertThat(thrown).isNotNull();
    return thrown.failure();
  }
}
