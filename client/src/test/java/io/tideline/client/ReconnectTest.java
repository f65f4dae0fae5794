package io.tideline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tideline.client.testing.FakeServer;
import io.tideline.client.testing.Fault;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The client outlives its servers: real connections, real time. */
@Timeout(60)
class ReconnectTest {

  private static final TimelineKey ROOM = TimelineKey.of("chat", "room");
  private static final Message HELLO = Message.of("text", "hello");

  @Test
  void anAppendWaitsForAServerThatIsNotThereYet() throws Exception {
    try (FakeServer server = FakeServer.stopped();
        TidelineClient client =
            TidelineClient.builder().addresses(server.address()).autoMessageKeys(false).build()) {
      CompletableFuture<AppendResult> append = client.appendAsync(ROOM, HELLO);
      catchThrowableOfType(
          TidelineException.class, () -> client.withDeadline(Duration.ofMillis(300)).head(ROOM));
      assertThat(append).as("even without a key: it was not sent").isNotDone();

      server.start();

      assertThat(append.get(5, TimeUnit.SECONDS).sequenceId()).isEqualTo(1);
    }
  }

  @Test
  void aServerThatCameBackAfterLongIsFoundWithinTwoSeconds() {
    try (FakeServer server = FakeServer.started();
        TidelineClient client = TidelineClient.connect(server.address())) {
      assertThat(client.append(ROOM, HELLO).sequenceId()).isEqualTo(1);
      server.kill();
      // Long enough for several failed attempts to connect, after which gRPC alone would wait
      // longer.
      catchThrowableOfType(
          TidelineException.class, () -> client.withDeadline(Duration.ofSeconds(5)).head(ROOM));
      server.start();
      assertThat(client.withDeadline(Duration.ofSeconds(2)).append(ROOM, HELLO).sequenceId())
          .isEqualTo(2);
    }
  }

  @Test
  void aCallOnItsWayWhenTheServerIsKilledIsRepeatedWhenItIsBack() throws Exception {
    try (FakeServer server = FakeServer.started();
        TidelineClient client = TidelineClient.connect(server.address())) {
      assertThat(client.append(ROOM, HELLO).sequenceId()).isEqualTo(1);
      server.faults().next("Append", Fault.hang());
      CompletableFuture<AppendResult> append = client.appendAsync(ROOM, HELLO);
      server.faults().awaitUsed("Append");
      server.kill();
      server.start();
      assertThat(append.get(5, TimeUnit.SECONDS).sequenceId()).isEqualTo(2);
    }
  }

  @Test
  void withoutAServerTheCallFailsAtItsDeadlineAndSaysThatNothingWasWritten() {
    try (FakeServer server = FakeServer.stopped();
        TidelineClient client =
            TidelineClient.builder()
                .addresses(server.address())
                .autoMessageKeys(false)
                .deadline(Duration.ofMillis(200))
                .build()) {
      TidelineException e =
          catchThrowableOfType(TidelineException.class, () -> client.append(ROOM, HELLO));
      assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(e.isOutcomeUnknown()).isFalse();
      assertThat(e.isRetryable()).isTrue();
      assertThat(e).hasMessageContaining(server.address()).hasMessageContaining("running");
    }
  }

  @Test
  void aSilentServerCostsTheDeadlineAndLeavesTheOutcomeUnknown() {
    try (FakeServer server = FakeServer.started();
        TidelineClient client =
            TidelineClient.connect(server.address()).withDeadline(Duration.ofMillis(300))) {
      server.faults().always("Append", Fault::hang);
      TidelineException e =
          catchThrowableOfType(TidelineException.class, () -> client.append(ROOM, HELLO));
      assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
      assertThat(e.isOutcomeUnknown()).isTrue();
      server.kill();
    }
  }

  @Test
  void anAttemptTimeoutLeavesTimeForAnotherAttempt() {
    try (FakeServer server = FakeServer.started();
        TidelineClient client =
            TidelineClient.connect(server.address())
                .withRetryPolicy(
                    RetryPolicy.defaults().withAttemptTimeout(Duration.ofMillis(200)))) {
      server.faults().next("Append", Fault.hang());
      assertThat(client.append(ROOM, HELLO).sequenceId()).isEqualTo(1);
    }
  }

