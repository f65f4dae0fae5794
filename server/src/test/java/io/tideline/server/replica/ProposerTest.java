package io.tideline.server.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tideline.lsm.Pressure;
import io.tideline.server.command.Command;
import io.tideline.server.command.CommandResult;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ProposerTest {

  private static final long NO_LIMIT = 1L << 40;

  private final FakeGroup group = new FakeGroup();
  private final Admission admission = new Admission(NO_LIMIT, 0, NO_LIMIT);
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private volatile Pressure pressure = Pressure.NONE;
  private final Proposer proposer =
      new Proposer(
          admission, () -> pressure, () -> Instant.ofEpochMilli(5_000), timer, Runnable::run);

  @AfterEach
  void stop() {
    timer.shutdownNow();
  }

  @Test
  void aWriteAloneBecomesAnEntryAtOnceStampedByTheClock() {
    proposer.lead(group, 3);
    var _ = submit("a");
    assertThat(group.proposed()).hasSize(1);
    assertThat(group.proposed().getFirst().term()).isEqualTo(3);
    assertThat(group.proposed().getFirst().proposal().batch().timeMillis()).isEqualTo(5_000);
  }

  @Test
  void writesGatherWhileAnEntryIsInFlightAndKeepTheirOrder() {
    proposer.lead(group, 1);
    CompletableFuture<WriteOutcome<String>> first = submit("0");
    List<CompletableFuture<WriteOutcome<String>>> later = new ArrayList<>();
    for (int i = 1; i <= 10; i++) {
      later.add(submit("" + i));
    }
    assertThat(group.proposed()).hasSize(1);
    applyEntry(0);
    assertThat(first).isCompletedWithValue(new WriteOutcome.Applied<>("0", 10));
    assertThat(group.proposed()).hasSize(2);
    assertThat(texts(group.proposed().get(1)))
        .containsExactly("1", "2", "3", "4", "5", "6", "7", "8", "9", "10");
    applyEntry(1);
    for (int i = 0; i < 10; i++) {
      assertThat(later.get(i)).isCompletedWithValue(new WriteOutcome.Applied<>("" + (i + 1), 11));
    }
  }

  @Test
  void manyWaitingWritesDoNotWaitForTheEntryInFlight() {
    proposer.lead(group, 1);
    for (int i = 0; i < 1_000; i++) {
      var _ = submit("" + i);
    }
    assertThat(group.proposed()).hasSizeGreaterThan(1).hasSizeLessThan(6);
    List<String> order = new ArrayList<>();
    for (int entry = 0; order.size() < 1_000; entry++) {
      order.addAll(texts(group.proposed().get(entry)));
      applyEntry(entry);
    }
    for (int i = 0; i < 1_000; i++) {
      assertThat(order.get(i)).isEqualTo("" + i);
    }
  }

  @Test
  void aBatchIsNeverDividedAndEntriesStayBounded() {
    proposer.lead(group, 1);
    var _ = submit("first");
    String half = "x".repeat(600_000);
    for (int i = 0; i < 4; i++) {
      var _ = proposer(List.of(append(half), append(half)));
    }
    for (int entry = 0; entry < group.proposed().size(); entry++) {
      assertThat(texts(group.proposed().get(entry)).size()).isLessThanOrEqualTo(2);
      applyEntry(entry);
    }
    assertThat(group.proposed()).hasSize(5);
  }

  @Test
  void withoutALeaderWritesAreRefusedAndReleased() {
    assertThat(submit("a"))
        .isCompletedWithValueMatching(o -> isRefused(o, Refusal.Reason.NOT_LEADER));
    assertThat(admission.inFlightBytes()).isZero();
  }

  @Test
  void losingTheLeadershipRefusesWhatWaitsAndLeavesWhatIsInFlightToTheGroup() {
    proposer.lead(group, 1);
    CompletableFuture<WriteOutcome<String>> inFlight = submit("in flight");
    CompletableFuture<WriteOutcome<String>> waiting = submit("waiting");
    proposer.stopLeading();
    assertThat(waiting).isCompletedWithValueMatching(o -> isRefused(o, Refusal.Reason.NOT_LEADER));
    assertThat(inFlight).isNotDone();
    group.proposed().getFirst().proposal().unknown("stepped down");
    assertThat(inFlight).isCompletedWithValue(new WriteOutcome.Unknown<>("stepped down"));
    assertThat(admission.inFlightBytes()).isZero();
  }

  @Test
  void theFirstOutcomeToldStands() {
    proposer.lead(group, 1);
    CompletableFuture<WriteOutcome<String>> write = submit("a");
    Proposal proposal = group.proposed().getFirst().proposal();
    proposal.unknown("stepped down");
    applyEntry(0);
    proposal.refused(Refusal.of(Refusal.Reason.UNAVAILABLE, "late", 0));
    assertThat(write).isCompletedWithValue(new WriteOutcome.Unknown<>("stepped down"));
    assertThat(admission.inFlightBytes()).isZero();
  }

  @Test
  void closingRefusesWhatWaitsAndWaitsForWhatIsInFlight() throws Exception {
    proposer.lead(group, 1);
    CompletableFuture<WriteOutcome<String>> inFlight = submit("in flight");
    CompletableFuture<WriteOutcome<String>> waiting = submit("waiting");
    proposer.close(Refusal.of(Refusal.Reason.SHUTTING_DOWN, "closing", 0));
    assertThat(waiting)
        .isCompletedWithValueMatching(o -> isRefused(o, Refusal.Reason.SHUTTING_DOWN));
    assertThat(submit("late"))
        .isCompletedWithValueMatching(o -> isRefused(o, Refusal.Reason.SHUTTING_DOWN));
    assertThat(proposer.awaitIdle(1)).isFalse();
    applyEntry(0);
    assertThat(proposer.awaitIdle(1)).isTrue();
    assertThat(inFlight).isCompletedWithValue(new WriteOutcome.Applied<>("in flight", 10));
  }

  @Test
  void abandonedWritesHaveAnUnknownOutcome() {
    proposer.lead(group, 1);
    CompletableFuture<WriteOutcome<String>> write = submit("a");
    proposer.abandonInFlight("the log failed");
    assertThat(write).isCompletedWithValue(new WriteOutcome.Unknown<>("the log failed"));
  }

  @Test
  void underPressureEntriesGoOneAtATimeWithPauses() {
    proposer.lead(group, 1);
    pressure = new Pressure(Pressure.Level.DELAY, Pressure.Reason.RUN_COUNT, 0.5);
    for (int i = 0; i < 200; i++) {
      var _ = submit("" + i);
    }
    await().until(() -> group.proposed().size() == 1);
    for (int i = 0; i < 200; i++) {
      var _ = submit("more " + i);
    }
    assertThat(group.proposed()).hasSize(1);
    applyEntry(0);
    await().until(() -> group.proposed().size() == 2);
  }

  private CompletableFuture<WriteOutcome<String>> submit(String text) {
    return proposer(List.of(append(text)));
  }

  /** Answers with the text of the write's first result, which {@link #applyEntry} makes up. */
  private CompletableFuture<WriteOutcome<String>> proposer(List<Command> commands) {
    PendingWrite<String> write =
        new PendingWrite<>(commands, results -> echoed(results.getFirst()));
    assertThat(admission.tryAcquire(write.bytes())).isNull();
    proposer.submit(write);
    return write.future();
  }

  /** Results are a closed set; one that can carry a text stands for all. */
  private static String echoed(CommandResult result) {
    return new String(((CommandResult.CatalogChanged) result).outcome(), StandardCharsets.UTF_8);
  }

  private static Command append(String text) {
    return new Command.Trim(text.getBytes(StandardCharsets.UTF_8), 0);
  }

  private void applyEntry(int entry) {
    Proposal proposal = group.proposed().get(entry).proposal();
    List<CommandResult> results = new ArrayList<>();
    for (String text : texts(group.proposed().get(entry))) {
      results.add(new CommandResult.CatalogChanged(text.getBytes(StandardCharsets.UTF_8)));
    }
    proposal.applied(10 + entry, Collections.unmodifiableList(results));
  }

  private static List<String> texts(FakeGroup.Proposed proposed) {
    return proposed.proposal().batch().commands().stream()
        .map(c -> new String(((Command.Trim) c).timeline(), StandardCharsets.UTF_8))
        .toList();
  }

  private static boolean isRefused(WriteOutcome<String> outcome, Refusal.Reason reason) {
    return outcome instanceof WriteOutcome.Refused<String>(var refusal)
        && refusal.reason() == reason;
  }
}
