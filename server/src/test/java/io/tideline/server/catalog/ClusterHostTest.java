package io.tideline.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tideline.lsm.Direction;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RowCursor;
import io.tideline.manager.CatalogChange;
import io.tideline.manager.CatalogOutcome;
import io.tideline.manager.IdentifierField;
import io.tideline.manager.IdentifierType;
import io.tideline.manager.OptionsUpdate;
import io.tideline.manager.PartitionDescriptor;
import io.tideline.manager.SequenceMode;
import io.tideline.manager.StorageType;
import io.tideline.manager.StoreDescriptor;
import io.tideline.manager.StoreOptions;
import io.tideline.server.command.AppendResult;
import io.tideline.server.replica.Freshness;
import io.tideline.server.replica.Partition;
import io.tideline.server.replica.ReadOutcome;
import io.tideline.server.replica.ReadSettings;
import io.tideline.server.replica.Refusal;
import io.tideline.server.replica.Replica;
import io.tideline.server.replica.WriteOutcome;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes, one process: placement, routing, reading anywhere, losing and getting back a node.
 */
class ClusterHostTest {

  private static final List<IdentifierField> SCHEMA =
      List.of(new IdentifierField("conversation", IdentifierType.STRING));
  private static final StoreOptions THREE =
      new StoreOptions(
          SequenceMode.DENSE,
          0,
          0,
          0,
          StorageType.ANY,
          3,
          StoreOptions.DEFAULT_DEDUP_WINDOW_MILLIS);
  private static final Duration LONG = Duration.ofSeconds(30);

  @TempDir Path directory;
  private ClusterFixture cluster;

  @BeforeEach
  void start() throws Exception {
    cluster = new ClusterFixture(directory, 3);
  }

  @AfterEach
  void stop() {
    cluster.close();
    assertThat(cluster.fatal).isEmpty();
  }

  @Test
  void anyNodeCreatesWritesAndReadsWhatAnyOtherDid() throws Exception {
    for (int i = 0; i < 3; i++) {
      create(i, "store" + i, "m");
      for (int writer = 0; writer < 3; writer++) {
        for (String timeline : new String[] {"a", "z"}) {
          append(writer, "store" + i, timeline, "from " + writer);
          for (int reader = 0; reader < 3; reader++) {
            assertThat(read(reader, "store" + i, timeline)).hasSize(writer + 1);
          }
        }
      }
      assertThat(read(0, "store" + i, "a")).containsExactly("1=from 0", "2=from 1", "3=from 2");
    }
  }