  @Test
  void whileOneOfTwoServersIsDownTheOtherServes() {
    try (FakeServer first = FakeServer.started();
        FakeServer second = FakeServer.started();
        TidelineClient client = TidelineClient.connect(first.address(), second.address())) {
      assertThat(client.head(ROOM).exists()).isFalse();
      first.kill();
      for (int i = 0; i < 20; i++) {
        assertThat(client.withDeadline(Duration.ofSeconds(2)).head(ROOM).exists()).isFalse();
      }
    }
  }

  @Test
  void anInterruptedCallerIsToldAndStaysInterrupted() throws Exception {
    try (FakeServer server = FakeServer.started();
        TidelineClient client = TidelineClient.connect(server.address())) {
      server.faults().always("Append", Fault::hang);
      CompletableFuture<TidelineException> told = new CompletableFuture<>();
      CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
      Thread caller =
          new Thread(
              () -> {
                told.complete(
                    catchThrowableOfType(
                        TidelineException.class, () -> client.append(ROOM, HELLO)));
                interrupted.complete(Thread.currentThread().isInterrupted());
              });
      caller.start();
      caller.interrupt();
      TidelineException e = told.get(10, TimeUnit.SECONDS);
      assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED);
      assertThat(e.isOutcomeUnknown()).isTrue();
      assertThat(interrupted.get(10, TimeUnit.SECONDS)).isTrue();
      server.kill();
    }
  }

  @Test
  void closeEndsEveryThreadOfTheClientAndFailsFurtherCalls() throws Exception {
    TidelineClient client;
    try (FakeServer server = FakeServer.started()) {
      client = TidelineClient.connect(server.address());
      assertThat(client.append(ROOM, HELLO).sequenceId()).isEqualTo(1);
      try (BatchingAppender appender = client.batchingAppender()) {
        assertThat(appender.add(ROOM, HELLO).get(10, TimeUnit.SECONDS).sequenceId()).isEqualTo(2);
      }
      Set<Thread> mine = clientThreads();
      assertThat(mine).isNotEmpty();
      client.close();
      client.close();
      for (Thread thread : mine) {
        thread.join(TimeUnit.SECONDS.toMillis(10));
        assertThat(thread.isAlive()).as(thread.getName()).isFalse();
      }
    }
    TidelineException e =
        catchThrowableOfType(TidelineException.class, () -> client.append(ROOM, HELLO));
    assertThat(e.code()).isEqualTo(ErrorCode.CLIENT_CLOSED);
    assertThat(e.isOutcomeUnknown()).isFalse();
  }

  /** Other tests may have clients open in this JVM, but none runs beside this one. */
  private static Set<Thread> clientThreads() {
    return Arrays.stream(allThreads())
        .filter(thread -> thread != null && thread.getName().startsWith("tideline-client"))
        .collect(Collectors.toSet());
  }

  private static Thread[] allThreads() {
    Thread[] threads = new Thread[Thread.activeCount() * 2 + 100];
    Thread.enumerate(threads);
    return threads;
  }

  @Test
  void closingFailsACallThatWaitsForItsNextAttempt() throws Exception {
    try (FakeServer server = FakeServer.started()) {
      TidelineClient client =
          TidelineClient.connect(server.address())
              .withRetryPolicy(
                  RetryPolicy.defaults().withBackoff(Duration.ofSeconds(9), Duration.ofSeconds(9)));
      server.faults().always("Heads", () -> Fault.refuse(io.grpc.Status.Code.UNAVAILABLE));
      CompletableFuture<?> heads = client.headsAsync("chat", Set.of(ROOM.identifier()));
      while (server
          .services()
          .received("Heads", io.tideline.proto.v1.HeadsRequest.class)
          .isEmpty()) {
        Thread.onSpinWait();
      }
      client.close();
      assertThat(heads)
          .failsWithin(10, TimeUnit.SECONDS)
          .withThrowableThat()
          .withCauseInstanceOf(TidelineException.class);
    }
  }

  @Test
  void theServerLearnsWhoCalls() {
    try (FakeServer server = FakeServer.started();
        TidelineClient client =
            TidelineClient.builder()
                .addresses(server.address())
                .userAgent("mail-gateway/7")
                .build()) {
      assertThat(client.head(ROOM).exists()).isFalse();
      assertThat(server.userAgents())
          .first()
          .asString()
          .startsWith("mail-gateway/7 tideline-java/");
    }
  }
}
