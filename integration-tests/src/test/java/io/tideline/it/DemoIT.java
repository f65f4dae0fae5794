package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tideline.it.harness.ChatLog;
import io.tideline.it.harness.Cli;
import io.tideline.it.harness.Nodes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
    assertThat(Files.exists(home.resolve("tideline.ready"))).as("a node that still runs").isFalse();
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
