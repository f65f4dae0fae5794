package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.client.TidelineClient;
import io.tideline.it.harness.ChatCheck;
import io.tideline.it.harness.ChatLog;
import io.tideline.it.harness.ChatModel;
import io.tideline.it.harness.Cli;
import io.tideline.it.harness.NodeConfig;
import io.tideline.it.harness.Nodes;
import io.tideline.it.harness.Seed;
import io.tideline.it.harness.ServerProcess;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Real chat logs through a real node that is killed again and again while the real importer, itself
 * killed once, writes: at the end every conversation and every inbox holds exactly what the log
 * says.
 */
class ChatLogKillIT {

  private static final int NODE_KILLS = 5;

  /** Inboxes per message; a channel of 18,000 people would otherwise make billions of writes. */
  private static final int INBOX_CAP = 10;

  private static final int SLICE_LINES = 8_000;

  /** Of the slow tests, unless {@code -Dtideline.scale=full} asks for all. */
  private static final int SMALL_LINES = 60_000;

  @RegisterExtension final Nodes nodes = new Nodes();

  @Test
  void aSliceOfTheEnglishLogSurvivesKills() {
    survivesKills(ChatLog.slice(ChatLog.Source.UBUNTU_IRC, SLICE_LINES, nodes.directory()));
  }

  @Test
  @Tag("slow")
  void theEnglishLogSurvivesKills() {
    survivesKills(sized(ChatLog.Source.UBUNTU_IRC));
  }

  @Test
  @Tag("slow")
  void theChineseLogSurvivesKills() {
    survivesKills(sized(ChatLog.Source.KDCONV));
  }

  @Test
  @Tag("slow")
  void aSeaOfTinyConversationsSurvivesKills() {
    survivesKills(sized(ChatLog.Source.UBUNTU_PAIRS));
  }

  private ChatLog sized(ChatLog.Source source) {
    boolean whole =
        source.lines() <= SMALL_LINES || "full".equals(System.getProperty("tideline.scale"));
    return whole
        ? ChatLog.whole(source, nodes.directory())
        : ChatLog.slice(source, SMALL_LINES, nodes.directory());
  }

  private void survivesKills(ChatLog log) {
    SplittableRandom random = Seed.random("ChatLogKillIT");
    ChatModel model = ChatModel.of(log, INBOX_CAP);
    ServerProcess node = nodes.start(NodeConfig.defaults());
    try (TidelineClient client = TidelineClient.connect(node.endpoint())) {
      ChatImport chatImport = new ChatImport(nodes, node, log, INBOX_CAP);
      long start = System.nanoTime();

      new KillingSpree(random, NODE_KILLS).run(node, chatImport, client, model);
      chatImport.finish();
      Duration imported = Duration.ofNanos(System.nanoTime() - start);
      // What is read below comes from disk and log, not from the memory of the node that wrote it.
      node.kill9();
      node.restart();
      print("restarted after the last kill in", node.startup());
      long checkStart = System.nanoTime();

      assertThat(new ChatCheck(client, log).compare("conversations", model.conversations(), false))
          .as("differences from %s", log.file())
          .isEmpty();
      assertThat(new ChatCheck(client, log).compare("inbox", model.inboxes(), true))
          .as("differences from the model of inboxes")
          .isEmpty();
      print("checked in", Duration.ofNanos(System.nanoTime() - checkStart));
      System.out.printf(
          "%,d messages and %,d inbox writes with %d kills in %.1f s%n",
          log.messages().size(), model.inboxWrites(), NODE_KILLS, imported.toMillis() / 1e3);
    }
    node.stop();
    Cli.Result inspected =
        nodes.cli().run("inspect", "--data", node.dataDirectory().toString(), "--verify");
    assertThat(inspected.exitCode()).as(inspected.output()).isZero();
  }

  private static void print(String what, Duration duration) {
    System.out.printf("%s %.2f s%n", what, duration.toMillis() / 1e3);
  }
}
