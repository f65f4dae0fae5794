package io.tideline.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tideline.lsm.CorruptionException;
import io.tideline.manager.OptionsUpdate;
import io.tideline.manager.StoreDescriptor;
import io.tideline.server.replica.PartitionStatus;
import io.tideline.server.replica.PartitionStatus.Role;
import io.tideline.server.replica.Replica;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes in one process; files of one replica are damaged and repaired from the others. Each
 * test leaves all as they should be.
 */
class ReplicaRepairTest {

  private static final Duration LONG = Duration.ofSeconds(60);
  private static final long CATALOG = ReplicaHost.CATALOG_PARTITION;

  @TempDir private static Path directory;
  private static ChatNodes nodes;
  private static long chat;

  @BeforeAll
  static void start() throws Exception {
    nodes = new ChatNodes(directory);
    chat = nodes.partitionId;
    nodes.write(0, 20);
    nodes.cutLogs(0, 1, 2);
    nodes.write(0, 1);
    nodes.awaitSamePosition();
  }

  @AfterAll
  static void stop() {
    nodes.close();
  }

  @AfterEach
  void allAreWell() throws Exception {
    nodes.write(0, 1);
    nodes.awaitSamePosition();
    assertThat(nodes.contentHash(0, chat).rows()).isEqualTo(nodes.written());
    for (long partition : new long[] {CATALOG, chat}) {
      nodes.awaitSameContent(partition);
      for (int node = 0; node < 3; node++) {
        awaitVotes(node, partition);
        assertThat(status(node, partition).damage()).isEmpty();
      }
    }
    for (int node = 0; node < 3; node++) {
      assertThat(nodes.cluster.host(node).catalog().failures()).isEmpty();
    }
  }

  @Test
  void aFollowerWithADamagedTableCopiesTheLeadersFilesAndKeepsItsVote() throws Exception {
    int follower = withRole(chat, Role.FOLLOWER);
    long received = received(follower);
    flipMiddle(largest(follower, chat, ".sst"));

    awaitRepairedByReading(follower, received);
    assertThat(nodes.status(follower).role()).isNotEqualTo(Role.LEARNER);
  }

  @Test
  void aLeaderWithADamagedTableHandsOverAndIsRepairedAsAFollower() throws Exception {
    int leader = withRole(chat, Role.LEADER);
    long received = received(leader);
    flipMiddle(largest(leader, chat, ".sst"));

    awaitRepairedByReading(leader, received);
    assertThat(nodes.status(leader).role()).isNotEqualTo(Role.LEADER);
  }

  @Test
  void aDamagedTableThatIsFoundWhenItIsSentDoesNotKeepAnEmptyMemberEmpty() throws Exception {
    nodes.cutLogs(0, 1, 2);
    int follower = withRole(chat, Role.FOLLOWER);
    nodes.cluster.stop(follower);
    nodes.wipe(follower);
    int leader = withRole(chat, Role.LEADER);
    flipMiddle(largest(leader, chat, ".sst"));
    nodes.cluster.start(follower);

    await().atMost(LONG).until(() -> readable(follower) == nodes.written());
    await().atMost(LONG).until(() -> readable(leader) == nodes.written());
  }

  @Test
  void aReplicaThatCannotBeOpenedIsRepairedThoughItHasMissedATerm() throws Exception {
    int follower = withRole(chat, Role.FOLLOWER);
    nodes.cluster.stop(follower);
    flipMiddle(largest(follower, chat, "MANIFEST"));
    int leader = withRole(chat, Role.LEADER);
    nodes.write(leader, 3);
    int other = 3 - follower - leader;
    String otherAddress = nodes.cluster.member(other).raftAddress();
    nodes.replica(leader).transferLeader(Optional.of(otherAddress)).get(30, TimeUnit.SECONDS);
    nodes.write(other, 3);
    nodes.cluster.start(follower);
    assertThat(nodes.cluster.host(follower).catalog().failure(chat)).isPresent();

    await()
        .atMost(LONG)
        .until(() -> nodes.cluster.host(follower).catalog().partition(chat).isPresent());
    await().atMost(LONG).until(() -> readable(follower) == nodes.written());
    assertThat(nodes.cluster.host(follower).catalog().failure(chat)).isEmpty();
  }

  /** Who leads the catalog, so that its leadership is handed over first. */
  @Test
  void aDamagedTableOfTheCatalogIsReplacedWhileItsNodeServes() throws Exception {
    keepKeysFor(0, Duration.ofHours(2));
    int leader = withRole(CATALOG, Role.LEADER);
    replica(leader, CATALOG).flush().get(30, TimeUnit.SECONDS);
    long received = received(leader);
    damageWhatHashingMeets(leader, largest(leader, CATALOG, ".sst"));

    await()
        .atMost(LONG)
        .until(
            () -> {
              assertThat(nodes.cluster.host(leader).catalog().find("chat")).isPresent();
              return received(leader) > received
                  && status(leader, CATALOG).damage().isEmpty()
                  && status(leader, CATALOG).role() == Role.FOLLOWER;
            });
    keepKeysFor(leader, Duration.ofHours(3));
  }

