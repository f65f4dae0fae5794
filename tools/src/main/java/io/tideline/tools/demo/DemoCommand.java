package io.tideline.tools.demo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.tools.chat.ChatFormat;
import io.tideline.tools.chat.ChatGenerator;
import io.tideline.tools.chat.ChatMessage;
import io.tideline.tools.chat.ChatShape;
import io.tideline.tools.chat.LineReader;
import io.tideline.tools.chat.MalformedLineException;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.FileTrees;
import io.tideline.tools.cli.Humans;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import io.tideline.tools.node.JavaLaunch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tideline demo}. */
@Command(
    name = "demo",
    description =
        "Show what Tideline does: chat, fan-out, two devices, history, a kill -9, and the proof.",
    footer = {
      "",
      "Starts a node as a process of its own, writes realistic chat through the client, syncs two",
      "devices, browses history, kills the node with kill -9 in the middle of writing, starts it again",
      "and compares everything that was acknowledged. Leaves the node running for you to look at,",
      "unless --exit is given. Exit code 1 if any check fails.",
      "",
      "The chat is generated: equal seeds give equal chat. With --data it is a log of yours, in the",
      "form that 'tideline import' reads.",
      "",
      "Last line with --output json: one object with what was measured, \"ok\" and \"problems\".",
      "",
      "Examples:",
      "  tideline demo",
      "  tideline demo --exit --messages 50000 --seed 7",
      "  tideline demo --data chat.jsonl.gz --dir /tmp/demo",
    })
public final class DemoCommand implements Callable<Integer> {
  private static final String MAIN_CLASS = "io.tideline.tools.Main";

  /** Heap of the node: what a real one of this size would get by on. */
  private static final String HEAP = "512m";

  private static final int INBOX_CAP = 20;
  private static final int MESSAGES_MIN = 100;
  private static final int MESSAGES_MAX = 1_000_000;

  private final ToolContext context;
  @Mixin private OutputOptions outputOptions;
  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "A real chat log to use instead of generated chat, JSON Lines, plain or gzip.")
  private @Nullable Path data;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description =
          "Where the node keeps data and log; must be absent or empty (default: a new temporary"
              + " directory).")
  private @Nullable Path directory;

  @Option(
      names = "--exit",
      description = "Stop the node at the end; a temporary directory is removed.")
  private boolean exit;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Seed of the generated chat and of the moment of the kill (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--messages",
      paramLabel = "N",
      defaultValue = "10000",
      description =
          "Messages to write, 100 to 1000000; of a log the first N (default: ${DEFAULT-VALUE}).")
  private int messages;

  public DemoCommand(ToolContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (messages < MESSAGES_MIN || messages > MESSAGES_MAX) {
      throw new ParameterException(
          spec.commandLine(),
          "--messages must be " + MESSAGES_MIN + " to " + MESSAGES_MAX + ", got " + messages);
    }
    Output output = outputOptions.output(context);
    Narrator narrator = new Narrator(context, output.isJson());
    Expectations expected = new Expectations(chat(narrator), INBOX_CAP);
    Path home = home();
    JavaLaunch launch = JavaLaunch.likeThisProcess(MAIN_CLASS, HEAP);
    ObjectNode report;
    try (DemoNode node = new DemoNode(launch, home, context.nanoClock())) {
      Thread onSignal = new Thread(() -> giveUp(node, home), "tideline-demo-stop");
      Runtime.getRuntime().addShutdownHook(onSignal);
      try {
        report = new DemoScript(context, narrator, node, expected, seed).run();
      } finally {
        forget(onSignal);
      }
      finish(node, home, narrator, report);
    }
    if (output.isJson()) {
      output.done("", report);
    }
    return report.path("ok").asBoolean() ? ExitCode.OK : ExitCode.FAILED;
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException shuttingDown) {
      // The signal came first: the hook does its work now.
      hook.setName(hook.getName() + "-fired");
    }
  }

  /** A signal ended the demo before it was over: leaves neither its node nor its temporary data. */
  private void giveUp(DemoNode node, Path home) {
    try {
      node.end();
      if (directory == null) {
        FileTrees.deleteTree(home);
        context.err().println();
        context.err().println("Interrupted: the node is stopped and its data removed.");
        context.err().flush();
      }
    } catch (IOException | InterruptedException left) {
      context.err().println("could not clean up " + home + ": " + left);
      context.err().flush();
    }
  }

  private List<ChatMessage> chat(Narrator narrator) throws IOException {
    if (data != null) {
      return read(data, narrator);
    }
    ChatGenerator generator = new ChatGenerator(seed, ChatShape.DEFAULT);
    List<ChatMessage> generated = new ArrayList<>(messages);
    for (int i = 0; i < messages; i++) {
      generated.add(generator.next());
    }
    return generated;
  }

  private List<ChatMessage> read(Path file, Narrator narrator) throws IOException {
    List<ChatMessage> read = new ArrayList<>();
    try (LineReader reader = LineReader.open(file)) {
      byte[] line = reader.next();
      while (line != null && read.size() < messages) {
        read.add(ChatFormat.parse(line));
        line = reader.next();
      }
      if (read.size() < MESSAGES_MIN) {
        throw new ToolException(
            ExitCode.DATA,
            file + " has only " + read.size() + " messages",
            "The demo needs at least " + MESSAGES_MIN + "; without --data it generates some.");
      }
      narrator.say(
          line == null
              ? "Read all " + Humans.count(read.size()) + " messages of " + file + "."
              : "Read the first "
                  + Humans.count(read.size())
                  + " messages of "
                  + file
                  + "; --messages N takes more or fewer, 'tideline import' all of them.");
      return read;
    } catch (MalformedLineException malformed) {
      throw new ToolException(
          ExitCode.DATA,
          file + " line " + (read.size() + 1) + ": " + malformed.reason(),
          "'tideline import --help' describes the form.",
          malformed);
    }
  }

  private Path home() throws IOException {
    if (directory == null) {
      return Files.createTempDirectory("tideline-demo-");
    }
    if (Files.exists(directory)) {
      try (Stream<Path> content = Files.list(directory)) {
        if (content.findAny().isPresent()) {
          throw new ToolException(
              ExitCode.CANNOT_CREATE,
              directory + " is not empty",
              "The demo compares everything in its stores: give it an empty directory.");
        }
      }
    }
    return Files.createDirectories(directory);
  }

  private void finish(DemoNode node, Path home, Narrator narrator, ObjectNode report)
      throws IOException, InterruptedException {
    if (exit) {
      node.stop();
      if (directory == null && report.path("ok").asBoolean()) {
        FileTrees.deleteTree(home);
      } else {
        narrator.say("The node is stopped; its data and log are in " + home + ".");
      }
      return;
    }
    node.release();
    report.set(
        "node",
        Json.object()
            .put("endpoint", node.endpoint())
            .put("pid", node.pid())
            .put("data", node.data().toString())
            .put("log", node.log().toString()));
    String option = node.endpoint().endsWith(":7420") ? "" : " --endpoint " + node.endpoint();
    narrator.say("The node goes on serving on " + node.endpoint() + "; data in " + home + ".");
    narrator.say("Look around:");
    narrator.say("  tideline store list" + option);
    narrator.say("  tideline meta list conversations -n 10" + option);
    narrator.say("  tideline timeline scan conversations channel:lobby --backward -n 10" + option);
    narrator.say("Stop it:");
    narrator.say("  kill " + node.pid());
    narrator.say("and remove what it kept:");
    narrator.say("  rm -r " + home);
  }
}
