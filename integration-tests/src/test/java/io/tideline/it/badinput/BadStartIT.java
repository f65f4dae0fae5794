package io.tideline.it.badinput;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.it.harness.NodeConfig;
import io.tideline.it.harness.Nodes;
import io.tideline.it.harness.ServerProcess;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.GetNodeStatusRequest;
import io.tideline.proto.v1.StoreOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A node that cannot start with what it was given says what is wrong, where, and what to change;
 * its exit code says that trying again is useless.
 */
class BadStartIT {

  private static final int EX_CONFIG = 78;
  private static final Duration EXIT_TIMEOUT = Duration.ofSeconds(60);
  private static final String OTHER_CLUSTER = "00000000-0000-4000-8000-000000000001";

  @RegisterExtension final Nodes nodes = new Nodes();

  @ParameterizedTest
  @CsvSource({
    "grpc.prot, 7420, grpc.port",
    "memory.memtable_pool, 16777216, memory.memtable_pool_bytes",
    "dick.reserve_bytes, 1048576, disk.reserve_bytes",
  })
  void anUnknownKeyIsRefusedWithASuggestion(String key, long value, String meant) {
    assertRefused(
        nodes.launch(NodeConfig.shortLived().with(key, value)),
        "unknown key \"" + key + "\"",
        "did you mean \"" + meant + "\"?",
        "node-1.yaml line ");
  }

  @ParameterizedTest
  @CsvSource({
    "grpc.stop_grace_ms, -1, 0..600000",
    "engine.runs_per_tier, 1000, 2..32",
    "log.segment_bytes, 1, 1048576..1073741824",
    "engine.compression, snappy, none|lz4|zstd",
    "grpc.calls_per_connection_max, many, number",
  })
  void aValueThatCannotBeIsRefusedWithItsRange(String key, String value, String range) {
    assertRefused(nodes.launch(NodeConfig.shortLived().with(key, value)), key, value, range);
  }

  @Test
  void budgetsThatExceedTheHeapAreRefused() {
    assertRefused(
        nodes.launch(NodeConfig.shortLived().with("memory.call_bytes", 500L << 20)),
        "memory.call_bytes",
        "-Xmx");
  }

  @Test
  void aDirectoryOfAnotherClusterIsRefused() {
    ServerProcess node = nodes.start(NodeConfig.shortLived());
    String cluster =
        node.wire().admin().getNodeStatus(GetNodeStatusRequest.getDefaultInstance()).getClusterId();
    node.stop();

    assertRefused(
        nodes.launch(
            NodeConfig.shortLived().with("cluster.id", OTHER_CLUSTER), node.dataDirectory()),
        node.dataDirectory().toString(),
        cluster,
        OTHER_CLUSTER,
        "cluster.id");
  }

  @Test
  void aDirectoryOfAnotherNodeIsRefused() {
    ServerProcess node = nodes.start(NodeConfig.shortLived());
    node.stop();

    assertRefused(
        nodes.launch(NodeConfig.shortLived().with("node.id", "node-2"), node.dataDirectory()),
        "node-1",
        "node-2",
        "node.id");
  }

  @Test
  void aDirectoryOfANewerFormatIsRefused() throws IOException {
    ServerProcess node = nodes.start(NodeConfig.shortLived());
    node.stop();
    Path identity = node.dataDirectory().resolve("IDENTITY");
    // The version must be looked at before the checksum: a newer one may be computed otherwise.
    String newer = Files.readString(identity).replaceFirst("identity 1\n", "identity 99\n");
    Files.writeString(identity, newer);

    assertRefused(
        nodes.launch(NodeConfig.shortLived(), node.dataDirectory()),
        identity.toString(),
        "99",
        "newer");
  }

  @Test
  void aDamagedIdentityIsRefused() throws IOException {
    ServerProcess node = nodes.start(NodeConfig.shortLived());
    node.stop();
    Path identity = node.dataDirectory().resolve("IDENTITY");
    Files.writeString(identity, Files.readString(identity).replaceFirst("node-1", "node-7"));

    assertRefused(
        nodes.launch(NodeConfig.shortLived(), node.dataDirectory()),
        identity.toString(),
        "damaged");
  }

  @Test
  void aDirectoryInUseIsRefusedAndItsNodeGoesOn() {
    ServerProcess node = nodes.start(NodeConfig.shortLived());

    assertRefused(
        nodes.launch(NodeConfig.shortLived(), node.dataDirectory()),
        node.dataDirectory().toString(),
        "in use by another process");
    node.wire().createStore("alive", StoreOptions.getDefaultInstance());
    assertThat(node.wire().append("alive", Wire.id("a"), Wire.text("x")).getSequenceId())
        .isEqualTo(1);
  }

  @Test
  void aDirectoryThatIsNotANodesIsRefusedAndLeftAlone() throws IOException {
    Path directory = Files.createDirectories(nodes.directory().resolve("holiday"));
    Files.writeString(directory.resolve("photo.jpg"), "not a photo");

    assertRefused(
        nodes.launch(NodeConfig.shortLived(), directory),
        directory.toString(),
        "photo.jpg",
        "node.data_directory");
    assertThat(Files.readString(directory.resolve("photo.jpg"))).isEqualTo("not a photo");
  }

  @Test
  void aDirectoryThatIsAFileIsRefused() throws IOException {
    Path file = Files.writeString(nodes.directory().resolve("file"), "text");

    assertRefused(
        nodes.launch(NodeConfig.shortLived(), file), file.toString(), "node.data_directory");
  }

  /** Of the kernel's own file systems: not even root may write there. */
  @Test
  void aDirectoryThatCannotBeWrittenIsRefused() {
    Path unwritable = Path.of("/sys/kernel/tideline-data");

    assertRefused(
        nodes.launch(NodeConfig.shortLived(), unwritable),
        unwritable.toString(),
        "node.data_directory");
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpc.port", "raft.port", "http.port"})
  void aPortInUseIsRefused(String key) throws IOException {
    try (ServerSocket taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));

      assertRefused(
          nodes.launch(NodeConfig.shortLived().with(key, taken.getLocalPort())),
          Integer.toString(taken.getLocalPort()),
          "in use",
          key);
    }
  }

  private static void assertRefused(ServerProcess node, String... saying) {
    int exitCode = node.process().awaitExit(EXIT_TIMEOUT);

    assertThat(exitCode).as(node.log()).isEqualTo(EX_CONFIG);
    assertThat(node.log()).contains(saying).doesNotContain("\tat ");
  }
}
