package io.tideline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.tideline.client.testing.FakeServer;
import io.tideline.client.testing.Fault;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.HeadResult;
import io.tideline.proto.v1.HeadsResponse;
import io.tideline.proto.v1.IdentifierValue;
import io.tideline.proto.v1.ItemError;
import io.tideline.proto.v1.TimelineId;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the server tells of an error reaches the application, known reason or not. */
class ErrorDecodingTest {

  private static final TimelineKey ROOM = TimelineKey.of("chat", "房间");
  private static final Message HELLO = Message.of("text", "hello");

  private final FakeServer server = FakeServer.started();
  private final TidelineClient client =
      TidelineClient.connect(server.address()).withRetryPolicy(RetryPolicy.never());

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  private TidelineException appendFailure() {
    return catchThrowableOfType(TidelineException.class, () -> client.append(ROOM, HELLO));
  }

  @Test
  void aConnectionThatIsCutWhileItIsWrittenToIsLostAndNoDefectOfTheServer() {
    Status told =
        Status.UNKNOWN.withDescription("channel closed").withCause(new ClosedChannelException());
    assertThat(UnaryAttempt.asConnectionLost(told).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(UnaryAttempt.asConnectionLost(told).getDescription()).isEqualTo("channel closed");
    // What a server says itself has no cause.
    assertThat(UnaryAttempt.asConnectionLost(Status.UNKNOWN)).isEqualTo(Status.UNKNOWN);
    assertThat(UnaryAttempt.asConnectionLost(Status.INTERNAL.withCause(told.getCause())).getCode())
        .isEqualTo(Status.Code.INTERNAL);
  }

  @Test
  void everyFieldOfTheDetailIsThere() {
    ErrorDetail detail =
        ErrorDetail.newBuilder()
            .setReason(ErrorReason.ERROR_REASON_TOO_LARGE)
            .setStore("chat")
            .setTimeline(WireValues.toWire(ROOM.identifier()))
            .setField("message.fields[\"text\"]")
            .setValue("你好…")
            .setLimit("1048576 bytes")
            .setRetryAfterMs(250)
            .build();
    server.faults().next("Append", Fault.refuse(Status.Code.INVALID_ARGUMENT, detail));

    TidelineException e = appendFailure();

    assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE);
    assertThat(e.status()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(e.store()).isEqualTo("chat");
    assertThat(e.timeline()).contains(ROOM);
    assertThat(e.field()).isEqualTo("message.fields[\"text\"]");
    assertThat(e.value()).isEqualTo("你好…");
    assertThat(e.limit()).isEqualTo("1048576 bytes");
    assertThat(e.retryAfter()).contains(Duration.ofMillis(250));
    assertThat(e.attempts()).isEqualTo(1);
    assertThat(e)
        .hasMessageContainingAll(
            "TOO_LARGE", "refused by the test", "chat", "message.fields", "1048576 bytes");
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"UNRECOGNIZED", "ERROR_REASON_UNSPECIFIED"})
  void everyReasonOfTheContractHasACodeOfItsName(ErrorReason reason) {
    assertThat(ErrorCode.ofReason(reason.getNumber()).name())
        .isEqualTo(reason.name().substring("ERROR_REASON_".length()));
  }

  @Test
  void aReasonOfTheFutureIsJudgedByItsStatus() {
    ErrorDetail future = ErrorDetail.newBuilder().setReasonValue(77).build();
    server
        .faults()
        .next(
            "Append",
            Fault.refuse(Status.Code.UNAVAILABLE, future),
            Fault.refuse(Status.Code.INVALID_ARGUMENT, future),
            Fault.refuse(Status.Code.ABORTED, future));

    TidelineException unavailable = appendFailure();
    assertThat(unavailable.code()).isEqualTo(ErrorCode.UNKNOWN_REASON);
    assertThat(unavailable.isOutcomeUnknown()).isTrue();
    assertThat(unavailable.isRetryable()).as("it has a generated key").isTrue();
    TidelineException invalid = appendFailure();
    assertThat(invalid.code()).isEqualTo(ErrorCode.UNKNOWN_REASON);
    assertThat(invalid.isOutcomeUnknown()).isFalse();
    assertThat(invalid.isRetryable()).isFalse();
    TidelineException aborted = appendFailure();
    assertThat(aborted.isOutcomeUnknown()).as("could mean either, so the worse").isTrue();
    assertThat(aborted.isRetryable()).isFalse();
  }

