package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tideline.client.HeadResult;
import io.tideline.client.Identifier;
import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.it.harness.ChatModel;
import io.tideline.it.harness.ServerProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Kills at random moments of an import: each at a random share of the messages written and a random
 * while after that, so that it falls into any phase of a commit, a flush or a compaction.
 */
final class KillingSpree {

  /** A few group commits, a flush of a small memtable. */
  private static final int OFFSET_MILLIS_MAX = 60;

  private static final Duration PROGRESS_TIMEOUT = Duration.ofMinutes(10);
  private static final Duration POLL_INTERVAL = Duration.ofMillis(5);

  /** Timelines whose heads tell the progress; one call must stay cheap. */
  private static final int WATCHED_MAX = 100;

  private final SplittableRandom random;
  private final int nodeKills;

  KillingSpree(SplittableRandom random, int nodeKills) {
    this.random = random;
    this.nodeKills = nodeKills;
  }

  /**
   * Kills the node {@code nodeKills} times and the importer once, all while messages are missing.
   */
  void run(ServerProcess node, ChatImport chatImport, TidelineClient client, ChatModel model) {
    int kills = nodeKills + 1;
    int importerKill = random.nextInt(kills);
    Progress progress = new Progress(client, model.conversations());
    for (int i = 0; i < kills; i++) {
      double share = (i + random.nextDouble()) / kills * 0.95;
      Duration offset = Duration.ofMillis(random.nextInt(OFFSET_MILLIS_MAX));
      awaitShare(progress, share, chatImport);
      pass(offset);
      assertThat(chatImport.isRunning())
          .as(() -> "the import ended before kill at " + share + ":\n" + chatImport.outputTail())
          .isTrue();
      if (i == importerKill) {
        System.out.printf("kill -9 of the importer at %.3f%n", progress.share());
        chatImport.killAndResume();
      } else {
        killNode(node, progress);
        chatImport.resumeIfEnded();
      }
    }
  }

  private static void killNode(ServerProcess node, Progress progress) {
    double share = progress.share();
    node.kill9();
    node.restart();
    System.out.printf(
        "kill -9 of the node at %.3f; back after %.2f s, %,d log entries replayed%n",
        share,
        node.startup().toMillis() / 1e3,
        node.wire()
            .admin()
            .getNodeStatus(io.tideline.proto.v1.GetNodeStatusRequest.getDefaultInstance())
            .getReplayedEntries());
  }

  private static void awaitShare(Progress progress, double share, ChatImport chatImport) {
    await("share " + share + " of the messages is written")
        .atMost(PROGRESS_TIMEOUT)
        .pollDelay(Duration.ZERO)
        .pollInterval(POLL_INTERVAL)
        .failFast(() -> assertThat(chatImport.isRunning()).as(chatImport::outputTail).isTrue())
        .until(() -> progress.share() >= share);
  }

  /** Lets a random while pass: the randomness of the kill, not a wait for anything. */
  private static void pass(Duration while_) {
    long end = System.nanoTime() + while_.toNanos();
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> System.nanoTime() >= end);
  }

  /** The share of the messages that is written, judged by the longest conversations. */
  private static final class Progress {
    private final TidelineClient client;
    private final List<Identifier> watched = new ArrayList<>();
    private final long total;

    Progress(TidelineClient client, Map<String, int[]> conversations) {
      this.client = client;
      long sum = 0;
      List<Map.Entry<String, int[]>> longestFirst = new ArrayList<>(conversations.entrySet());
      longestFirst.sort(
          Comparator.comparingInt((Map.Entry<String, int[]> c) -> c.getValue().length).reversed());
      for (Map.Entry<String, int[]> conversation :
          longestFirst.subList(0, Math.min(WATCHED_MAX, longestFirst.size()))) {
        watched.add(Identifier.of(conversation.getKey()));
        sum += conversation.getValue().length;
      }
      total = sum;
    }

    double share() {
      try {
        long written =
            client.heads("conversations", watched).stream()
                .map(HeadResult::orThrow)
                .mapToLong(head -> head.lastSequenceId())
                .sum();
        return (double) written / total;
      } catch (TidelineException notYet) {
        // The importer has still to create the store.
        return 0;
      }
    }
  }
}
