package io.tideline.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tideline.lsm.EngineState;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.server.command.Command;
import io.tideline.server.command.CommandBatch;
import io.tideline.server.command.CommandResult;
import io.tideline.server.log.GroupLog;
import io.tideline.server.log.GroupLogListener;
import io.tideline.server.log.GroupLogOptions;
import io.tideline.server.replica.PartitionStatus.Role;
import io.tideline.server.replica.Proposal;
import io.tideline.server.replica.RaftGroup;
import io.tideline.server.replica.Refusal;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A group of one on the shared log, against a state that only remembers. */
final class JRaftGroupsTest {

  private static final long PARTITION = 9;

  @TempDir Path directory;
  private InetSocketAddress address;
  private GroupLog log;
  private JRaftGroups groups;
  private FakeState state = new FakeState(EngineState.EMPTY);
  private RaftGroup group;

  @BeforeEach
  void start() throws Exception {
    address = freeAddress();
    open();
  }

  @AfterEach
  void stop() throws Exception {
    group.close();
    groups.close();
    log.close();
  }

  private void open() throws Exception {
    log =
        GroupLog.open(
            new RealFileSystem(),
            directory.resolve("log"),
            GroupLogOptions.DEFAULT.withSegmentBytes(1 << 20),
            new NoListener());
    groups = JRaftGroups.start(log, address, Duration.ofSeconds(5), false);
    group = groups.open(PARTITION, List.of(groups.self()), false, state);
    assertThat(state.leading.await(20, TimeUnit.SECONDS)).isTrue();
  }

  private void restart(EngineState durable) throws Exception {
    stop();
    state = new FakeState(durable);
    open();
  }

  @Test
  void aGroupOfOneLeadsWithoutWaitingForAnElectionTimeout() throws Exception {
    long begin = System.nanoTime();
    restart(EngineState.EMPTY);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
    assertThat(group.role()).isEqualTo(Role.LEADER);
  }

  @Test
  void proposalsAreAppliedInOrderWithRisingPositions() throws Exception {
    for (int i = 0; i < 100; i++) {
      var _ = propose("entry " + i);
    }
    propose("last").get(10, TimeUnit.SECONDS);
    assertThat(state.applied).hasSize(101);
    for (int i = 0; i < 100; i++) {
      assertThat(text(state.applied.get(i).payload())).isEqualTo("entry " + i);
      assertThat(state.applied.get(i + 1).position().index())
          .isEqualTo(state.applied.get(i).position().index() + 1);
    }
  }

  @Test
  void aRestartAppliesWhatIsNotDurableAndNothingElse() throws Exception {
    propose("durable").get(10, TimeUnit.SECONDS);
    group.snapshot().get(10, TimeUnit.SECONDS);
    EngineState durable = state.durable;
    propose("lost from memory").get(10, TimeUnit.SECONDS);
    restart(durable);
    assertThat(state.applied).hasSize(1);
    assertThat(text(state.applied.getFirst().payload())).isEqualTo("lost from memory");
    assertThat(state.applied.getFirst().position().index())
        .isGreaterThan(durable.position().index());
  }

  @Test
  void aRestartWithAnEmptyStateAppliesTheWholeLog() throws Exception {
    propose("first").get(10, TimeUnit.SECONDS);
    propose("second").get(10, TimeUnit.SECONDS);
    restart(EngineState.EMPTY);
    assertThat(state.applied).extracting(a -> text(a.payload())).containsExactly("first", "second");
  }

  @Test
  void repeatedRestartsKeepWorkingAndRaiseTheTerm() throws Exception {
    long lastTerm = state.term;
    EngineState durable = EngineState.EMPTY;
    for (int round = 0; round < 4; round++) {
      propose("round " + round).get(10, TimeUnit.SECONDS);
      if (round % 2 == 1) {
        group.snapshot().get(10, TimeUnit.SECONDS);
        group.snapshot().get(10, TimeUnit.SECONDS);
        durable = state.durable;
      }
      restart(durable);
      assertThat(state.term).isGreaterThan(lastTerm);
      lastTerm = state.term;
    }
    assertThat(state.failures).isEmpty();
  }

  @Test
  void aFullMemtableIsFlushedAtThatVeryEntryAndTheLogIsCutBehindIt() throws Exception {
    propose("one").get(10, TimeUnit.SECONDS);
    state.flushAfter = "two";
    long index = propose("two").get(10, TimeUnit.SECONDS);
    await().until(() -> !state.flushes.isEmpty());
    assertThat(state.flushes.getFirst().index()).isEqualTo(index);
    propose("three").get(10, TimeUnit.SECONDS);
    // One generation of the log is kept: the second flush cuts at the first.
    group.snapshot().get(10, TimeUnit.SECONDS);
    await()
        .untilAsserted(
            () ->
                assertThat(log.group(PARTITION).firstIndex())
                    .as("flushes %s", state.flushes)
                    .isEqualTo(index + 1));
  }

  @Test
  void theStoredMembershipIsThisNode() throws Exception {
    propose("one").get(10, TimeUnit.SECONDS);
    group.snapshot().get(10, TimeUnit.SECONDS);
    Membership membership = Membership.decode(state.durable.configuration());
    assertThat(membership.peers())
        .extracting(Object::toString)
        .containsExactly("127.0.0.1:" + address.getPort());
    assertThat(membership.oldPeers()).isEmpty();
  }

  @Test
  void readIndexAnswersAfterWhatWasAcknowledged() throws Exception {
    propose("one").get(10, TimeUnit.SECONDS);
    CompletableFuture<String> answer = new CompletableFuture<>();
    group.readIndex(problem -> answer.complete(problem == null ? "ok" : problem));
    assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("ok");
  }

