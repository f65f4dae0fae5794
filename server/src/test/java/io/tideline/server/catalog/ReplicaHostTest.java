package io.tideline.server.catalog;

import static io.tideline.server.catalog.HostFixture.applied;
import static io.tideline.server.catalog.HostFixture.bytes;
import static io.tideline.server.catalog.HostFixture.done;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.manager.CatalogChange;
import io.tideline.manager.CatalogOutcome;
import io.tideline.manager.OptionsUpdate;
import io.tideline.manager.SequenceMode;
import io.tideline.manager.StorageType;
import io.tideline.manager.StoreDescriptor;
import io.tideline.manager.StoreOptions;
import io.tideline.server.command.AppendResult;
import io.tideline.server.command.Command;
import io.tideline.server.command.PutMetaResult;
import io.tideline.server.replica.Partition;
import io.tideline.server.replica.PartitionStatus.Role;
import io.tideline.server.replica.ReadOutcome;
import io.tideline.server.replica.Refusal;
import io.tideline.server.replica.Replica;
import io.tideline.server.replica.WriteOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node's replicas end to end: catalog, shared log, Raft, engine. */
final class ReplicaHostTest {

  @TempDir Path directory;
  private HostSettings settings;
  private HostFixture node;

  @BeforeEach
  void start() throws Exception {
    settings = HostFixture.settings(directory);
    node = new HostFixture(new RealFileSystem(), settings, 1_000_000);
  }

  @AfterEach
  void stop() {
    node.close();
    assertThat(node.fatal).isEmpty();
  }

  private void restart() throws Exception {
    long now = node.nowMillis.get();
    stop();
    node = new HostFixture(new RealFileSystem(), settings, now);
  }

  @Test
  void appendsAreNumberedFromOneAndReadBack() throws Exception {
    node.create("chat", HostFixture.DENSE);
    assertThat(node.append("chat", "a", "", "one").sequenceId()).isEqualTo(1);
    AppendResult.Appended second = node.append("chat", "a", "", "two");
    assertThat(second.sequenceId()).isEqualTo(2);
    assertThat(second.previousSequenceId()).isEqualTo(1);
    assertThat(second.appendTimeMillis()).isEqualTo(1_000_000);
    assertThat(node.append("chat", "b", "", "other").sequenceId()).isEqualTo(1);
    assertThat(node.read("chat", "a")).containsExactly("1=one", "2=two");
  }

  @Test
  void whatWasAcknowledgedIsThereAfterARestartThatReplaysTheLog() throws Exception {
    node.create("chat", HostFixture.DENSE);
    for (int i = 1; i <= 50; i++) {
      node.append("chat", "a", "key" + i, "value" + i);
    }
    restart();
    assertThat(node.host.replayedEntries()).isPositive();
    assertThat(node.read("chat", "a")).hasSize(50).endsWith("50=value50");
    assertThat(node.append("chat", "a", "key7", "value7"))
        .satisfies(
            again -> {
              assertThat(again.duplicate()).isTrue();
              assertThat(again.sequenceId()).isEqualTo(7);
            });
    assertThat(node.append("chat", "a", "", "next").sequenceId()).isEqualTo(51);
  }

  @Test
  void aFlushedPartitionReplaysNothing() throws Exception {
    node.create("chat", HostFixture.DENSE);
    for (int i = 1; i <= 50; i++) {
      node.append("chat", "a", "", "value" + i);
    }
    for (Replica partition : node.host.catalog().partitions()) {
      partition.flush().get();
    }
    restart();
    assertThat(node.host.replayedEntries()).isZero();
    assertThat(node.read("chat", "a")).hasSize(50);
    assertThat(node.append("chat", "a", "", "next").sequenceId()).isEqualTo(51);
  }

  @Test
  void manyMemtablesWorthOfRowsSurviveFlushesAndRestarts() throws Exception {
    node.create("chat", HostFixture.DENSE);
    String filler = "x".repeat(1_000);
    int rows = 3_000;
    List<CompletableFuture<WriteOutcome<AppendResult>>> writes = new ArrayList<>();
    for (int i = 1; i <= rows; i++) {
      writes.add(node.submit("chat", "a", "", filler + i));
    }
    for (CompletableFuture<WriteOutcome<AppendResult>> write : writes) {
      applied(write);
    }
    Replica partition = node.replica("chat", "a");
    await().until(() -> partition.status().stats().flushes() > 0);
    long entries = partition.status().applied().position().index();
    restart();
    assertThat(node.host.replayedEntries()).isLessThan(entries);
    assertThat(node.read("chat", "a")).hasSize(rows).endsWith(rows + "=" + filler + rows);
  }

