package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tideline.client.AppendItem;
import io.tideline.client.AppendResult;
import io.tideline.client.Message;
import io.tideline.client.ReadConsistency;
import io.tideline.client.RetryPolicy;
import io.tideline.client.ScanSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import io.tideline.it.harness.ChildProcess;
import io.tideline.it.harness.Cli;
import io.tideline.it.harness.Nodes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code dev --nodes 3} and the commands about clusters, as a user types them. */
class ClusterIT {

  private static final Duration LONG = Duration.ofSeconds(90);

  @RegisterExtension final Nodes nodes = new Nodes();

  private record Node(String endpoint, long pid) {}

  @Test
  void threeNodesServeFromAnyOfThemAndGoOnWithoutTheLeader() throws Exception {
    Path directory = nodes.directory().resolve("dev");
    try (ChildProcess dev =
        nodes
            .cli()
            .start(
                "dev",
                "--nodes",
                "3",
                "--data",
                directory.toString(),
                "--set",
                "raft.election_timeout_ms=1s",
                "--output",
                "json")) {
      await("the cluster serves").atMost(LONG).until(() -> dev.output().contains("\"nodes\""));
      List<Node> cluster = cluster(dev);
      try {
        use(cluster);
      } finally {
        dev.terminate();
        dev.awaitExit(LONG);
        for (Node node : cluster) {
          assertThat(ProcessHandle.of(node.pid())).as("a node left running").isEmpty();
        }
      }
    }
  }

  @Test
  void nodesEndSoonAfterTheCommandThatStartedThemIsKilled() throws Exception {
    try (ChildProcess dev =
        nodes.cli().start("dev", "--nodes", "3", "--ephemeral", "--output", "json")) {
      await("the cluster serves").atMost(LONG).until(() -> dev.output().contains("\"nodes\""));
      List<Node> cluster = cluster(dev);
      dev.kill9();
      await("the nodes end")
          .atMost(LONG)
          .until(
              () -> cluster.stream().noneMatch(node -> ProcessHandle.of(node.pid()).isPresent()));
    }
  }

  private void use(List<Node> cluster) throws Exception {
    run(0, cluster, 0, "store", "create", "chat", "--id", "name:string");
    // One copy of each partition, so that one of them is lost with each node.
    run(
        0,
        cluster,
        0,
        "store",
        "create",
        "lonely",
        "--id",
        "name:string",
        "--replicas",
        "1",
        "--split",
        "h",
        "--split",
        "p");
    TimelineKey timeline = TimelineKey.of("chat", "ana");
    try (TidelineClient client = client(cluster)) {
      for (int i = 1; i <= 30; i++) {
        assertThat(append(client, timeline, i).sequenceId()).isEqualTo(i);
      }
      assertThat(run(0, cluster, 2, "timeline", "scan", "chat", "ana")).contains("text 30");
      assertThat(run(0, cluster, 1, "cluster", "health")).contains("HEALTHY", "3 of 3 nodes");

      TidelineClient session = client.withReadConsistency(ReadConsistency.SESSION);
      TimelineKey own = TimelineKey.of("chat", "own");
      for (int i = 1; i <= 30; i++) {
        session.append(own, Message.of("text", "text " + i));
        assertThat(session.scanPage(ScanSpec.of(own)).entries()).as("its own writes").hasSize(i);
      }

      int leader = leader(cluster, 0);
      int target = (leader + 1) % cluster.size();
      run(0, cluster, leader, "partition", "transfer-leader", "1", "--to", "node-" + (target + 1));
      await().atMost(LONG).until(() -> leader(cluster, leader) == target);
      assertThat(append(client, timeline, 31).sequenceId()).isEqualTo(31);

      ProcessHandle lost = ProcessHandle.of(cluster.get(target).pid()).orElseThrow();
      lost.destroyForcibly();
      lost.onExit().orTimeout(60, TimeUnit.SECONDS).join();
      assertThat(append(client, timeline, 32).sequenceId()).isEqualTo(32);
      assertThat(client.scanPage(ScanSpec.of(timeline)).entries()).hasSize(32);

      assertThat(run(1, cluster, leader, "cluster", "health"))
          .contains(
              "UNAVAILABLE",
              "of lonely has no leader",
              "2 of 3 nodes",
              "node-" + (target + 1) + " does not answer",
              "start it again");
      assertThat(run(0, cluster, leader, "partition", "list", "lonely")).contains("(silent)");
      assertThat(run(0, cluster, leader, "node", "list")).contains("down");
      assertThat(run(0, cluster, leader, "partition", "list")).contains("(silent)");
    }
  }

  private static TidelineClient client(List<Node> cluster) {
    return TidelineClient.builder()
        .addresses(cluster.stream().map(Node::endpoint).toArray(String[]::new))
        .deadline(LONG)
        .retryPolicy(RetryPolicy.defaults().withAttemptTimeout(Duration.ofSeconds(3)))
        .build();
  }

  private static AppendResult append(TidelineClient client, TimelineKey timeline, int number) {
    return client.append(
        AppendItem.of(timeline, Message.of("text", "text " + number))
            .withMessageKey("key-" + number));
  }

  private int leader(List<Node> cluster, int asked) throws IOException {
    String listed = run(0, cluster, asked, "partition", "list", "chat", "--output", "json");
    String leader = new ObjectMapper().readTree(listed).path("leader").asText();
    return leader.isEmpty() ? -1 : Integer.parseInt(leader.substring("node-".length())) - 1;
  }

  private String run(int exitCode, List<Node> cluster, int asked, String... command) {
    List<String> arguments = new ArrayList<>(List.of(command));
    arguments.add("--endpoint");
    arguments.add(cluster.get(asked).endpoint());
    Cli.Result result = nodes.cli().run(arguments.toArray(String[]::new));
    assertThat(result.exitCode()).as(result.output()).isEqualTo(exitCode);
    return result.output();
  }

  private static List<Node> cluster(ChildProcess dev) throws IOException {
    JsonNode started = new ObjectMapper().readTree(dev.output().strip());
    List<Node> cluster = new ArrayList<>();
    for (JsonNode node : started.path("nodes")) {
      cluster.add(new Node(node.path("endpoint").asText(), node.path("pid").asLong()));
    }
    return cluster;
  }
}
