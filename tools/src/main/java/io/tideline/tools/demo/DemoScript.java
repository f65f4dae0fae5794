package io.tideline.tools.demo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.Entry;
import io.tideline.client.Message;
import io.tideline.client.NodeStatus;
import io.tideline.client.Page;
import io.tideline.client.ScanSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import io.tideline.tools.chat.ChatMessage;
import io.tideline.tools.cli.Humans;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Progress;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.transfer.ChatStores;
import io.tideline.tools.transfer.ChatTarget;
import io.tideline.tools.transfer.ChatWriter;
import io.tideline.tools.transfer.ClientSink;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.HdrHistogram.Histogram;

/**
 * The demo, step by step; reads as the story it tells. Every step checks what it shows.
 *
 * <p>Not thread-safe: one thread runs it once.
 */
final class DemoScript {
  private static final ChatTarget TARGET = new ChatTarget("conversations", Optional.of("inbox"));
  private static final Duration INBOX_TTL = Duration.ofDays(14);

  /** How long writers wait for the killed node: longer than the node may take to come back. */
  private static final Duration PATIENCE = Duration.ofSeconds(180);

  /** Calls of each kind that are made before measuring: they meet code that is not compiled yet. */
  private static final int WARM_UP = 100;

  private static final int SINGLE_APPENDS = 300;
  private static final int PULLS = 500;
  private static final int PULL_ENTRIES = 20;
  private static final int HISTORY_PAGES = 5;

  private final ToolContext context;
  private final Narrator narrator;
  private final DemoNode node;
  private final Expectations expected;
  private final Random random;
  private final ObjectNode report = Json.object();

  DemoScript(
      ToolContext context, Narrator narrator, DemoNode node, Expectations expected, long seed) {
    this.context = context;
    this.narrator = narrator;
    this.node = node;
    this.expected = expected;
    this.random = new Random(seed);
  }

  /**
   * Runs it.
   *
   * @return what was measured, with {@code ok} and {@code problems}
   */
  ObjectNode run() throws IOException, InterruptedException {
    long startNanos = context.nanoClock().getAsLong();
    startNode();
    try (TidelineClient client = TidelineClient.connect(node.endpoint())) {
      TimelineCheck check = new TimelineCheck(client);
      createStores(client);
      String user = Expectations.largest(expected.inboxes());
      Device phone = new Device("phone", TARGET.inboxes().orElseThrow(), user, 100);
      Device laptop = new Device("laptop", TARGET.inboxes().orElseThrow(), user, 400);
      int half = expected.messages().size() / 2;

      writeFirstHalf(client, half);
      syncDevices(client, user, phone, laptop);
      browseHistory(client, check);
      measureLatency(client, user);
      writeSecondHalfAndKill(client, half);
      verifyEverything(client, check);
      catchUp(client, user, phone, laptop, check);
      conclude(check, startNanos);
    }
    return report;
  }

  private void startNode() throws IOException {
    narrator.step("Starting a node, in a process of its own");
    Duration took = node.start();
    narrator.say(
        "It serves on "
            + node.endpoint()
            + " after "
            + Humans.duration(took)
            + " (pid "
            + node.pid()
            + ").");
    report.put("start_ms", took.toMillis());
  }

  private void createStores(TidelineClient client) {
    narrator.step("Creating two stores");
    ChatStores.conversations(client, TARGET.conversations());
    ChatStores.inboxes(client, TARGET.inboxes().orElseThrow(), Optional.of(INBOX_TTL));
    narrator.say("'conversations': one timeline per conversation, kept for ever: the history.");
    narrator.say(
        "'inbox': one timeline per user, entries expire after 14 days: what devices sync.");
  }

  // --- Writing ---

  private void writeFirstHalf(TidelineClient client, int half) throws InterruptedException {
    narrator.step(
        "Writing "
            + Humans.count(half)
            + " messages, each into its conversation and the inboxes of who takes part");
    ClientSink sink = new ClientSink(client, PATIENCE);
    try (Progress progress = new Progress(context, "   write", "messages")) {
      ChatWriter writer = writer(sink, 0, progress);
      long startNanos = context.nanoClock().getAsLong();
      submit(writer, 0, half, progress);
      writer.drain();
      long nanos = context.nanoClock().getAsLong() - startNanos;
      ChatWriter.Counts counts = writer.counts();
      double messages = counts.messages() * 1e9 / nanos;
      double inboxWrites = counts.inboxWrites() * 1e9 / nanos;
      report.put("messages_per_second", Math.round(messages));
      report.put("inbox_writes_per_second", Math.round(inboxWrites));
      say(
          progress,
          Humans.count(counts.messages())
              + " messages and "
              + Humans.count(counts.inboxWrites())
              + " inbox entries, each on disk before it was"
              + " acknowledged: "
              + Humans.rate(messages)
              + " messages, "
              + Humans.rate(inboxWrites)
              + " inbox entries.");
      sink.close();
    } finally {
      sink.abandon();
    }
  }

