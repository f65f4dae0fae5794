package io.tideline.server.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.grpc.Status;
import io.tideline.proto.v1.ErrorReason;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class InboundBudgetTest {

  private final InboundBudget budget = new InboundBudget(2000);
  private final AtomicInteger refusals = new AtomicInteger();

  private InboundBudget.Arriving arriving() {
    return (InboundBudget.Arriving) budget.newServerStreamTracer("any", new Metadata());
  }

  @Test
  void requestsTakeAtMostAQuarterOfTheNetworkMemory() {
    assertThat(budget.limitBytes()).isEqualTo(500);
  }

  @Test
  void theRequestWhoseBytesDoNotFitIsRefusedOnceAndTheOthersGoOn() {
    InboundBudget.Arriving first = arriving();
    first.onRefused(() -> assertThat(true).as("the first must not be refused").isFalse());
    InboundBudget.Arriving second = arriving();
    second.onRefused(refusals::incrementAndGet);

    first.inboundWireSize(400);
    second.inboundWireSize(100);
    assertThat(refusals).hasValue(0);
    assertThat(second.isRefused()).isFalse();
    second.inboundWireSize(1);
    second.inboundWireSize(300);

    assertThat(refusals).hasValue(1);
    assertThat(second.isRefused()).isTrue();
    assertThat(second.failure().reason()).isEqualTo(ErrorReason.ERROR_REASON_IN_FLIGHT_BYTES);
    second.streamClosed(Status.RESOURCE_EXHAUSTED);
    assertThat(budget.usedBytes()).isEqualTo(400);
  }

  @Test
  void aRequestLargerThanAnyMayBeIsRefusedForThatAlone() {
    InboundBudget large = new InboundBudget(16L * Limits.REQUEST_BYTES_MAX);
    InboundBudget.Arriving call =
        (InboundBudget.Arriving) large.newServerStreamTracer("any", new Metadata());
    call.onRefused(refusals::incrementAndGet);

    call.inboundWireSize(Limits.REQUEST_BYTES_MAX);
    assertThat(call.isRefused()).isFalse();
    call.inboundWireSize(1);

    assertThat(refusals).hasValue(1);
    assertThat(call.failure().reason()).isEqualTo(ErrorReason.ERROR_REASON_TOO_LARGE);
    assertThat(call.failure().field()).isEqualTo("request");
  }

  @Test
  void aRefusalBeforeTheCallIsKnownWaitsForIt() {
    InboundBudget.Arriving call = arriving();
    call.inboundWireSize(501);

    call.onRefused(refusals::incrementAndGet);

    assertThat(refusals).hasValue(1);
  }

  @Test
  void bytesAreGivenBackOnceWhenTheCallTakesThemOver() {
    InboundBudget.Arriving call = arriving();
    call.inboundWireSize(300);

    call.release();
    call.streamClosed(Status.OK);

    assertThat(budget.usedBytes()).isZero();
  }
}
