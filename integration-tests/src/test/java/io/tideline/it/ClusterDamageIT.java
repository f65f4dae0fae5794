package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.StatusRuntimeException;
import io.tideline.client.AppendItem;
import io.tideline.client.Message;
import io.tideline.client.RetryPolicy;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import io.tideline.it.harness.NodeConfig;
import io.tideline.it.harness.Nodes;
import io.tideline.it.harness.Seed;
import io.tideline.it.harness.ServerProcess;
import io.tideline.it.harness.Wire;
import io.tideline.proto.internal.v1.HashRequest;
import io.tideline.proto.internal.v1.HashResponse;
import io.tideline.proto.internal.v1.ReplicaServiceGrpc;
import io.tideline.proto.v1.FlushPartitionsRequest;
import io.tideline.proto.v1.ListPartitionsRequest;
import io.tideline.proto.v1.PartitionStatus;
import io.tideline.proto.v1.StoreOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Damage on the disk of one node of three, each time found by the node itself: what was
 * acknowledged stays readable, nothing else is ever read, and in the end all replicas hold the
 * same.
 */
class ClusterDamageIT {

  private static final String STORE = "chats";
  private static final String TIMELINE = "room";
  private static final long PARTITION = 1;
  private static final int DAMAGED_LOG_EXIT = 70;
  private static final int TEXT_LETTERS = 500;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @RegisterExtension static final Nodes NODES = new Nodes();

  private static final SplittableRandom RANDOM = Seed.random("ClusterDamageIT");
  private static final List<String> ACKNOWLEDGED = new ArrayList<>();
  private static List<ServerProcess> cluster;
  private static TidelineClient client;

  @BeforeAll
  static void startAndWrite() {
    NodeConfig config =
        NodeConfig.shortLived()
            .with("raft.election_timeout_ms", 1_000)
            .with("disk.reserve_bytes", 16 << 20)
            .with("engine.compression", "none")
            .with("log.segment_bytes", 4 << 20);
    List<Path> directories =
        Stream.of("a", "b", "c").map(name -> NODES.directory().resolve(name)).toList();
    cluster = NODES.startCluster(List.of(config, config, config), directories);
    client =
        TidelineClient.builder()
            .addresses(cluster.stream().map(ServerProcess::endpoint).toArray(String[]::new))
            .deadline(PATIENCE)
            .retryPolicy(RetryPolicy.defaults().withAttemptTimeout(Duration.ofSeconds(3)))
            .build();
    cluster.getFirst().wire().createStore(STORE, StoreOptions.getDefaultInstance());
    append(200);
    flush();
    append(100);
  }

  @AfterAll
  static void closeClient() {
    client.close();
  }

  @Test
  void anEmptyDiskIsFilledAgain() throws IOException {
    ServerProcess node = follower();
    node.kill9();
    append(50);
    deleteTree(node.dataDirectory());
    node.restart();

    append(50);
    assertAllHoldTheSame();
    assertThat(node.log()).contains("does not vote until it has caught up");
  }

  @Test
  void aLogThatEndsInTheMiddleOfARecordIsCompletedFromTheOthers() throws IOException {
    ServerProcess node = follower();
    append(20);
    node.kill9();
    append(20);
    Path segment = newestSegment(node);
    try (FileChannel file = FileChannel.open(segment, StandardOpenOption.WRITE)) {
      file.truncate(usedBytes(segment) - TEXT_LETTERS / 2);
    }
    node.restart("--rejoin");

    append(20);
    assertAllHoldTheSame();
    assertThat(node.log()).contains("there was no need to rejoin");
  }

  @Test
  void aLogDamagedInTheMiddleIsRefusedWithWhatToDoAndTheNodeRejoins() throws IOException {
    ServerProcess node = follower();
    append(40);
    node.kill9();
    append(20);
    Path segment = newestSegment(node);
    flipBit(segment, usedBytes(segment) / 2);
    node.relaunch();

    assertThat(node.process().awaitExit(PATIENCE)).as(node.log()).isEqualTo(DAMAGED_LOG_EXIT);
    assertThat(node.log())
        .contains("THE LOG IS DAMAGED", segment.toString(), "offset", "`tideline server --rejoin`");
    append(20);

    node.restart("--rejoin");
    append(20);
    assertAllHoldTheSame();
    Path aside = node.dataDirectory().resolve("set-aside-1");
    assertThat(aside.resolve("log").resolve(segment.getFileName())).exists();
    assertThat(aside.resolve("partitions")).exists();
    assertThat(node.log()).contains(aside.toString(), "does not vote until it has caught up");
  }

  @Test
  void aDamagedTableOfAFollowerIsReplacedByTheLeaders() throws IOException {
    repairsItself(follower());
  }

  @Test
  void aDamagedTableOfTheLeaderIsReplacedAfterAnotherTookOver() throws IOException {
    ServerProcess node = withRole("LEADER");
    repairsItself(node);
    assertThat(node.log()).contains("leadership handed over to");
  }

