package io.tideline.server.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tideline.lsm.Engine;
import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.EngineResources;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.WriteBatch;
import io.tideline.lsm.fs.RealFileSystem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which reads ask the leader. */
class ReplicaReadsTest {

  private static final long BOUND_MILLIS = ReadSettings.DEFAULTS.sessionStalenessMax().toMillis();

  @TempDir Path directory;
  private final FakeGroup group = new FakeGroup();
  private final AppliedWaiters waiters = new AppliedWaiters();
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private EngineResources resources;
  private Engine engine;
  private ReplicaReads reads;

  @BeforeEach
  void open() throws Exception {
    resources = EngineResources.create(new RealFileSystem(), 16L << 20, 1L << 20, 1);
    engine = Engine.open(directory, EngineOptions.DEFAULTS, resources);
    apply(10);
    reads =
        new ReplicaReads(
            3,
            group,
            new EngineSlot(
                new EngineHome(
                    directory,
                    () -> {
                      throw new IOException("not opened anew here");
                    }),
                engine),
            ReadSettings.DEFAULTS,
            timer,
            Runnable::run,
            waiters,
            () -> null,
            () -> true);
  }

  @AfterEach
  void close() throws Exception {
    timer.shutdownNow();
    engine.close();
    resources.close();
  }

  @Test
  void aSessionIsAnsweredFromWhatIsAppliedWithoutAskingTheLeader() {
    assertThat(shown(reads.read(new Freshness.Applied(0)))).isEqualTo(10);
    assertThat(shown(reads.read(new Freshness.Applied(10)))).isEqualTo(10);
    group.behindMillis = BOUND_MILLIS;
    assertThat(shown(reads.read(new Freshness.Applied(10)))).isEqualTo(10);
    assertThat(group.questions()).isEmpty();
  }

  @Test
  void aReplicaThatMayBeTooOldAsksTheLeader() {
    group.behindMillis = BOUND_MILLIS + 1;
    CompletableFuture<ReadOutcome> read = reads.read(new Freshness.Applied(0));
    assertThat(read).isNotDone();
    group.questions().getFirst().accept(null);
    assertThat(shown(read)).isEqualTo(10);
  }

  @Test
  void whatIsAppliedSoonIsWaitedFor() throws Exception {
    CompletableFuture<ReadOutcome> read = reads.read(new Freshness.Applied(11));
    apply(11);
    waiters.applied(11, Runnable::run);
    // On a machine that is slower than the wait, the leader is asked instead.
    await().until(() -> read.isDone() || !group.questions().isEmpty());
    group.questions().forEach(question -> question.accept(null));
    assertThat(shown(read)).isEqualTo(11);
  }

  @Test
  void aReplicaThatIsBehindTheSessionAsksTheLeaderInTheEnd() throws Exception {
    CompletableFuture<ReadOutcome> read = reads.read(new Freshness.Applied(12));
    await().until(() -> group.questions().size() == 1);
    apply(12);
    group.questions().getFirst().accept(null);
    assertThat(shown(read)).isEqualTo(12);
  }

  /** The index of an entry without a command is one that the engine never has. */
  @Test
  void entriesWithoutACommandCountAsApplied() {
    group.appliedIndex = 15;
    assertThat(shown(reads.read(new Freshness.Applied(15)))).isEqualTo(10);
  }

  @Test
  void aSessionAheadOfTheLeaderIsRefused() {
    CompletableFuture<ReadOutcome> read = reads.read(new Freshness.Applied(99));
    await().until(() -> group.questions().size() == 1);
    group.questions().getFirst().accept(null);
    assertThat(read.join())
        .isInstanceOfSatisfying(
            ReadOutcome.Refused.class,
            refused -> assertThat(refused.refusal().detail()).contains("10", "99"));
  }

  @Test
  void withoutALeaderThereIsAHintToRetry() {
    CompletableFuture<ReadOutcome> read = reads.read(Freshness.LINEARIZABLE);
    group.questions().getFirst().accept("no leader");
    assertThat(read.join())
        .isInstanceOfSatisfying(
            ReadOutcome.Refused.class,
            refused -> {
              assertThat(refused.refusal().reason()).isEqualTo(Refusal.Reason.UNAVAILABLE);
              assertThat(refused.refusal().retryAfterMillis()).isPositive();
            });
  }

  private void apply(long index) throws IOException {
    engine.apply(
        new WriteBatch()
            .clear(new LogPosition(index, 1))
            .append("t".getBytes(StandardCharsets.UTF_8), index, index, 1, new byte[10]));
  }

  /** The log index that a view shows. */
  private static long shown(CompletableFuture<ReadOutcome> read) {
    ReadOutcome outcome = read.orTimeout(10, TimeUnit.SECONDS).join();
    assertThat(outcome).isInstanceOf(ReadOutcome.Ready.class);
    try (var view = ((ReadOutcome.Ready) outcome).view()) {
      return view.state().position().index();
    }
  }
}
