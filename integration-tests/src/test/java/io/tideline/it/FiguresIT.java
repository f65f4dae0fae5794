package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.client.Identifier;
import io.tideline.client.IdentifierType;
import io.tideline.client.Message;
import io.tideline.client.Page;
import io.tideline.client.ScanSpec;
import io.tideline.client.StoreSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import io.tideline.it.harness.ChatCheck;
import io.tideline.it.harness.ChatLog;
import io.tideline.it.harness.ChatModel;
import io.tideline.it.harness.NodeConfig;
import io.tideline.it.harness.Nodes;
import io.tideline.it.harness.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Measures one node on this machine, undisturbed: import rate, latency of single appends and of
 * 20-entry pulls, restart after a kill. The figures go to {@code target/figures.txt}; what is
 * asserted is that the work was done, for a shared machine promises no times.
 */
@Tag("slow")
class FiguresIT {

  private static final Path FIGURES = Path.of("target", "figures.txt");
  private static final int INBOX_CAP = 10;
  private static final int CALLS = 5_000;
  private static final int WARM_UP_CALLS = 2_000;
  private static final int PULL_ENTRIES = 20;

  @RegisterExtension final Nodes nodes = new Nodes();

  @Test
  void importAppendPullAndRestart() throws IOException {
    ChatLog log = ChatLog.whole(ChatLog.Source.UBUNTU_IRC, nodes.directory());
    ChatModel model = ChatModel.of(log, INBOX_CAP);
    ServerProcess node = nodes.start(NodeConfig.defaults());
    try (TidelineClient client = TidelineClient.connect(node.endpoint())) {
      long start = System.nanoTime();
      new ChatImport(nodes, node, log, INBOX_CAP).finish();
      double seconds = (System.nanoTime() - start) / 1e9;
      note(
          "import: %.1f s, %,.0f messages/s, %,.0f inbox writes/s%n",
          seconds, log.messages().size() / seconds, model.inboxWrites() / seconds);

      measureAppends(client);
      measurePulls(client, model);
      node.kill9();
      node.restart();
      note(
          "restart after kill -9: %.2f s, %,d log entries replayed%n",
          node.startup().toMillis() / 1e3, client.admin().nodeStatus().replayedEntries());

      assertThat(new ChatCheck(client, log).compare("conversations", model.conversations(), false))
          .isEmpty();
    }
  }

  /** Adds a line to the figures of this build. */
  private static void note(String format, Object... values) throws IOException {
    Files.writeString(
        FIGURES,
        String.format(format, values),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  private static void measureAppends(TidelineClient client) throws IOException {
    client
        .stores()
        .create(
            StoreSpec.builder("latency")
                .identifierField("name", IdentifierType.STRING)
                .splitPoint(Identifier.of("m"))
                .build());
    Message message = Message.of("text", "x".repeat(200));
    measure(
        "single append, 200 B",
        call -> client.append(TimelineKey.of("latency", "timeline-" + call % 100), message));
    assertThat(client.head(TimelineKey.of("latency", "timeline-0")).lastSequenceId())
        .isEqualTo((CALLS + WARM_UP_CALLS) / 100);
  }

  private static void measurePulls(TidelineClient client, ChatModel model) throws IOException {
    String largest =
        model.conversations().entrySet().stream()
            .max(Comparator.comparingInt(conversation -> conversation.getValue().length))
            .orElseThrow()
            .getKey();
    TimelineKey timeline = TimelineKey.of("conversations", largest);
    long last = client.head(timeline).lastSequenceId();
    SplittableRandom random = new SplittableRandom(1);
    measure(
        "pull of 20 entries anywhere in the largest conversation",
        call -> {
          long from = 1 + random.nextLong(Math.max(1, last - PULL_ENTRIES));
          Page page =
              client.scanPage(ScanSpec.builder(timeline).from(from).limit(PULL_ENTRIES).build());
          assertThat(page.entries()).hasSize(PULL_ENTRIES);
        });
  }

  private static void measure(String what, LongConsumer call) throws IOException {
    for (int i = 0; i < WARM_UP_CALLS; i++) {
      call.accept(i);
    }
    long[] nanos = new long[CALLS];
    for (int i = 0; i < CALLS; i++) {
      long start = System.nanoTime();
      call.accept(i);
      nanos[i] = System.nanoTime() - start;
    }
    Arrays.sort(nanos);
    note(
        "%s: p50 %.2f ms, p99 %.2f ms, max %.2f ms%n",
        what, nanos[CALLS / 2] / 1e6, nanos[CALLS * 99 / 100] / 1e6, nanos[CALLS - 1] / 1e6);
  }
}