  @Test
  void routesByKeyRangeAndKeepsPartitionsApart() throws Exception {
    StoreDescriptor store = node.create("chat", HostFixture.DENSE, "g", "p");
    assertThat(store.partitions()).hasSize(3);
    for (String timeline : List.of("a", "g", "o", "p", "z")) {
      assertThat(node.append("chat", timeline, "", "in " + timeline).sequenceId()).isEqualTo(1);
    }
    assertThat(node.route("chat", "a")).isNotSameAs(node.route("chat", "g"));
    assertThat(node.route("chat", "g")).isSameAs(node.route("chat", "o"));
    restart();
    for (String timeline : List.of("a", "g", "o", "p", "z")) {
      assertThat(node.read("chat", timeline)).containsExactly("1=in " + timeline);
    }
  }

  @Test
  void aBatchIsOneEntryWithAResultPerItem() throws Exception {
    node.create("chat", HostFixture.DENSE);
    Partition partition = node.route("chat", "a");
    List<AppendResult> results =
        applied(
            partition.appendBatch(
                List.of(
                    HostFixture.append("a", "k1", "one"),
                    HostFixture.append("a", "k2", "two"),
                    HostFixture.append("b", "", "three"),
                    HostFixture.append("a", "k1", "one"))));
    assertThat(results)
        .extracting(r -> ((AppendResult.Appended) r).sequenceId())
        .containsExactly(1L, 2L, 1L, 1L);
    assertThat(((AppendResult.Appended) results.get(3)).duplicate()).isTrue();
  }

  @Test
  void optionsChangeEverywhereAndSurviveARestart() throws Exception {
    node.create("chat", HostFixture.DENSE, "m");
    done(
        node.host
            .catalog()
            .alterStore("chat", OptionsUpdate.NONE.withTtlMillis(Duration.ofHours(1).toMillis())));
    restart();
    assertThat(node.host.catalog().find("chat").orElseThrow().options().ttlMillis())
        .isEqualTo(3_600_000);
    node.append("chat", "a", "", "old");
    node.nowMillis.addAndGet(3_700_000);
    node.append("chat", "a", "", "new");
    assertThat(node.read("chat", "a")).containsExactly("2=new");
  }