  private ChatWriter writer(ClientSink sink, int first, Progress progress) {
    ChatWriter[] self = new ChatWriter[1];
    self[0] =
        new ChatWriter(
            sink,
            TARGET,
            new ChatWriter.Position(first, 0, ""),
            context.nanoClock(),
            ChatWriter.IN_FLIGHT_MAX,
            PATIENCE,
            () -> report(self[0], first, progress));
    return self[0];
  }

  private void report(ChatWriter writer, int first, Progress progress) {
    long done = first + writer.counts().messages();
    progress.update(done, (double) done / expected.messages().size());
  }

  private void submit(ChatWriter writer, int from, int to, Progress progress)
      throws InterruptedException {
    for (int i = from; i < to; i++) {
      ChatMessage message = expected.messages().get(i);
      boolean first = expected.conversation(message.conversation()).getFirst() == i;
      writer.submit(
          new ChatWriter.Submission(
              new ChatWriter.Position(i + 1L, 0, ""),
              message,
              "demo-" + i,
              expected.recipients(i),
              Optional.empty(),
              first));
      report(writer, from, progress);
    }
  }

  private void say(Progress progress, String sentence) {
    progress.interject(() -> narrator.say(sentence));
  }

  // --- Reading ---

  private void syncDevices(TidelineClient client, String user, Device phone, Device laptop) {
    narrator.step("Two devices of " + user + " sync, each from its own position");
    phone.sync(client, Integer.MAX_VALUE);
    laptop.sync(client, 1);
    narrator.say(
        "The phone pulled everything: "
            + Humans.count(phone.messages().size())
            + " entries in "
            + phone.calls()
            + " calls; it stands at id "
            + phone.position()
            + ".");
    narrator.say(
        "The laptop went to sleep after one call; it stands at id " + laptop.position() + ".");
  }

  private void browseHistory(TidelineClient client, TimelineCheck check) {
    String name = Expectations.largest(expected.conversations());
    narrator.step("Browsing the history of '" + name + "' backwards");
    TimelineKey timeline = TARGET.conversation(name);
    List<Integer> indexes = expected.conversation(name);
    long next = client.head(timeline).lastSequenceId();
    int read = 0;
    for (int page = 0; page < HISTORY_PAGES && next > 0; page++) {
      Page found =
          client.scanPage(
              ScanSpec.builder(timeline).backward().to(next + 1).pageSize(PULL_ENTRIES).build());
      for (Entry entry : found.entries()) {
        Message due = expected.inConversation(indexes.get(Math.toIntExact(entry.sequenceId()) - 1));
        if (entry.sequenceId() != next || !entry.message().equals(due)) {
          check.problem(timeline, "browsing backwards found " + entry + " at " + next);
        }
        next--;
        read++;
      }
    }
    narrator.say(
        HISTORY_PAGES
            + " pages of "
            + PULL_ENTRIES
            + " from the newest on: "
            + read
            + " messages, newest first, none left out.");
  }

  private void measureLatency(TidelineClient client, String user) {
    narrator.step("Measuring one writer and one reader at a time");
    Histogram append = new Histogram(3);
    TimelineKey diary = TARGET.conversation("demo:latency");
    for (int i = -WARM_UP; i < SINGLE_APPENDS; i++) {
      Message message = Message.of("text", "message number " + i);
      long startNanos = context.nanoClock().getAsLong();
      client.append(diary, message);
      if (i >= 0) {
        append.recordValue((context.nanoClock().getAsLong() - startNanos) / 1_000);
      }
    }
    Histogram pull = new Histogram(3);
    TimelineKey inbox = TARGET.inbox(user);
    long last = client.head(inbox).lastSequenceId();
    for (int i = -WARM_UP; i < PULLS; i++) {
      long from = 1 + (long) (random.nextDouble() * Math.max(1, last - PULL_ENTRIES));
      ScanSpec page = ScanSpec.builder(inbox).from(from).pageSize(PULL_ENTRIES).build();
      long startNanos = context.nanoClock().getAsLong();
      client.scanPage(page);
      if (i >= 0) {
        pull.recordValue((context.nanoClock().getAsLong() - startNanos) / 1_000);
      }
    }
    narrator.say("A single append, on disk: " + percentiles("append", append) + ".");
    narrator.say("A pull of " + PULL_ENTRIES + " entries: " + percentiles("pull", pull) + ".");
  }

  private String percentiles(String name, Histogram micros) {
    double p50 = micros.getValueAtPercentile(50) / 1_000.0;
    double p99 = micros.getValueAtPercentile(99) / 1_000.0;
    report.put(name + "_p50_ms", p50).put(name + "_p99_ms", p99);
    return Humans.latency(p50) + " (p50), " + Humans.latency(p99) + " (p99)";
  }

  // --- The crash ---

