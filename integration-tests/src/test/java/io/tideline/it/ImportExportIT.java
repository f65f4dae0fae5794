package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.it.harness.ChatLog;
import io.tideline.it.harness.Cli;
import io.tideline.it.harness.NodeConfig;
import io.tideline.it.harness.Nodes;
import io.tideline.it.harness.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What was imported comes out equal; what cannot be imported is named; nothing is written twice.
 */
class ImportExportIT {

  private static final int LINES = 2_000;
  private static final int DATA_ERROR = 65;

  @RegisterExtension final Nodes nodes = new Nodes();

  @Test
  void exportIsTheInverseOfImport() throws IOException {
    ChatLog log = ChatLog.slice(ChatLog.Source.KDCONV, LINES, nodes.directory());
    ServerProcess node = nodes.start(NodeConfig.shortLived());
    Path exported = nodes.directory().resolve("exported.jsonl");

    Cli.Result imported = importLog(node, log.file());
    Cli.Result export =
        nodes.cli().run("export", exported.toString(), "--endpoint", node.endpoint());

    assertThat(imported.exitCode()).as(imported.output()).isZero();
    assertThat(export.exitCode()).as(export.output()).isZero();
    // Conversations come out one after another; a stable sort brings both files into that order.
    assertThat(byConversation(Files.readAllLines(exported)))
        .isEqualTo(byConversation(Files.readAllLines(log.file())));
  }

  private static List<String> byConversation(List<String> lines) {
    return lines.stream()
        .sorted(Comparator.comparing(line -> line.substring(0, line.indexOf("\",\""))))
        .toList();
  }

  @Test
  void theSameImportAgainWritesNothingNew() throws IOException {
    ChatLog log = ChatLog.slice(ChatLog.Source.KDCONV, 1_000, nodes.directory());
    ServerProcess node = nodes.start(NodeConfig.shortLived());

    Cli.Result first = importLog(node, log.file());
    Cli.Result resumed = importLog(node, log.file());
    // Without its checkpoint the importer sends all again: message keys tell.
    Files.delete(checkpoint());
    Cli.Result repeated = importLog(node, log.file());
    Path exported = nodes.directory().resolve("exported.jsonl");
    nodes.cli().run("export", exported.toString(), "--endpoint", node.endpoint());

    assertThat(List.of(first, resumed, repeated))
        .allSatisfy(run -> assertThat(run.exitCode()).as(run.output()).isZero());
    assertThat(repeated.output()).contains("had been there already");
    assertThat(Files.readAllLines(exported)).hasSize(1_000);
  }

  @Test
  void aMalformedLineIsNamedAndNothingAfterItIsLostByResuming() throws IOException {
    ServerProcess node = nodes.start(NodeConfig.shortLived());
    Path file = nodes.directory().resolve("chat.jsonl");
    String good = "{\"conversation\":\"a\",\"sender\":\"b\",\"ts_ms\":%d,\"text\":\"line %1$d\"}";
    List<String> lines =
        new ArrayList<>(IntStream.rangeClosed(1, 10).mapToObj(good::formatted).toList());
    String sixth = lines.set(5, "{\"conversation\":\"a\",\"sender\":");
    Files.write(file, lines);

    Cli.Result refused = importLog(node, file);
    lines.set(5, sixth);
    Files.write(file, lines);
    Cli.Result repaired = importLog(node, file);
    Path exported = nodes.directory().resolve("exported.jsonl");
    nodes.cli().run("export", exported.toString(), "--endpoint", node.endpoint());

    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(DATA_ERROR);
    assertThat(refused.output()).contains("line 6");
    assertThat(repaired.exitCode()).as(repaired.output()).isZero();
    assertThat(Files.readAllLines(exported)).isEqualTo(lines);
  }

  private Cli.Result importLog(ServerProcess node, Path file) {
    return nodes
        .cli()
        .run(
            "import",
            file.toString(),
            "--endpoint",
            node.endpoint(),
            "--checkpoint",
            checkpoint().toString());
  }

  private Path checkpoint() {
    return nodes.directory().resolve("checkpoint.json");
  }
}