  @Test
  void numbersOutsideTheTableAreUnknownReasons() {
    for (int number : new int[] {-1, 0, 15, 127, 128, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      assertThat(ErrorCode.ofReason(number)).isEqualTo(ErrorCode.UNKNOWN_REASON);
    }
  }

  @Test
  void codesOfTheClientCannotBeMistakenForReasons() {
    assertThat(Arrays.stream(ErrorCode.values()).filter(c -> c.name().startsWith("CLIENT")))
        .isNotEmpty();
    assertThat(ErrorCode.ofReason(-1)).isEqualTo(ErrorCode.UNKNOWN_REASON);
  }

  @Test
  void anIdentifierThatIsNoneDoesNotHideTheError() {
    ErrorDetail detail =
        ErrorDetail.newBuilder()
            .setReason(ErrorReason.ERROR_REASON_REQUIRED)
            .setTimeline(TimelineId.newBuilder().addFields(IdentifierValue.getDefaultInstance()))
            .build();
    server.faults().next("Append", Fault.refuse(Status.Code.INVALID_ARGUMENT, detail));
    TidelineException e = appendFailure();
    assertThat(e.code()).isEqualTo(ErrorCode.REQUIRED);
    assertThat(e.timeline()).isEmpty();
    assertThat(e.store()).isEqualTo("chat");
  }

  @Test
  void oneTimelineOfManyFailsByItself() {
    server
        .services()
        .script(
            "Heads",
            request ->
                HeadsResponse.newBuilder()
                    .addResults(
                        HeadResult.newBuilder()
                            .setError(
                                ItemError.newBuilder()
                                    .setCode(Status.Code.UNAVAILABLE.value())
                                    .setDetail(
                                        ErrorDetail.newBuilder()
                                            .setReason(
                                                ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE))))
                    .addResults(
                        HeadResult.newBuilder()
                            .setHead(
                                io.tideline.proto.v1.TimelineHead.newBuilder()
                                    .setLastSequenceId(9)
                                    .setExists(true)))
                    .build());
    List<io.tideline.client.HeadResult> heads =
        client.heads("chat", List.of(Identifier.of("a"), Identifier.of("b")));

    TidelineException e =
        catchThrowableOfType(TidelineException.class, () -> heads.get(0).orThrow());
    assertThat(e.code()).isEqualTo(ErrorCode.PARTITION_UNAVAILABLE);
    assertThat(e.isRetryable()).isTrue();
    assertThat(heads.get(1).orThrow().lastSequenceId()).isEqualTo(9);
  }

  @Test
  void anAnswerOfTheWrongLengthIsAnError() {
    server.services().script("Heads", request -> HeadsResponse.getDefaultInstance());
    TidelineException e = catchThrowableOfType(TidelineException.class, () -> client.head(ROOM));
    assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(e).hasMessageContaining("0 results to 1");
  }

  @Test
  void futuresFailWithTheExceptionItself() {
    server
        .faults()
        .next(
            "Append",
            Fault.refuse(Status.Code.NOT_FOUND, ErrorReason.ERROR_REASON_STORE_NOT_FOUND));
    ErrorCode code =
        client
            .appendAsync(ROOM, HELLO)
            .handle((result, e) -> e instanceof TidelineException t ? t.code() : null)
            .join();
    assertThat(code).isEqualTo(ErrorCode.STORE_NOT_FOUND);
  }

  @Test
  void aBlockingCallThrowsWithTheCallersStack() {
    server
        .faults()
        .next(
            "Append",
            Fault.refuse(Status.Code.NOT_FOUND, ErrorReason.ERROR_REASON_STORE_NOT_FOUND));
    TidelineException e = appendFailure();
    assertThat(e.getStackTrace())
        .extracting(StackTraceElement::getClassName)
        .contains(ErrorDecodingTest.class.getName());
    assertThat(e.getCause()).isNotInstanceOf(CompletionException.class);
  }
}
