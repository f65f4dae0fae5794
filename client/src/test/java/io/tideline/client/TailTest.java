package io.tideline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.tideline.client.testing.FakeServer;
import io.tideline.client.testing.Fault;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.TailRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TailTest {

  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Identifier ANA = Identifier.of("ana");
  private static final TimelineKey INBOX = new TimelineKey("inbox", ANA);

  private final FakeServer server = FakeServer.started();
  private final TidelineClient client = TidelineClient.connect(server.address());

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  /** The fake sends two entries and then breaks off, again and again. */
  @Test
  void aStreamThatBreaksIsOpenedAgainWhereItStood() throws Exception {
    append(6);
    server
        .faults()
        .next(
            "Tail",
            Fault.loseAnswer(Status.Code.UNAVAILABLE),
            Fault.refuse(Status.Code.UNAVAILABLE, ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE),
            Fault.loseAnswer(Status.Code.UNAVAILABLE));
    try (Tail tail = client.tail(TailSpec.builder("inbox").after(ANA, 1).build())) {
      assertThat(take(tail, 5)).containsExactly(2L, 3L, 4L, 5L, 6L);
      assertThat(tail.positions()).containsEntry(INBOX, 6L);
    }
    List<TailRequest> calls = server.services().received("Tail", TailRequest.class);
    assertThat(calls.stream().map(call -> call.getPositions(0).getAfterSequenceId()))
        .containsExactly(1L, 3L, 3L, 5L);
  }

  @Test
  void itSurvivesTheServersRestart() throws Exception {
    append(2);
    try (Tail tail = client.tail(TailSpec.builder("inbox").after(ANA, 0).build())) {
      assertThat(take(tail, 2)).containsExactly(1L, 2L);
      server.kill();
      server.start();
      append(2);
      assertThat(take(tail, 2)).containsExactly(3L, 4L);
    }
  }

  @Test
  void whatCannotBeMendedIsThrown() throws Exception {
    server
        .faults()
        .next(
            "Tail", Fault.refuse(Status.Code.NOT_FOUND, ErrorReason.ERROR_REASON_STORE_NOT_FOUND));
    try (Tail tail = client.tail(TailSpec.builder("inbox").after(ANA, 0).build())) {
      assertThatThrownBy(() -> tail.next(LONG))
          .isInstanceOfSatisfying(
              TidelineException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.STORE_NOT_FOUND));
    }
  }

  @Test
  void aClosedTailTellsNothingAndNothingIsAwaited() throws Exception {
    Tail tail = client.tail(TailSpec.builder("inbox").after(ANA, 0).build());
    assertThat(tail.next(Duration.ofMillis(1))).isEmpty();
    tail.close();
    assertThat(tail.next(LONG)).isEmpty();
    Tail other = client.tail(TailSpec.builder("inbox").after(ANA, 0).build());
    client.close();
    assertThat(other.next(LONG)).isEmpty();
  }

  @Test
  void whatCannotBeTailedIsRefusedBeforeItIsSent() {
    assertThatThrownBy(() -> TailSpec.builder("inbox").build())
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> TailSpec.builder("inbox").heartbeat(Duration.ofMillis(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("heartbeat");
  }

  private void append(int count) {
    for (int i = 0; i < count; i++) {
      client.append(INBOX, Message.of("text", "hello"));
    }
  }

  private static List<Long> take(Tail tail, int count) throws InterruptedException {
    List<Long> ids = new ArrayList<>();
    while (ids.size() < count) {
      Optional<TailEvent> event = tail.next(LONG);
      assertThat(event).as("after %s", ids).isPresent();
      if (event.get() instanceof TailEvent.Entries news) {
        news.result().entries().forEach(entry -> ids.add(entry.sequenceId()));
      }
    }
    return ids;
  }
}