  @Test
  void aCatalogThatCannotBeOpenedIsRepairedBeforeItsNodeServes() throws Exception {
    int follower = withRole(CATALOG, Role.FOLLOWER);
    keepKeysFor(follower, Duration.ofHours(1));
    replica(follower, CATALOG).flush().get(30, TimeUnit.SECONDS);
    nodes.cluster.stop(follower);
    flipMiddle(largest(follower, CATALOG, "MANIFEST"));
    keepKeysFor((follower + 1) % 3, Duration.ofHours(4));

    nodes.cluster.start(follower);
    assertThat(received(follower)).isPositive();
    assertThat(keptKeys(follower)).isEqualTo(Duration.ofHours(4));
    keepKeysFor(follower, Duration.ofHours(5));
  }

  // --- The catalog ---

  /** A change of the catalog through a node, seen on it. */
  private static void keepKeysFor(int node, Duration window) throws Exception {
    OptionsUpdate update =
        new OptionsUpdate(
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            Optional.empty(),
            OptionalInt.empty(),
            OptionalLong.of(window.toMillis()));
    StoreDescriptor changed =
        HostFixture.done(nodes.cluster.host(node).catalog().alterStore("chat", update));
    assertThat(changed.options().dedupWindowMillis()).isEqualTo(window.toMillis());
    await().atMost(LONG).until(() -> keptKeys(node).equals(window));
  }

  private static Duration keptKeys(int node) {
    StoreDescriptor store = nodes.cluster.host(node).catalog().find("chat").orElseThrow();
    return Duration.ofMillis(store.options().dedupWindowMillis());
  }

  // --- Reading ---

  /** Reading finds the damage; in the end everything can be read from new files. */
  private static void awaitRepairedByReading(int node, long receivedBefore) {
    await()
        .atMost(LONG)
        .until(() -> readable(node) == nodes.written() && received(node) > receivedBefore);
    assertThat(nodes.status(node).damage()).isEmpty();
  }

  /** Rows that can be read on a node, -1 if it meets damage or serves nothing now. */
  private static int readable(int node) throws Exception {
    try {
      return nodes.idsIfServed(node).orElse(-1);
    } catch (CorruptionException damage) {
      return -1;
    }
  }

  private static long received(int node) {
    return nodes.cluster.host(node).transfers().receivedBytes();
  }

  private static Replica replica(int node, long partition) {
    return nodes.cluster.host(node).catalog().partition(partition).orElseThrow();
  }

  private static PartitionStatus status(int node, long partition) {
    return await()
        .atMost(LONG)
        .until(() -> nodes.cluster.host(node).catalog().partition(partition), Optional::isPresent)
        .orElseThrow()
        .status();
  }

  private static void awaitVotes(int node, long partition) {
    await()
        .atMost(LONG)
        .until(
            () -> status(node, partition).role(),
            role -> role == Role.FOLLOWER || role == Role.LEADER);
  }

  private static int withRole(long partition, Role role) {
    return await()
        .atMost(LONG)
        .until(
            () ->
                IntStream.range(0, 3)
                    .filter(nodes.cluster::runs)
                    .filter(node -> status(node, partition).role() == role)
                    .boxed()
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  // --- Damage ---

  private static Path largest(int node, long partition, String kind) throws IOException {
    Path files = nodes.cluster.data(node).resolve("partitions").resolve(Long.toString(partition));
    try (Stream<Path> listed = Files.list(files)) {
      return listed
          .filter(file -> file.getFileName().toString().endsWith(kind))
          .max(Comparator.comparingLong(file -> file.toFile().length()))
          .orElseThrow();
    }
  }

  /** A small table is read in part only: damages what is. */
  private static void damageWhatHashingMeets(int node, Path table) throws IOException {
    for (long offset = 0; offset < Files.size(table); offset++) {
      flip(table, offset);
      try {
        var _ = nodes.contentHash(node, CATALOG);
      } catch (CorruptionException found) {
        return;
      }
      flip(table, offset);
    }
    throw new AssertionError("no byte of " + table + " is read");
  }

  private static void flipMiddle(Path path) throws IOException {
    flip(path, Files.size(path) / 2);
  }

  /** In place, under the open file. */
  private static void flip(Path path, long offset) throws IOException {
    try (FileChannel file =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      file.read(one, offset);
      one.put(0, (byte) (one.get(0) ^ 1)).rewind();
      file.write(one, offset);
    }
  }
}
