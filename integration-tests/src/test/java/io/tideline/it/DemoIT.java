package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tideline.it.harness.ChatLog;
import io.tideline.it.harness.ChildProcess;
import io.tideline.it.harness.Cli;
import io.tideline.it.harness.Nodes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The first command of the README, small: it works end to end and says what it found. */
class DemoIT {

  @RegisterExtension final Nodes nodes = new Nodes();

  @Test
  void theDemoRunsKillsItsNodeAndFindsEverything() throws IOException {
    Path home = nodes.directory().resolve("demo");

    Cli.Result demo =
        nodes
            .cli()
            .run(
                "demo",
                "--exit",
                "--messages",
                "300",
                "--dir",
                home.toString(),
                "--output",
                "json");

    assertThat(demo.exitCode()).as(demo.output()).isZero();
    JsonNode report = lastLine(demo);
    assertThat(report.path("ok").asBoolean()).as(demo.output()).isTrue();
    assertThat(report.path("problems")).isEmpty();
    assertThat(Files.exists(home.resolve("data/IDENTITY"))).as("a node's data").isTrue();
    assertThat(Files.exists(home.resolve("data/tideline.ready")))
        .as("a node that still runs")
        .isFalse();
  }

  @Test
  void theNodeIsLeftRunningAndSaysHowToReachAndStopIt() throws IOException {
    Path home = nodes.directory().resolve("demo");

    Cli.Result demo = nodes.cli().run("demo", "--messages", "200", "--dir", home.toString());

    assertThat(demo.exitCode()).as(demo.output()).isZero();
    ProcessHandle node = ProcessHandle.of(nodePid(demo.output())).orElseThrow();
    try {
      assertThat(demo.output())
          .contains("goes on serving on", "tideline store list", "rm -r " + home);
      String endpoint = match("goes on serving on (\\S+);", demo.output());
      Cli.Result stores = nodes.cli().run("store", "list", "--endpoint", endpoint);
      assertThat(stores.exitCode()).as(stores.output()).isZero();
      assertThat(stores.output()).contains("conversations", "inbox");
    } finally {
      node.destroy();
      node.onExit().orTimeout(60, TimeUnit.SECONDS).join();
    }
    assertThat(Files.exists(home.resolve("data/tideline.ready"))).as("stopped in order").isFalse();
  }

  @Test
  void anInterruptedDemoLeavesNoNodeAndNoTemporaryData() throws IOException {
    Path temporary = Files.createDirectories(nodes.directory().resolve("tmp"));
    // Enough messages to be at work for long.
    try (ChildProcess demo =
        nodes
            .cli()
            .startWith(List.of("-Djava.io.tmpdir=" + temporary), "demo", "--messages", "200000")) {
      await("the node serves")
          .atMost(Duration.ofSeconds(90))
          .until(() -> demo.output().contains("(pid "));
      ProcessHandle node =
          ProcessHandle.of(Long.parseLong(match("\\(pid (\\d+)\\)", demo.output()))).orElseThrow();

      demo.terminate();
      demo.awaitExit(Duration.ofSeconds(60));

      node.onExit().orTimeout(10, TimeUnit.SECONDS).join();
      assertThat(demo.output()).contains("Interrupted");
    }
    try (Stream<Path> left = Files.list(temporary)) {
      assertThat(left.filter(file -> file.getFileName().toString().startsWith("tideline-demo")))
          .isEmpty();
    }
  }

  private static long nodePid(String output) {
    return Long.parseLong(match("(?m)^ +kill (\\d+)$", output));
  }

  private static String match(String pattern, String output) {
    Matcher matcher = Pattern.compile(pattern).matcher(output);
    assertThat(matcher.find()).as("%s in:%n%s", pattern, output).isTrue();
    return matcher.group(1);
  }

  @Test
  @Tag("slow")
  void theDemoTakesARealLog() throws IOException {
    ChatLog log = ChatLog.slice(ChatLog.Source.KDCONV, 1_000, nodes.directory());

    Cli.Result demo =
        nodes
            .cli()
            .run(
                "demo",
                "--exit",
                "--data",
                log.file().toString(),
                "--dir",
                nodes.directory().resolve("demo").toString(),
                "--output",
                "json");

    assertThat(demo.exitCode()).as(demo.output()).isZero();
    assertThat(lastLine(demo).path("ok").asBoolean()).as(demo.output()).isTrue();
  }

  private static JsonNode lastLine(Cli.Result result) throws IOException {
    return new ObjectMapper().readTree(result.output().lines().toList().getLast());
  }
}