  private void writeSecondHalfAndKill(TidelineClient client, int half)
      throws IOException, InterruptedException {
    int all = expected.messages().size();
    long killAfter = (long) ((all - half) * (0.3 + 0.4 * random.nextDouble()));
    narrator.step(
        "Writing the other " + Humans.count(all - half) + " messages, and kill -9 in the middle");
    ClientSink sink = new ClientSink(client, PATIENCE);
    try (Progress progress = new Progress(context, "   write", "messages")) {
      ChatWriter writer = writer(sink, half, progress);
      CompletableFuture<Crash> crash = crashWhen(writer, killAfter, progress);
      try {
        submit(writer, half, all, progress);
        writer.drain();
      } catch (RuntimeException gaveUp) {
        // That the node did not come back is the reason, not the consequence.
        if (crash.isCompletedExceptionally()) {
          crash.join();
        }
        throw gaveUp;
      }
      Crash done = crash.join();
      sink.close();
      tellCrash(done, writer.counts(), progress);
    } finally {
      sink.abandon();
    }
  }

  /**
   * What happened around the kill.
   *
   * @param pid the process killed
   * @param acknowledged messages acknowledged by then, in this half
   * @param restart from the start of the new process until it answered
   */
  private record Crash(long pid, long acknowledged, Duration restart) {}

  /** Kills the node once that many messages are acknowledged, and starts it again at once. */
  private CompletableFuture<Crash> crashWhen(ChatWriter writer, long killAfter, Progress progress) {
    CompletableFuture<Crash> crash = new CompletableFuture<>();
    Thread.ofPlatform()
        .name("tideline-demo-killer")
        .daemon()
        .start(
            () -> {
              try {
                writer.awaitMessages(killAfter);
                long pid = node.pid();
                node.kill();
                long acknowledged = writer.counts().messages();
                say(
                    progress,
                    "kill -9 "
                        + pid
                        + " with "
                        + Humans.count(acknowledged)
                        + " messages of this half acknowledged and more on their way."
                        + " Starting it again.");
                crash.complete(new Crash(pid, acknowledged, node.start()));
              } catch (IOException | InterruptedException | RuntimeException failure) {
                crash.completeExceptionally(failure);
              }
            });
    return crash;
  }

  private void tellCrash(Crash crash, ChatWriter.Counts counts, Progress progress) {
    say(
        progress,
        "The node was back after "
            + Humans.duration(crash.restart())
            + " (pid "
            + node.pid()
            + "). The client repeated what was unanswered; "
            + (counts.duplicates() == 0
                ? "none of it had been done before the kill."
                : Humans.count(counts.duplicates())
                    + " of those writes had been done before the kill: the node knew them by their"
                    + " keys and did not do them twice."));
    report.put("acknowledged_at_kill", crash.acknowledged());
    report.put("restart_ms", crash.restart().toMillis());
    report.put("duplicates_recognised", counts.duplicates());
  }

  // --- The proof ---

  private void verifyEverything(TidelineClient client, TimelineCheck check) {
    narrator.step("Reading everything back and comparing it with what was acknowledged");
    try (Progress progress = new Progress(context, "   verify", "entries")) {
      double all = expected.messages().size() + expected.inboxEntries();
      expected
          .conversations()
          .forEach(
              (name, indexes) -> {
                check.check(
                    TARGET.conversation(name),
                    indexes.stream().map(expected::inConversation).toList());
                progress.update(check.entries(), check.entries() / all);
              });
      expected
          .inboxes()
          .forEach(
              (user, indexes) -> {
                check.check(TARGET.inbox(user), indexes.stream().map(expected::inInbox).toList());
                progress.update(check.entries(), check.entries() / all);
              });
    }
    if (check.problemCount() == 0) {
      narrator.say(
          Humans.count(check.entries())
              + " entries in "
              + Humans.count(check.timelines())
              + " timelines: ids 1..n without a hole, contents and order equal, none twice, none lost.");
    }
    NodeStatus status = node.status(client);
    report.put("replayed_entries", status.replayedEntries());
    report.put("verified_entries", check.entries());
    report.put("verified_timelines", check.timelines());
  }

  private void catchUp(
      TidelineClient client, String user, Device phone, Device laptop, TimelineCheck check) {
    narrator.step("The devices catch up");
    List<Integer> inbox = expected.inbox(user);
    for (Device device : List.of(phone, laptop)) {
      int came = device.sync(client, Integer.MAX_VALUE);
      narrator.say(
          "The "
              + device.name()
              + " pulled "
              + Humans.count(came)
              + " new entries and stands at id "
              + device.position()
              + ".");
      check.compare(
          "the " + device.name() + " of " + user,
          device.messages(),
          i -> expected.inInbox(inbox.get(i)),
          inbox.size());
    }
  }

  private void conclude(TimelineCheck check, long startNanos) {
    Duration elapsed = Duration.ofNanos(context.nanoClock().getAsLong() - startNanos);
    report.put("messages", expected.messages().size());
    report.put("inbox_entries", expected.inboxEntries());
    report.put("elapsed_ms", elapsed.toMillis());
    report.put("ok", check.problemCount() == 0);
    report.put("problem_count", check.problemCount());
    check.problems().forEach(report.putArray("problems")::add);
    narrator.step(check.problemCount() == 0 ? "Everything is still there" : "SOMETHING IS WRONG");
    check.problems().forEach(narrator::say);
    narrator.say("All of this took " + Humans.duration(elapsed) + ".");
  }
}