  @Test
  void leadersSpreadAndEveryNodeKnowsThem() throws Exception {
    StoreDescriptor store = create(0, "chat", "d", "h", "m", "r", "w");
    for (PartitionDescriptor partition : store.partitions()) {
      assertThat(partition.replicas()).containsExactlyInAnyOrder("n1", "n2", "n3");
      await()
          .atMost(LONG)
          .untilAsserted(
              () -> {
                List<Optional<String>> leaders = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                  leaders.add(
                      cluster
                          .host(i)
                          .catalog()
                          .partition(partition.partitionId())
                          .flatMap(Replica::leader));
                }
                assertThat(leaders.getFirst()).isPresent();
                assertThat(leaders).allMatch(leaders.getFirst()::equals);
              });
    }
  }

  @Test
  void aLostNodeStopsNobodyAndCatchesUpWhenItIsBack() throws Exception {
    create(0, "chat", "m");
    for (int i = 1; i <= 10; i++) {
      append(i % 3, "chat", "a", "before" + i);
    }
    for (int lost = 0; lost < 3; lost++) {
      cluster.stop(lost);
      int writer = (lost + 1) % 3;
      for (int i = 1; i <= 5; i++) {
        append(writer, "chat", "a", "without " + lost);
        append((lost + 2) % 3, "chat", "z", "without " + lost);
      }
      cluster.start(lost);
      int rows = 10 + 5 * (lost + 1);
      assertThat(read(lost, "chat", "a")).hasSize(rows);
      append(lost, "chat", "z", "back");
    }
    for (int i = 0; i < 3; i++) {
      List<String> rows = read(i, "chat", "a");
      assertThat(rows).hasSize(25);
      for (int id = 1; id <= rows.size(); id++) {
        assertThat(rows.get(id - 1)).startsWith(id + "=");
      }
      assertThat(read(i, "chat", "z")).hasSize(18);
    }
  }

  @Test
  void aStoreDroppedAndForgottenWhileANodeWasAwayGoesThereToo() throws Exception {
    StoreDescriptor store = create(0, "chat", "m");
    append(0, "chat", "a", "gone soon");
    long id = store.partitions().getFirst().partitionId();
    Path files = directory.resolve("n3").resolve("partitions").resolve(Long.toString(id));
    assertThat(files).exists();
    cluster.stop(2);
    await()
        .atMost(LONG)
        .until(
            () ->
                cluster.host(0).catalog().dropStore("chat").get(30, TimeUnit.SECONDS)
                    instanceof WriteOutcome.Applied);
    assertThat(cluster.host(0).catalog().find("chat")).isEmpty();
    await().atMost(LONG).until(() -> cluster.host(1).catalog().find("chat").isEmpty());
    cluster.start(2);
    assertThat(cluster.host(2).catalog().find("chat")).isEmpty();
    assertThat(cluster.host(2).catalog().partition(id)).isEmpty();
    assertThat(Files.exists(files)).as("kept for the grace period").isTrue();
  }

  @Test
  void alteredOptionsReachEveryPartitionWhoeverLeadsIt() throws Exception {
    create(0, "chat", "m");
    append(1, "chat", "a", "short-lived");
    done(cluster.host(1).catalog().alterStore("chat", OptionsUpdate.NONE.withTtlMillis(1_000)));
    for (int i = 0; i < 3; i++) {
      int reader = i;
      await().atMost(LONG).untilAsserted(() -> assertThat(read(reader, "chat", "a")).isEmpty());
    }
  }

  @Test
  void aLeaderHandsOverAndWritesGoOn() throws Exception {
    StoreDescriptor store = create(0, "chat");
    append(0, "chat", "a", "one");
    long id = store.partitions().getFirst().partitionId();
    int leader = leaderOf(id);
    int target = (leader + 1) % 3;
    cluster
        .host(leader)
        .catalog()
        .partition(id)
        .orElseThrow()
        .transferLeader(Optional.of(cluster.member(target).raftAddress()))
        .get(10, TimeUnit.SECONDS);
    append(leader, "chat", "a", "two");
    await().atMost(LONG).until(() -> leaderOf(id) == target);
    assertThat(read(leader, "chat", "a")).containsExactly("1=one", "2=two");
  }

  @Test
  void aSessionReadsWhatItHasSeenOnEveryReplica() throws Exception {
    create(0, "chat");
    for (int i = 1; i <= 10; i++) {
      long seen = append(i % 3, "chat", "a", "row " + i);
      for (int reader = 0; reader < 3; reader++) {
        assertThat(read(reader, "chat", "a", new Freshness.Applied(seen))).hasSize(i);
      }
    }
  }

  @Test
  void aSessionIsServedWithoutALeaderUntilTheReplicaIsTooOld() throws Exception {
    cluster.close();
    cluster =
        new ClusterFixture(
            directory.resolve("sessions"), 3, new ReadSettings(false, Duration.ofSeconds(6)));
    StoreDescriptor store = create(0, "chat");
    Freshness seen = new Freshness.Applied(append(0, "chat", "a", "one"));
    int leader = leaderOf(store.partitions().getFirst().partitionId());
    int alone = (leader + 1) % 3;
    // In this order nobody can elect the one that stays: it follows to the end.
    cluster.stop((leader + 2) % 3);
    assertThat(read(alone, "chat", "a", seen)).containsExactly("1=one");
    cluster.stop(leader);
    assertThat(isRefused(alone, Freshness.LINEARIZABLE)).isTrue();
    assertThat(isRefused(alone, seen)).isFalse();
    await().atMost(Duration.ofSeconds(10)).until(() -> isRefused(alone, seen));
  }

  private boolean isRefused(int node, Freshness freshness) throws Exception {
    return switch (route(node, "chat", "a").read(freshness).get(10, TimeUnit.SECONDS)) {
      case ReadOutcome.Ready(ReadView view) -> {
        view.close();
        yield false;
      }
      case ReadOutcome.Refused(Refusal refusal) -> refusal.reason() == Refusal.Reason.UNAVAILABLE;
    };
  }

  private int leaderOf(long partitionId) {
    String address =
        await()
            .atMost(LONG)
            .until(
                () -> cluster.host(0).catalog().partition(partitionId).flatMap(Replica::leader),
                Optional::isPresent)
            .orElseThrow();
    for (int i = 0; i < cluster.size(); i++) {
      if (cluster.member(i).raftAddress().equals(address)) {
        return i;
      }
    }
    throw new AssertionError("no member " + address);
  }

  private StoreDescriptor create(int node, String name, String... splitPoints) throws Exception {
    List<byte[]> points = new ArrayList<>();
    for (String point : splitPoints) {
      points.add(HostFixture.bytes(point));
    }
    StoreDescriptor store =
        done(
            cluster
                .host(node)
                .catalog()
                .createStore(new CatalogChange.CreateStore(name, SCHEMA, THREE, points)));
    for (int i = 0; i < cluster.size(); i++) {
      if (cluster.runs(i)) {
        assertThat(cluster.host(i).catalog().current().get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(cluster.host(i).catalog().find(name)).contains(store);
      }
    }
    return store;
  }

  private static StoreDescriptor done(CompletableFuture<WriteOutcome<CatalogOutcome>> change)
      throws Exception {
    return HostFixture.done(change);
  }

  /**
   * The log index. Retries refusals, as clients do; an unknown outcome must not happen in these
   * tests.
   */
  private long append(int node, String store, String timeline, String value) throws Exception {
    Partition partition = route(node, store, timeline);
    AtomicLong position = new AtomicLong();
    await()
        .atMost(LONG)
        .pollDelay(Duration.ZERO)
        .until(
            () -> {
              WriteOutcome<AppendResult> outcome =
                  partition
                      .append(HostFixture.append(timeline, "", value))
                      .get(30, TimeUnit.SECONDS);
              assertThat(outcome).isNotInstanceOf(WriteOutcome.Unknown.class);
              if (outcome instanceof WriteOutcome.Applied<AppendResult> applied) {
                position.set(applied.position());
              }
              return outcome instanceof WriteOutcome.Applied;
            });
    return position.get();
  }

  private Partition route(int node, String store, String timeline) {
    Catalog catalog = cluster.host(node).catalog();
    return catalog
        .route(catalog.find(store).orElseThrow(), HostFixture.bytes(timeline))
        .orElseThrow();
  }

  private List<String> read(int node, String store, String timeline) throws Exception {
    return read(node, store, timeline, Freshness.LINEARIZABLE);
  }

  private List<String> read(int node, String store, String timeline, Freshness freshness)
      throws Exception {
    ReadOutcome.Ready ready =
        (ReadOutcome.Ready)
            await()
                .atMost(LONG)
                .pollDelay(Duration.ZERO)
                .until(
                    () -> route(node, store, timeline).read(freshness).get(30, TimeUnit.SECONDS),
                    ReadOutcome.Ready.class::isInstance);
    List<String> rows = new ArrayList<>();
    try (ReadView view = ready.view();
        RowCursor row =
            view.scan(
                HostFixture.bytes(timeline), Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD)) {
      while (row.next()) {
        rows.add(row.sequenceId() + "=" + new String(row.value(), StandardCharsets.UTF_8));
      }
    }
    return rows;
  }
}
