package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.it.harness.ChatLog;
import io.tideline.it.harness.ChildProcess;
import io.tideline.it.harness.Nodes;
import io.tideline.it.harness.ServerProcess;
import java.time.Duration;

/** The importer as a child process that may die and is then run again, as a user would. */
final class ChatImport {

  /** The whole English log on a busy machine, kills included. */
  private static final Duration TIMEOUT = Duration.ofMinutes(12);

  private final Nodes nodes;
  private final ServerProcess node;
  private final ChatLog log;
  private final int inboxCap;
  private ChildProcess process;
  private int runs;

  ChatImport(Nodes nodes, ServerProcess node, ChatLog log, int inboxCap) {
    this.nodes = nodes;
    this.node = node;
    this.log = log;
    this.inboxCap = inboxCap;
    this.process = start();
  }

  private ChildProcess start() {
    runs++;
    return nodes
        .cli()
        .start(
            "import",
            log.file().toString(),
            "--endpoint",
            node.endpoint(),
            "--inbox-cap",
            Integer.toString(inboxCap),
            "--checkpoint",
            nodes.directory().resolve("checkpoint.json").toString());
  }

  boolean isRunning() {
    return process.isAlive();
  }

  /** SIGKILL, then the same command again: it resumes. */
  void killAndResume() {
    process.kill9();
    process = start();
  }

  /** Runs the importer again if it gave up while the node was away. */
  void resumeIfEnded() {
    if (!process.isAlive()) {
      System.out.println("the importer ended with " + process.awaitExit(TIMEOUT) + "; resuming");
      process = start();
    }
  }

  /** Waits for the import to be complete. */
  void finish() {
    int exitCode = process.awaitExit(TIMEOUT);
    assertThat(exitCode).as("run %d of the importer:\n%s", runs, process.tail(40)).isZero();
    System.out.println(process.tail(12));
  }

  String outputTail() {
    return process.tail(40);
  }
}