  /** What is read on the node meanwhile is right or refused. */
  private static void repairsItself(ServerProcess node) throws IOException {
    append(20);
    flush();
    Path table = largestTable(node);
    int repairs = repairs(node);
    flipBit(table, Files.size(table) / 2);
    await("the damage is met by reading, and repaired")
        .atMost(PATIENCE)
        .until(
            () -> {
              try {
                assertThat(read(node)).isEqualTo(ACKNOWLEDGED);
                // Other than reads, which may find everything in the cache, this reads the files.
                return hash(node).getRows() == ACKNOWLEDGED.size() && repairs(node) > repairs;
              } catch (StatusRuntimeException refused) {
                return false;
              }
            });
    assertThat(node.log()).contains(table.getFileName().toString());
    append(20);
    assertAllHoldTheSame();
    assertThat(status(node).getDamagedTableCount()).isZero();
  }

  // --- What was written ---

  private static void append(int count) {
    for (int i = 0; i < count; i++) {
      String text = letters();
      long id =
          client
              .append(
                  AppendItem.of(TimelineKey.of(STORE, TIMELINE), Message.of("text", text))
                      .withMessageKey("key-" + ACKNOWLEDGED.size()))
              .sequenceId();
      ACKNOWLEDGED.add(text);
      assertThat(id).isEqualTo(ACKNOWLEDGED.size());
    }
  }

  private static String letters() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < TEXT_LETTERS; i++) {
      text.append((char) ('a' + RANDOM.nextInt(26)));
    }
    return text.toString();
  }

  private static List<String> read(ServerProcess node) {
    return node.wire().scanAll(STORE, Wire.id(TIMELINE)).stream().map(Wire::textOf).toList();
  }

  private static void assertAllHoldTheSame() {
    for (ServerProcess node : cluster) {
      await(node.name() + " serves reads")
          .atMost(PATIENCE)
          .until(
              () -> {
                try {
                  assertThat(read(node)).as(node.name()).isEqualTo(ACKNOWLEDGED);
                  return true;
                } catch (StatusRuntimeException notYet) {
                  return false;
                }
              });
    }
    await("equal hashes at one index of every node")
        .atMost(PATIENCE)
        .until(
            () -> {
              Set<HashResponse> hashes = new HashSet<>();
              cluster.forEach(node -> hashes.add(hash(node)));
              return hashes.size() == 1;
            });
    await("all vote").atMost(PATIENCE).until(() -> roles().equals(Set.of("LEADER", "FOLLOWER")));
  }

  private static HashResponse hash(ServerProcess node) {
    return ReplicaServiceGrpc.newBlockingStub(node.wire().channel())
        .hash(HashRequest.newBuilder().setPartitionId(PARTITION).build());
  }

  // --- Who is who ---

  private static Set<String> roles() {
    Set<String> roles = new HashSet<>();
    cluster.forEach(node -> roles.add(status(node).getRole()));
    return roles;
  }

  private static PartitionStatus status(ServerProcess node) {
    return node.wire()
        .admin()
        .listPartitions(ListPartitionsRequest.newBuilder().setStore(STORE).build())
        .getPartitions(0);
  }

  private static ServerProcess follower() {
    return withRole("FOLLOWER");
  }

  private static ServerProcess withRole(String role) {
    return await("a " + role)
        .atMost(PATIENCE)
        .until(
            () -> cluster.stream().filter(node -> status(node).getRole().equals(role)).findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  private static void flush() {
    for (ServerProcess node : cluster) {
      var _ = node.wire().admin().flushPartitions(FlushPartitionsRequest.getDefaultInstance());
    }
  }

  // --- Damage ---

  private static int repairs(ServerProcess node) {
    return node.log().split("is repaired: it has the content of", -1).length;
  }

  private static Path largestTable(ServerProcess node) throws IOException {
    Path partition = node.dataDirectory().resolve("partitions").resolve(Long.toString(PARTITION));
    try (Stream<Path> files = Files.list(partition)) {
      return files
          .filter(file -> file.toString().endsWith(".sst"))
          .max(Comparator.comparingLong(file -> file.toFile().length()))
          .orElseThrow();
    }
  }

  private static Path newestSegment(ServerProcess node) throws IOException {
    try (Stream<Path> files = Files.list(node.dataDirectory().resolve("log"))) {
      for (Path file :
          files
              .filter(each -> each.toString().endsWith(".log"))
              .sorted(Comparator.<Path>naturalOrder().reversed())
              .toList()) {
        if (usedBytes(file) > TEXT_LETTERS) {
          return file;
        }
      }
    }
    throw new AssertionError("no segment with records in " + node.dataDirectory());
  }

  /** A segment is as long as it may become from its beginning; what is not written is zeros. */
  private static long usedBytes(Path segment) throws IOException {
    byte[] bytes = Files.readAllBytes(segment);
    int used = bytes.length;
    while (used > 0 && bytes[used - 1] == 0) {
      used--;
    }
    return used;
  }

  private static void flipBit(Path path, long offset) throws IOException {
    try (FileChannel file =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      file.read(one, offset);
      one.put(0, (byte) (one.get(0) ^ 1)).rewind();
      file.write(one, offset);
    }
  }

  private static void deleteTree(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(Comparator.<Path>naturalOrder().reversed()).toList()) {
        Files.delete(file);
      }
    }
  }
}