  @Test
  void timeMovesOnWithoutWritesAndNumberingGoesOnAfterEverythingExpired() throws Exception {
    node.create("inbox", withTtl(10_000));
    for (int i = 1; i <= 20; i++) {
      node.append("inbox", "a", "", "value" + i);
    }
    node.nowMillis.addAndGet(60_000);
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(node.read("inbox", "a")).isEmpty());
    node.replica("inbox", "a").flush().get();
    restart();
    assertThat(node.read("inbox", "a")).isEmpty();
    assertThat(node.append("inbox", "a", "", "later").sequenceId()).isEqualTo(21);
    assertThat(node.read("inbox", "a")).containsExactly("21=later");
  }

  @Test
  void anIdleStoreWithATtlProposesNothingOnceAllIsExpired() throws Exception {
    node.create("inbox", withTtl(1_000));
    node.append("inbox", "a", "", "value");
    node.nowMillis.addAndGet(600_000);
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(node.read("inbox", "a")).isEmpty());
    Replica partition = node.replica("inbox", "a");
    long applied = partition.status().applied().position().index();
    node.nowMillis.addAndGet(600_000);
    await()
        .during(Duration.ofSeconds(3))
        .atMost(Duration.ofSeconds(5))
        .until(() -> partition.status().applied().position().index() == applied);
  }

  @Test
  void aDroppedStoreIsGoneAtOnceAndItsDataAfterTheGracePeriod() throws Exception {
    StoreDescriptor store = node.create("chat", HostFixture.DENSE);
    node.append("chat", "a", "", "value");
    StoreDescriptor dropped = done(node.host.catalog().dropStore("chat"));
    assertThat(node.host.catalog().find("chat")).isEmpty();
    assertThat(node.host.catalog().list(true)).containsExactly(dropped);
    Path data =
        directory
            .resolve("partitions")
            .resolve(Long.toString(store.partitions().getFirst().partitionId()));
    assertThat(data).isDirectory();
    restart();
    assertThat(node.host.catalog().list(true)).containsExactly(dropped);
    node.nowMillis.set(node.host.catalog().recoverableUntilMillis(dropped));
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> node.host.catalog().find(store.storeId()).isEmpty());
    assertThat(data).doesNotExist();
    StoreDescriptor second = node.create("chat", HostFixture.DENSE);
    assertThat(second.partitions().getFirst().partitionId())
        .isGreaterThan(store.partitions().getFirst().partitionId());
    assertThat(node.append("chat", "a", "", "value").sequenceId()).isEqualTo(1);
  }

  @Test
  void namesThatAreTakenOrUnknownAreTold() throws Exception {
    node.create("chat", HostFixture.DENSE);
    CatalogOutcome again =
        applied(
            node.host
                .catalog()
                .createStore(
                    new CatalogChange.CreateStore(
                        "chat", List.of(), HostFixture.DENSE, List.of())));
    assertThat(again).isInstanceOf(CatalogOutcome.StoreExists.class);
    assertThat(applied(node.host.catalog().dropStore("nothing")))
        .isEqualTo(new CatalogOutcome.StoreNotFound("nothing"));
  }

  @Test
  void metaIsKeptWithRevisionsAndComparedByVersion() throws Exception {
    node.create("chat", HostFixture.DENSE);
    Partition partition = node.route("chat", "a");
    var first =
        (PutMetaResult.Done)
            applied(
                partition.putMeta(
                    new Command.PutMeta(bytes("a"), Command.PutMeta.ABSENT, bytes("m1"))));
    assertThat(first.revision()).isEqualTo(1);
    assertThat(
            applied(
                partition.putMeta(
                    new Command.PutMeta(bytes("a"), Command.PutMeta.ABSENT, bytes("m2")))))
        .isEqualTo(new PutMetaResult.Conflict(first.version(), 1));
    restart();
    Partition reopened = node.route("chat", "a");
    var second =
        (PutMetaResult.Done)
            applied(
                reopened.putMeta(new Command.PutMeta(bytes("a"), first.version(), bytes("m2"))));
    assertThat(second.revision()).isEqualTo(2);
    assertThat(applied(reopened.deleteMeta(new Command.DeleteMeta(bytes("a")))).existed()).isTrue();
    assertThat(applied(reopened.deleteMeta(new Command.DeleteMeta(bytes("a")))).existed())
        .isFalse();
  }

  @Test
  void closingRefusesLaterCallsByValue() throws Exception {
    node.create("chat", HostFixture.DENSE);
    Partition partition = node.route("chat", "a");
    Replica replica = node.replica("chat", "a");
    node.host.close();
    assertThat(HostFixture.refusal(partition.append(HostFixture.append("a", "", "late"))).reason())
        .isEqualTo(Refusal.Reason.SHUTTING_DOWN);
    assertThat(partition.read().get()).isInstanceOf(ReadOutcome.Refused.class);
    assertThat(replica.status().role()).isEqualTo(Role.STOPPED);
  }

  @Test
  void aDirectoryInUseIsRefused() {
    assertThatThrownBy(
            () ->
                new HostFixture(
                    new RealFileSystem(),
                    settings.withRaftAddress(HostFixture.freeAddress()),
                    1_000_000))
        .isInstanceOf(IOException.class);
  }

  @Test
  void aRaftPortInUseIsRefusedAndNothingStaysOpen() throws Exception {
    Path other = Files.createDirectory(directory.resolve("other"));
    HostSettings samePort = HostFixture.settings(other).withRaftAddress(settings.raftAddress());
    assertThatThrownBy(() -> new HostFixture(new RealFileSystem(), samePort, 1_000_000))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot listen");
    new HostFixture(
            new RealFileSystem(), samePort.withRaftAddress(HostFixture.freeAddress()), 1_000_000)
        .close();
  }

  private static StoreOptions withTtl(long ttlMillis) {
    return new StoreOptions(
        SequenceMode.DENSE,
        ttlMillis,
        0,
        0,
        StorageType.ANY,
        1,
        StoreOptions.DEFAULT_DEDUP_WINDOW_MILLIS);
  }
}
