package io.tideline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.tideline.client.testing.FakeServer;
import io.tideline.client.testing.Fault;
import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.BatchAppendRequest;
import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.FanOutRequest;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FanOutTest {

  private static final Message HELLO = Message.of("text", "hello");
  private static final TimelineKey CONVERSATION = TimelineKey.of("talk", "c");

  private final FakeServer server = FakeServer.started();
  private final TidelineClient client =
      TidelineClient.builder().addresses(server.address()).deadline(Duration.ofSeconds(20)).build();

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  @Test
  void conversationAndInboxesAreOneCallWithTheMessageInItOnce() {
    FanOutResult result = client.fanOut(to(3).conversation(CONVERSATION).build()).orThrow();

    assertThat(result.isComplete()).isTrue();
    assertThat(result.conversation().orElseThrow().orThrow().sequenceId()).isEqualTo(1);
    assertThat(result.inboxes()).hasSize(3);
    assertThat(result.inboxes().get(2).item().timeline()).isEqualTo(TimelineKey.of("inbox", "u2"));
    FanOutRequest sent = onlyCall();
    assertThat(sent.getMessageKey()).isNotEmpty();
    assertThat(sent.getFirstAttemptTimeMs()).isPositive();
    assertThat(sent.getConversation().getStore()).isEqualTo("talk");
    assertThat(sent.getInboxesCount()).isEqualTo(3);
    assertThat(entries("inbox", "u1")).hasSize(1);
  }

  @Test
  void whatFailedForTheMomentIsRepeatedAndOnlyThat() {
    server
        .faults()
        .next(
            "FanOut target",
            refusal(ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE, Status.Code.UNAVAILABLE),
            refusal(ErrorReason.ERROR_REASON_OUTCOME_UNKNOWN, Status.Code.UNKNOWN));

    FanOutResult result = client.fanOut(to(3).messageKey("key-1").build()).orThrow();

    assertThat(result.inboxes()).allMatch(AppendOutcome::isSuccess);
    List<FanOutRequest> calls = server.services().received("FanOut", FanOutRequest.class);
    assertThat(calls).hasSize(2);
    assertThat(calls.get(1).getInboxesCount()).isEqualTo(2);
    assertThat(calls.get(1).getMessageKey()).isEqualTo("key-1");
    assertThat(calls.get(1).getFirstAttemptTimeMs())
        .isEqualTo(calls.get(0).getFirstAttemptTimeMs());
    for (int i = 0; i < 3; i++) {
      assertThat(entries("inbox", "u" + i)).hasSize(1);
    }
  }

  @Test
  void aLostAnswerIsAskedForAgainAndWritesNothingTwice() {
    server.faults().next("FanOut", Fault.loseAnswer(Status.Code.UNAVAILABLE));

    FanOutResult result = client.fanOut(to(2).conversation(CONVERSATION).build()).orThrow();

    assertThat(result.inboxes()).allMatch(outcome -> outcome.orThrow().duplicate());
    assertThat(entries("talk", "c")).hasSize(1);
    assertThat(entries("inbox", "u0")).hasSize(1);
  }

  @Test
  void aConversationThatIsLeftAloneIsAppended() {
    server
        .faults()
        .next(
            "FanOut target",
            refusal(ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE, Status.Code.UNAVAILABLE));

    FanOutResult result =
        client.fanOut(to(1).conversation(CONVERSATION).messageKey("key-1").build()).orThrow();

    assertThat(result.isComplete()).isTrue();
    assertThat(server.services().received("Append", AppendRequest.class)).isEmpty();
    List<BatchAppendRequest> appends =
        server.services().received("BatchAppend", BatchAppendRequest.class);
    assertThat(appends).hasSize(1);
    assertThat(appends.get(0).getStore()).isEqualTo("talk");
    assertThat(appends.get(0).getItems(0).getMessageKey()).isEqualTo("key-1");
    assertThat(entries("talk", "c")).hasSize(1);
  }

  @Test
  void whatCannotBeMendedIsToldOfItsTimelineAlone() {
    server
        .faults()
        .next(
            "FanOut target",
            refusal(ErrorReason.ERROR_REASON_MESSAGE_KEY_REUSED, Status.Code.ABORTED));

    FanOutResult result = client.fanOut(to(2).build());

    assertThat(result.isComplete()).isFalse();
    assertThat(result.failures()).hasSize(1);
    TidelineException error = result.inboxes().get(0).error();
    assertThat(error).isNotNull();
    assertThat(error.code()).isEqualTo(ErrorCode.MESSAGE_KEY_REUSED);
    assertThat(result.inboxes().get(1).isSuccess()).isTrue();
    assertThatThrownBy(result::orThrow).isInstanceOf(TidelineException.class);
  }

  @Test
  void aLongListIsSentInPartsOfOneKey() {
    FanOutResult result = client.fanOut(to(25_000).conversation(CONVERSATION).build()).orThrow();

    List<FanOutRequest> calls = server.services().received("FanOut", FanOutRequest.class);
    assertThat(calls.stream().map(FanOutRequest::getInboxesCount))
        .containsExactly(10_000, 10_000, 5_000);
    assertThat(calls.stream().map(FanOutRequest::getMessageKey).distinct()).hasSize(1);
    assertThat(calls.stream().map(FanOutRequest::hasConversation))
        .containsExactly(true, false, false);
    assertThat(result.inboxes()).hasSize(25_000);
    assertThat(result.inboxes().get(24_999).item().timeline())
        .isEqualTo(TimelineKey.of("inbox", "u24999"));
  }

  @Test
  void aLargeMessageIsSentToFewerAtATime() {
    FanOut.Builder large =
        FanOut.builder(Message.of("text", "x".repeat(1_000_000))).inboxes("inbox", inboxes(600));
    client.fanOut(large.build()).orThrow();
    List<FanOutRequest> calls = server.services().received("FanOut", FanOutRequest.class);
    assertThat(calls).hasSize(3);
    assertThat(calls).allMatch(call -> call.getInboxesCount() * 1_000_000L <= 256L << 20);
  }

  @Test
  void whatCannotBeAFanOutIsRefusedBeforeItIsSent() {
    assertThatThrownBy(() -> FanOut.builder(HELLO).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("without inboxes");
    assertThatThrownBy(() -> to(1).messageKey(""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1..128");
    assertThatThrownBy(() -> to(1).inboxes("other", inboxes(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("inbox and other");
  }

  private static Fault refusal(ErrorReason reason, Status.Code status) {
    return Fault.refuse(status, reason);
  }

  private static FanOut.Builder to(int count) {
    return FanOut.builder(HELLO).inboxes("inbox", inboxes(count));
  }

  private static List<Identifier> inboxes(int count) {
    return IntStream.range(0, count).mapToObj(i -> Identifier.of("u" + i)).toList();
  }

  private FanOutRequest onlyCall() {
    List<FanOutRequest> calls = server.services().received("FanOut", FanOutRequest.class);
    assertThat(calls).hasSize(1);
    return calls.get(0);
  }

  private List<Entry> entries(String store, String timeline) {
    return server.services().store(store).entries(WireValues.toWire(Identifier.of(timeline)));
  }
}
