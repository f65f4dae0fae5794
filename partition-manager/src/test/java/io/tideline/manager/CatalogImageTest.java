package io.tideline.manager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class CatalogImageTest {

  private static final List<IdentifierField> SCHEMA =
      List.of(new IdentifierField("conversation", IdentifierType.STRING));

  private CatalogImage image = CatalogImage.EMPTY;

  @Test
  void aStoreIsCreatedInTwoStepsAndServesOnlyAfterTheSecond() {
    StoreDescriptor creating = done(apply(create("chat")));
    assertThat(creating.state()).isEqualTo(StoreState.CREATING);
    assertThat(apply(new CatalogChange.DropStore("chat")))
        .isInstanceOf(CatalogOutcome.StoreNotFound.class);
    StoreDescriptor live = done(apply(new CatalogChange.StoreReady(creating.storeId())));
    assertThat(live.state()).isEqualTo(StoreState.LIVE);
    assertThat(image.find("chat")).contains(live);
  }

  @Test
  void splitPointsCutTheKeySpaceWithoutGapOrOverlap() {
    StoreDescriptor store = done(apply(create("chat", "g", "m", "t")));
    assertThat(store.partitions()).hasSize(4);
    assertThat(store.partitionOf(bytes("")).partitionId()).isEqualTo(1);
    assertThat(store.partitionOf(bytes("fzzz")).partitionId()).isEqualTo(1);
    assertThat(store.partitionOf(bytes("g")).partitionId()).isEqualTo(2);
    assertThat(store.partitionOf(bytes("lzz")).partitionId()).isEqualTo(2);
    assertThat(store.partitionOf(bytes("m")).partitionId()).isEqualTo(3);
    assertThat(store.partitionOf(new byte[] {(byte) 0xff}).partitionId()).isEqualTo(4);
    for (PartitionDescriptor partition : store.partitions()) {
      assertThat(store.partitionOf(partition.start())).isEqualTo(partition);
      assertThat(partition.contains(partition.start())).isTrue();
      assertThat(partition.end().length == 0 || !partition.contains(partition.end())).isTrue();
    }
  }

  @Test
  void splitPointsThatAreEmptyOrNotAscendingAreRefusedByTheirPlace() {
    assertThat(apply(create("chat", "b", "b")))
        .isEqualTo(
            new CatalogOutcome.Invalid(
                "split_points[1]", "is empty or not above the one before it"));
    assertThat(apply(create("chat", "b", "a"))).isInstanceOf(CatalogOutcome.Invalid.class);
    assertThat(apply(create("chat", ""))).isInstanceOf(CatalogOutcome.Invalid.class);
    assertThat(image.stores()).isEmpty();
    assertThat(image.nextPartitionId()).isEqualTo(1);
  }

  @Test
  void tooManySplitPointsAreRefused() {
    List<byte[]> points = new ArrayList<>();
    for (int i = 0; i < CatalogImage.INITIAL_PARTITIONS_MAX; i++) {
      points.add(bytes("%05d".formatted(i)));
    }
    CatalogChange.CreateStore create =
        new CatalogChange.CreateStore(
            "chat", SCHEMA, StoreOptions.defaults(SequenceMode.DENSE), points);
    assertThat(apply(create)).isInstanceOf(CatalogOutcome.Invalid.class);
  }

  @Test
  void copiesGoToNodesInTurnAndNeverTwiceToOne() {
    List<String> nodes = List.of("n1", "n2", "n3", "n4");
    StoreDescriptor store = done(apply(create("chat", "b", "c", "d").on(nodes), 1_000));
    Map<String, Integer> leaders = new TreeMap<>();
    for (PartitionDescriptor partition : store.partitions()) {
      assertThat(partition.replicas()).hasSize(1).isSubsetOf(nodes);
      leaders.merge(partition.replicas().getFirst(), 1, Integer::sum);
      assertThat(partition.isOn(partition.replicas().getFirst())).isTrue();
      assertThat(partition.isOn("n5")).isFalse();
    }
    assertThat(leaders).hasSize(4).allSatisfy((node, count) -> assertThat(count).isEqualTo(1));

    StoreOptions three = new StoreOptions(SequenceMode.DENSE, 0, 0, 0, StorageType.ANY, 3, 1_000);
    StoreDescriptor copied =
        done(apply(new CatalogChange.CreateStore("log", SCHEMA, three, List.of(), nodes), 1_000));
    assertThat(copied.partitions().getFirst().replicas()).hasSize(3).doesNotHaveDuplicates();
  }

  @Test
  void moreCopiesThanNodesAreRefused() {
    StoreOptions three = new StoreOptions(SequenceMode.DENSE, 0, 0, 0, StorageType.ANY, 3, 1_000);
    assertThat(
            apply(new CatalogChange.CreateStore("c", SCHEMA, three, List.of(), List.of("a", "b"))))
        .isInstanceOf(CatalogOutcome.Invalid.class);
  }

  @Test
  void aDroppedStoreHoldsItsNameUntilItIsPurged() {
    StoreDescriptor store = live("chat");
    StoreDescriptor dropped = done(apply(new CatalogChange.DropStore("chat"), 5_000));
    assertThat(dropped.dropTimeMillis()).isEqualTo(5_000);
    assertThat(apply(create("chat")))
        .isEqualTo(new CatalogOutcome.StoreExists("chat", StoreState.DROPPED));
    done(apply(new CatalogChange.PurgeStore(store.storeId())));
    StoreDescriptor second = done(apply(create("chat")));
    assertThat(second.storeId()).isGreaterThan(store.storeId());
    assertThat(second.partitions().getFirst().partitionId())
        .isGreaterThan(store.partitions().getLast().partitionId());
    done(apply(new CatalogChange.ForgetStore(store.storeId())));
    assertThat(image.find(store.storeId())).isEmpty();
    assertThat(image.find("chat")).contains(second);
  }

  @Test
  void aLiveStoreIsNeitherPurgedNorForgotten() {
    StoreDescriptor store = live("chat");
    assertThat(apply(new CatalogChange.PurgeStore(store.storeId())))
        .isInstanceOf(CatalogOutcome.StoreNotFound.class);
    assertThat(apply(new CatalogChange.ForgetStore(store.storeId())))
        .isInstanceOf(CatalogOutcome.StoreNotFound.class);
    assertThat(image.find("chat")).contains(store);
  }

  @Test
  void alteringKeepsWhatTheUpdateDoesNotName() {
    live("chat");
    StoreDescriptor altered =
        done(apply(new CatalogChange.AlterStore("chat", OptionsUpdate.NONE.withTtlMillis(1_000))));
    assertThat(altered.options().ttlMillis()).isEqualTo(1_000);
    assertThat(altered.options().sequenceMode()).isEqualTo(SequenceMode.DENSE);
    assertThat(altered.options().dedupWindowMillis())
        .isEqualTo(StoreOptions.DEFAULT_DEDUP_WINDOW_MILLIS);
  }

  @Test
  void theStoreAfterTheLastAllowedOneIsRefused() {
    for (int i = 0; i < CatalogImage.STORES_MAX; i++) {
      done(apply(create("store" + i)));
    }
    assertThat(apply(create("one-more")))
        .isEqualTo(new CatalogOutcome.TooManyStores(CatalogImage.STORES_MAX));
  }

  @Test
  void recordsThatBreakAnInvariantMakeNoImage() {
    StoreDescriptor store = live("chat");
    assertThatThrownBy(() -> CatalogImage.of(List.of(store), 1, 2))
        .hasMessageContaining("store id 1");
    assertThatThrownBy(() -> CatalogImage.of(List.of(store), 2, 1))
        .hasMessageContaining("partition id 1");
    StoreDescriptor gap =
        new StoreDescriptor(
            2,
            "gap",
            SCHEMA,
            store.options(),
            StoreState.LIVE,
            0,
            0,
            List.of(new PartitionDescriptor(2, 2, bytes("a"), bytes(""), List.of(), 1, 1)));
    assertThatThrownBy(() -> CatalogImage.of(List.of(store, gap), 3, 3))
        .hasMessageContaining("does not continue");
  }

  /**
   * Random changes against a small independent model; images are also rebuilt from their records.
   */
  @Test
  void randomChangesKeepEveryInvariant() {
    long seed = Long.getLong("seed", 42);
    Random random = new Random(seed);
    Map<String, StoreState> model = new HashMap<>();
    Set<Long> partitionsEver = new HashSet<>();
    for (int step = 0; step < 3_000; step++) {
      String name = "s" + random.nextInt(8);
      long id = image.find(name).map(StoreDescriptor::storeId).orElse(-1L);
      StoreState state = model.get(name);
      switch (random.nextInt(5)) {
        case 0 -> {
          CatalogOutcome outcome = apply(create(name, "k"));
          assertThat(outcome instanceof CatalogOutcome.Done).isEqualTo(state == null);
          if (outcome instanceof CatalogOutcome.Done(var store)) {
            model.put(name, StoreState.CREATING);
            store
                .partitions()
                .forEach(p -> assertThat(partitionsEver.add(p.partitionId())).isTrue());
          }
        }
        case 1 -> {
          boolean ok = apply(new CatalogChange.StoreReady(id)) instanceof CatalogOutcome.Done;
          assertThat(ok).isEqualTo(state == StoreState.CREATING);
          if (ok) {
            model.put(name, StoreState.LIVE);
          }
        }
        case 2 -> {
          boolean ok = apply(new CatalogChange.DropStore(name)) instanceof CatalogOutcome.Done;
          assertThat(ok).isEqualTo(state == StoreState.LIVE);
          if (ok) {
            model.put(name, StoreState.DROPPED);
          }
        }
        case 3 -> {
          boolean ok = apply(new CatalogChange.PurgeStore(id)) instanceof CatalogOutcome.Done;
          assertThat(ok).isEqualTo(state == StoreState.CREATING || state == StoreState.DROPPED);
          if (ok) {
            model.remove(name);
            assertThat(apply(new CatalogChange.ForgetStore(id)))
                .isInstanceOf(CatalogOutcome.Done.class);
          }
        }
        default ->
            image = CatalogImage.of(image.stores(), image.nextStoreId(), image.nextPartitionId());
      }
      assertThat(image.storesByName().stream().map(StoreDescriptor::name))
          .as("repeat with -Dseed=" + seed)
          .containsExactlyInAnyOrderElementsOf(model.keySet());
      image.storesByName().forEach(s -> assertThat(s.state()).isEqualTo(model.get(s.name())));
    }
  }

  private StoreDescriptor live(String name) {
    StoreDescriptor creating = done(apply(create(name)));
    return done(apply(new CatalogChange.StoreReady(creating.storeId())));
  }

  private static CatalogChange.CreateStore create(String name, String... splitPoints) {
    List<byte[]> points = new ArrayList<>();
    for (String point : splitPoints) {
      points.add(bytes(point));
    }
    return new CatalogChange.CreateStore(
        name, SCHEMA, StoreOptions.defaults(SequenceMode.DENSE), points);
  }

  private CatalogOutcome apply(CatalogChange change) {
    return apply(change, 1_000);
  }

  private CatalogOutcome apply(CatalogChange change, long timeMillis) {
    CatalogTransition transition = image.apply(change, timeMillis);
    assertThat(transition.delta().isEmpty())
        .isEqualTo(!(transition.outcome() instanceof CatalogOutcome.Done));
    image = image.with(transition.delta());
    return transition.outcome();
  }

  private static StoreDescriptor done(CatalogOutcome outcome) {
    assertThat(outcome).isInstanceOf(CatalogOutcome.Done.class);
    return ((CatalogOutcome.Done) outcome).store();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
