package io.tideline.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tideline.lsm.CorruptionException;
import io.tideline.server.replica.PartitionStatus.Role;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes in one process; files of one replica are damaged and repaired from the others. */
class ReplicaRepairTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path directory;
  private ChatNodes nodes;

  @BeforeEach
  void start() throws Exception {
    nodes = new ChatNodes(directory);
    nodes.write(0, 30);
    nodes.cutLogs(0, 1, 2);
    nodes.write(0, 3);
    nodes.awaitSamePosition();
  }

  @AfterEach
  void stop() {
    nodes.close();
  }

  @Test
  void aFollowerWithADamagedTableCopiesTheLeadersFilesAndKeepsItsVote() throws Exception {
    int follower = withRole(Role.FOLLOWER);
    flipMiddle(largest(follower, ".sst"));

    awaitRepairedByReading(follower);
    assertThat(nodes.status(follower).role()).isNotEqualTo(Role.LEARNER);
    nodes.write(follower, 3);
    nodes.awaitSamePosition();
    nodes.sameContent();
  }

  @Test
  void aLeaderWithADamagedTableHandsOverAndIsRepairedAsAFollower() throws Exception {
    int leader = withRole(Role.LEADER);
    flipMiddle(largest(leader, ".sst"));

    awaitRepairedByReading(leader);
    assertThat(nodes.status(leader).role()).isNotEqualTo(Role.LEADER);
    nodes.write(leader, 3);
    nodes.awaitSamePosition();
    nodes.sameContent();
  }

  @Test
  void aDamagedTableThatIsFoundWhenItIsSentDoesNotKeepAnEmptyMemberEmpty() throws Exception {
    int follower = withRole(Role.FOLLOWER);
    nodes.cluster.stop(follower);
    nodes.wipe(follower);
    int leader = withRole(Role.LEADER);
    flipMiddle(largest(leader, ".sst"));
    nodes.cluster.start(follower);

    await().atMost(LONG).until(() -> readable(follower) == nodes.written());
    await().atMost(LONG).until(() -> readable(leader) == nodes.written());
    nodes.write(follower, 3);
    nodes.awaitSamePosition();
    nodes.sameContent();
  }

  @Test
  void aReplicaThatCannotBeOpenedIsRepairedThoughItHasMissedATerm() throws Exception {
    int follower = withRole(Role.FOLLOWER);
    nodes.cluster.stop(follower);
    flipMiddle(largest(follower, "MANIFEST"));
    int leader = withRole(Role.LEADER);
    nodes.write(leader, 3);
    int other = 3 - follower - leader;
    String otherAddress = nodes.cluster.member(other).raftAddress();
    nodes.replica(leader).transferLeader(Optional.of(otherAddress)).get(30, TimeUnit.SECONDS);
    nodes.write(other, 3);
    nodes.cluster.start(follower);
    assertThat(nodes.cluster.host(follower).catalog().failure(nodes.partitionId)).isPresent();

    await()
        .atMost(LONG)
        .until(
            () -> nodes.cluster.host(follower).catalog().partition(nodes.partitionId).isPresent());
    await().atMost(LONG).until(() -> readable(follower) == nodes.written());
    assertThat(nodes.cluster.host(follower).catalog().failure(nodes.partitionId)).isEmpty();
    nodes.write(follower, 3);
    nodes.awaitSamePosition();
    nodes.sameContent();
  }

  /** Reading finds the damage; in the end everything can be read from new files. */
  private void awaitRepairedByReading(int node) throws Exception {
    assertThat(nodes.cluster.host(node).transfers().receivedBytes()).isZero();
    await()
        .atMost(LONG)
        .until(
            () ->
                readable(node) == nodes.written()
                    && nodes.cluster.host(node).transfers().receivedBytes() > 0);
    assertThat(nodes.status(node).damage()).isEmpty();
  }

  /** Rows that can be read on a node, -1 if it meets damage or serves nothing now. */
  private int readable(int node) throws Exception {
    try {
      return nodes.idsIfServed(node).orElse(-1);
    } catch (CorruptionException damage) {
      return -1;
    }
  }

  private int withRole(Role role) {
    return await()
        .atMost(LONG)
        .until(
            () ->
                IntStream.range(0, 3)
                    .filter(nodes.cluster::runs)
                    .filter(node -> nodes.status(node).role() == role)
                    .boxed()
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  private Path largest(int node, String kind) throws IOException {
    Path partition =
        nodes.cluster.data(node).resolve("partitions").resolve(Long.toString(nodes.partitionId));
    try (Stream<Path> files = Files.list(partition)) {
      return files
          .filter(file -> file.getFileName().toString().endsWith(kind))
          .max(Comparator.comparingLong(file -> file.toFile().length()))
          .orElseThrow();
    }
  }

  /** In place, under the open file. */
  private static void flipMiddle(Path path) throws IOException {
    try (FileChannel file =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      long offset = file.size() / 2;
      file.read(one, offset);
      one.put(0, (byte) (one.get(0) ^ 1)).rewind();
      file.write(one, offset);
    }
  }
}