  @Test
  void aFailingStateStopsTheGroupAndTheProposerHearsThatTheOutcomeIsUnknown() throws Exception {
    state.failApply = new IllegalStateException("broken on purpose");
    CompletableFuture<Long> proposal = propose("one");
    assertThatThrownBy(() -> proposal.get(10, TimeUnit.SECONDS)).hasMessageContaining("unknown");
    await().until(() -> group.role() == Role.FAILED);
    assertThat(state.failures).isNotEmpty();
  }

  @Test
  void aPortInUseIsToldAtStart() {
    assertThatThrownBy(() -> JRaftGroups.start(log, address, Duration.ofSeconds(5), false))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("127.0.0.1:" + address.getPort());
  }

  @Test
  void aDestroyedGroupStartsFromNothing() throws Exception {
    propose("one").get(10, TimeUnit.SECONDS);
    group.close();
    groups.destroy(PARTITION);
    state = new FakeState(EngineState.EMPTY);
    group = groups.open(PARTITION, List.of(groups.self()), false, state);
    assertThat(state.leading.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(state.applied).isEmpty();
    assertThat(state.term).isEqualTo(1);
  }

  /** As after a crash between the engine's taking over a snapshot and the log's reset. */
  @Test
  void aStateAheadOfTheLogIsWhereTheLogGoesOn() throws Exception {
    propose("replaced by the snapshot").get(10, TimeUnit.SECONDS);
    EngineState installed = installed(1_000, state.term);
    restart(installed);
    assertThat(state.applied).isEmpty();
    assertThat(log.group(PARTITION).firstIndex()).isEqualTo(1_001);
    assertThat(propose("next").get(10, TimeUnit.SECONDS)).isGreaterThan(1_000);
    restart(installed);
    assertThat(state.applied).extracting(a -> text(a.payload())).containsExactly("next");
    assertThat(state.failures).isEmpty();
  }

  /** The log has an entry there, but of another leader: nothing of it may follow the snapshot. */
  @Test
  void aLogThatDisagreesWithTheInstalledStateIsReset() throws Exception {
    for (int i = 0; i < 20; i++) {
      propose("never committed elsewhere " + i).get(10, TimeUnit.SECONDS);
    }
    long oldTerm = state.term;
    restart(EngineState.EMPTY);
    assertThat(state.term).isGreaterThan(oldTerm);
    restart(installed(10, oldTerm + 1));
    assertThat(state.applied).isEmpty();
    assertThat(log.group(PARTITION).firstIndex()).isEqualTo(11);
    assertThat(propose("next").get(10, TimeUnit.SECONDS)).isLessThan(20);
  }

  /** As after a crash right after the reset: the log is empty and does not begin at 1. */
  @Test
  void aLogThatWasResetAndHasNoEntryYetStarts() throws Exception {
    propose("replaced by the snapshot").get(10, TimeUnit.SECONDS);
    EngineState installed = installed(1_000, state.term);
    group.close();
    GroupLog.await(log.group(PARTITION).reset(1_001));
    group = groups.open(PARTITION, List.of(groups.self()), false, new FakeState(installed));
    restart(installed);
    assertThat(state.applied).isEmpty();
    assertThat(propose("next").get(10, TimeUnit.SECONDS)).isGreaterThan(1_000);
  }

  @Test
  void aClosedGroupIsForgottenAndAQuestionDoesNotBringItBackOnceItIsDestroyed() throws Exception {
    propose("entry").get(10, TimeUnit.SECONDS);
    String id = JRaftGroups.groupId(PARTITION);
    long last = log.group(PARTITION).lastIndex();
    assertThat(groups.openGroups().answer(id, last - 1).endsThere()).isFalse();
    group.close();
    assertThat(groups.openGroups().answer(id, last - 1).endsThere()).as("in the log").isFalse();
    GroupLog.await(log.group(PARTITION).truncateSuffix(last - 1));
    assertThat(groups.openGroups().answer(id, last - 1).endsThere())
        .as("its log answers, not the node it had")
        .isTrue();
    groups.destroy(PARTITION);
    assertThat(groups.openGroups().answer(id, 0)).isEqualTo(new Rejoin.Answer(0, true));
    assertThat(log.existing(PARTITION)).isEmpty();
  }

  private EngineState installed(long index, long term) throws IOException {
    Membership membership =
        new Membership(Membership.voters(List.of(groups.self())), List.of(), List.of(), List.of());
    return new EngineState(new LogPosition(index, term), membership.encode(), 0, 0);
  }

  private CompletableFuture<Long> propose(String payload) {
    CompletableFuture<Long> done = new CompletableFuture<>();
    group.propose(
        new Proposal() {
          @Override
          public CommandBatch batch() {
            return new CommandBatch(1, List.of(new Command.AdvanceTime()));
          }

          @Override
          public void applied(long index, List<CommandResult> results) {
            done.complete(index);
          }

          @Override
          public void refused(Refusal refusal) {
            done.completeExceptionally(new IOException("refused: " + refusal));
          }

          @Override
          public void unknown(String why) {
            done.completeExceptionally(new IOException("unknown: " + why));
          }
        },
        payload.getBytes(StandardCharsets.UTF_8),
        state.term);
    return done;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static InetSocketAddress freeAddress() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort());
    }
  }

  private static final class NoListener implements GroupLogListener {
    @Override
    public void failed(Throwable cause) {
      throw new AssertionError(cause);
    }

    @Override
    public void pinned(List<Long> pinned, long segment, long logBytes) {}

    @Override
    public void spaceLow(boolean low) {}
  }
}
