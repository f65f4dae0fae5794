package io.tideline.server.node;

import static io.tideline.server.node.TestNode.message;
import static io.tideline.server.node.TestNode.timeline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.AppendResponse;
import io.tideline.proto.v1.FlushPartitionsRequest;
import io.tideline.proto.v1.GetNodeStatusRequest;
import io.tideline.proto.v1.GetNodeStatusResponse;
import io.tideline.proto.v1.ListNodesRequest;
import io.tideline.proto.v1.ListPartitionsRequest;
import io.tideline.proto.v1.PartitionStatus;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.server.config.NodeConfig;
import io.tideline.server.service.NodeAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TidelineServerTest {

  @TempDir private Path directory;

  @Test
  void anIpv6AddressIsToldInBracketsAndServes() throws Exception {
    assumeTrue(hasIpv6Loopback(), "this machine has no IPv6 loopback");
    NodeConfig config = TestNode.config(directory.resolve("v6")).with("network.bind_address=::1");
    for (int start = 1; start <= 2; start++) {
      try (TestNode node = TestNode.start(config, InstantSource.system())) {
        NodeAddress address = node.server().info().address();
        assertThat(address.grpcAddress()).startsWith("[::1]:");
        assertThat(address.raftAddress()).startsWith("[::1]:");
        assertThat(address.httpAddress()).startsWith("[::1]:");
        if (start == 1) {
          node.createStore("v6", SequenceMode.SEQUENCE_MODE_DENSE);
        }
        AppendRequest append =
            AppendRequest.newBuilder()
                .setStore("v6")
                .setTimeline(timeline("a"))
                .setMessage(message("m"))
                .build();
        assertThat(node.timelines().append(append).getSequenceId()).isEqualTo(start);
      }
    }
  }

  private static boolean hasIpv6Loopback() {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getByName("::1"))) {
      return probe.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void acknowledgedWritesSurviveARestartFlushedOrNot() throws Exception {
    Path data = directory.resolve("data");
    try (TestNode node = TestNode.start(data)) {
      node.createStore("im", SequenceMode.SEQUENCE_MODE_DENSE, "m");
      append(node, "c1", "flushed");
      var unused = node.admin().flushPartitions(FlushPartitionsRequest.getDefaultInstance());
      append(node, "c1", "in the log");
    }
    try (TestNode node = TestNode.start(data)) {
      var page =
          node.timelines()
              .scan(ScanRequest.newBuilder().setStore("im").setTimeline(timeline("c1")).build());
      assertThat(page.getEntriesList())
          .extracting(entry -> entry.getMessage().getFieldsOrThrow("text").getStringValue())
          .containsExactly("flushed", "in the log");
      assertThat(append(node, "c1", "later").getSequenceId()).isEqualTo(3);
    }
  }

  @Test
  void nodeTellsOfItselfWhileItServesAndNotAfter() throws Exception {
    Path data = directory.resolve("data");
    Path ready = data.resolve(ReadyFile.NAME);
    String http;
    try (TestNode node = TestNode.start(data)) {
      node.createStore("im", SequenceMode.SEQUENCE_MODE_DENSE);
      var address = node.server().info().address();
      http = "http://" + address.httpAddress();
      assertThat(Files.readString(ready))
          .contains("\"pid\":" + ProcessHandle.current().pid())
          .contains("\"grpc\":\"" + address.grpcAddress() + "\"");

      GetNodeStatusResponse status =
          node.admin().getNodeStatus(GetNodeStatusRequest.getDefaultInstance());
      assertThat(status.getNodeId()).isEqualTo("node-1");
      assertThat(status.getPartitionCount()).isEqualTo(2);
      assertThat(status.getMemtableBudgetBytes()).isEqualTo(64 << 20);
      assertThat(status.getLogBytes()).isPositive();
      assertThat(node.admin().listNodes(ListNodesRequest.getDefaultInstance()).getNodesList())
          .singleElement()
          .matches(n -> n.getAlive() && n.getGrpcAddress().equals(address.grpcAddress()));
      assertThat(
              node.admin()
                  .listPartitions(ListPartitionsRequest.newBuilder().setStore("im").build())
                  .getPartitionsList())
          .extracting(PartitionStatus::getRole)
          .containsExactly("LEADER");

      var health =
          HealthGrpc.newBlockingStub(node.channel())
              .check(HealthCheckRequest.newBuilder().setService("tideline.v1.MetaService").build());
      assertThat(health.getStatus()).isEqualTo(ServingStatus.SERVING);
      assertThat(get(http + "/health/live").statusCode()).isEqualTo(200);
      assertThat(get(http + "/health/ready").statusCode()).isEqualTo(200);
      assertThat(get(http + "/").statusCode()).isEqualTo(404);
      assertThat(get(http + "/metrics").body())
          .contains("tideline_rpc_seconds_count{code=\"OK\",method=\"AdminService/GetNodeStatus\"")
          .contains("tideline_partitions{role=\"leader\"} 2.0")
          .contains("tideline_memtable_pool_limit_bytes");
      HttpRequest post =
          HttpRequest.newBuilder(URI.create(http + "/metrics"))
              .POST(HttpRequest.BodyPublishers.ofString("x"))
              .build();
      assertThat(send(post).statusCode()).isEqualTo(405);
    }
    assertThat(ready).doesNotExist();
    assertThatThrownBy(() -> get(http + "/health/live")).isInstanceOf(java.io.IOException.class);
  }

  @Test
  void settingsOfTheBackgroundWorkReachTheEngines() throws Exception {
    NodeConfig config =
        TestNode.config(directory.resolve("data"))
            .with(
                "engine.scrub_period_ms=36h",
                "engine.scrub_bytes_per_second=3MiB",
                "engine.compaction_bytes_per_second=5MiB");
    try (TestNode node = TestNode.start(config, InstantSource.system())) {
      String http = "http://" + node.server().info().address().httpAddress();
      assertThat(get(http + "/metrics").body())
          .contains("tideline_scrub_period_ms " + 1.296E8)
          .contains("tideline_scrub_rate_limit_bytes " + (double) (3 << 20))
          .contains("tideline_compaction_rate_limit_bytes " + (double) (5 << 20));
    }
  }

  @Test
  void everyCounterOfTheEnginesIsInTheMetrics() throws Exception {
    try (TestNode node = TestNode.start(directory.resolve("data"))) {
      String http = "http://" + node.server().info().address().httpAddress();
      List<String> exported =
          get(http + "/metrics")
              .body()
              .lines()
              .filter(line -> !line.startsWith("#"))
              .map(line -> line.replaceFirst("[ {].*", ""))
              .distinct()
              .toList();
      List<String> documented =
          Files.readAllLines(Path.of("..", "docs", "metrics.md")).stream()
              .filter(line -> line.startsWith("| `tideline_"))
              .map(line -> line.substring(3, line.indexOf('`', 3)))
              .toList();
      assertThat(exported).containsAll(documented);
      assertThat(documented)
          .containsAll(
              exported.stream()
                  .filter(name -> name.startsWith("tideline_"))
                  .filter(name -> !name.startsWith("tideline_rpc"))
                  .toList());
    }
  }

  @Test
  void portInUseIsNamedWithItsKey() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      for (String key : new String[] {"grpc.port", "http.port", "raft.port"}) {
        NodeConfig config =
            TestNode.config(directory.resolve(key)).with(key + "=" + taken.getLocalPort());
        assertThatThrownBy(() -> TidelineServer.start(config))
            .isInstanceOf(StartException.class)
            .hasMessageContaining("port " + taken.getLocalPort())
            .hasMessageContaining("in use")
            .hasMessageContaining("set " + key);
      }
    }
  }

  @Test
  void secondNodeOnADirectoryIsRefused() throws Exception {
    Path data = directory.resolve("data");
    try (TestNode node = TestNode.start(data)) {
      assertThat(node.server().info().clusterId()).isNotEmpty();
      NodeConfig config = TestNode.config(data);
      assertThatThrownBy(() -> TidelineServer.start(config))
          .isInstanceOf(StartException.class)
          .hasMessageContaining("in use");
    }
  }

  @Test
  void raftAddressStaysThatOfTheData() throws Exception {
    Path data = directory.resolve("data");
    String raft;
    try (TestNode node = TestNode.start(data)) {
      raft = node.server().info().address().raftAddress();
    }
    NodeConfig moved = TestNode.config(data).with("raft.port=7999");
    assertThatThrownBy(() -> TidelineServer.start(moved))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("127.0.0.1:7999")
        .hasMessageContaining(raft);
    try (TestNode node = TestNode.start(data)) {
      assertThat(node.server().info().address().raftAddress()).isEqualTo(raft);
    }
  }

  private static AppendResponse append(TestNode node, String conversation, String text) {
    return node.timelines()
        .append(
            AppendRequest.newBuilder()
                .setStore("im")
                .setTimeline(timeline(conversation))
                .setMessage(message(text))
                .build());
  }

  private static HttpResponse<String> get(String url) throws Exception {
    return send(HttpRequest.newBuilder(URI.create(url)).build());
  }

  private static HttpResponse<String> send(HttpRequest request) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
  }
}
