package io.tideline.tools.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.client.AppendItem;
import io.tideline.client.Message;
import io.tideline.tools.chat.ChatGenerator;
import io.tideline.tools.chat.ChatMessage;
import io.tideline.tools.chat.ChatShape;
import io.tideline.tools.chat.LineReader;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Progress;
import io.tideline.tools.cli.TestSurroundings;
import io.tideline.tools.cli.ToolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportJobTest {
  private static final ChatTarget TARGET = new ChatTarget("conversations", Optional.of("inbox"));
  private static final Checkpoint.Target STORES = new Checkpoint.Target("cluster", 1, 2, 20);

  @TempDir Path directory;

  private final FakeNode node = new FakeNode();
  private final TestSurroundings surroundings = new TestSurroundings();
  private long skipBad;

  @Test
  void writesConversationsInOrderAndInboxesOfWhoHasSpoken() throws Exception {
    Path log =
        log(
            message("c1", "ana", "one"),
            message("c1", "bob", "two"),
            message("c2", "ana", "three"),
            message("c1", "ana", "four"));

    ImportSummary summary = run(log);

    assertThat(texts("conversations", "c1")).containsExactly("one", "two", "four");
    assertThat(texts("conversations", "c2")).containsExactly("three");
    assertThat(texts("inbox", "ana")).containsExactly("one", "two", "three", "four");
    assertThat(texts("inbox", "bob")).containsExactly("two", "four");
    assertThat(node.metas).containsOnlyKeys(TARGET.conversation("c1"), TARGET.conversation("c2"));
    assertThat(summary.counts()).isEqualTo(new ChatWriter.Counts(4, 6, 0));
    assertThat(summary.conversations()).isEqualTo(2);
  }

  @Test
  void inboxEntriesNameTheConversation() throws Exception {
    run(log(message("c1", "ana", "one")));

    Message inbox = node.timelines.get(TARGET.inbox("ana")).getFirst();
    assertThat(inbox.getString("conversation")).contains("c1");
    assertThat(node.timelines.get(TARGET.conversation("c1")).getFirst().fields())
        .containsOnlyKeys("sender", "ts_ms", "text");
  }

  @Test
  void runningAgainWithoutACheckpointWritesNothingTwice() throws Exception {
    Path log = generated(500);
    ImportSummary first = run(log);
    Files.delete(checkpoint());

    ImportSummary second = run(log);

    assertThat(second.resumedFromLine()).isZero();
    assertThat(second.counts().duplicates())
        .isEqualTo(first.counts().messages() + first.counts().inboxWrites());
    assertThat(node.timelines).isEqualTo(expected(log));
  }

  @Test
  void runningAgainWithTheCheckpointSendsNothing() throws Exception {
    Path log = generated(500);
    run(log);
    node.received.clear();

    ImportSummary second = run(log);

    assertThat(node.received).isEmpty();
    assertThat(second.resumedFromLine()).isEqualTo(500);
  }

  @Test
  void resumesAfterCrashesAtRandomMomentsWithoutLossOrCopy() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    Path log = generated(2_000);
    boolean done = false;
    int crashes = 0;
    while (!done) {
      node.dieAfter(crashes < 8 ? random.nextInt(4_000) : Long.MAX_VALUE);
      try {
        run(log);
        done = true;
      } catch (ImportFailure crash) {
        crashes++;
        if (random.nextInt(3) == 0) {
          // A checkpoint may also be lost: keys alone must do.
          Files.deleteIfExists(checkpoint());
        }
      }
    }
    assertThat(node.timelines).as("-Dseed=" + seed).isEqualTo(expected(log));
    assertThat(crashes).as("-Dseed=" + seed).isPositive();
  }

  @Test
  void checkpointNeverPassesAnUnacknowledgedLine() throws Exception {
    Path log = generated(300);
    node.dieAfter(400);

    assertThatThrownBy(() -> run(log)).isInstanceOf(ImportFailure.class);

    Checkpoint saved = Checkpoint.read(checkpoint()).orElseThrow();
    long written = node.timelines.values().stream().mapToLong(List::size).sum();
    assertThat(written).isEqualTo(400);
    assertThat(saved.line()).isLessThan(300);
    assertThat(saved.attemptedThrough()).isGreaterThanOrEqualTo(300);
    assertThat(writesUpTo(log, saved.line())).isLessThanOrEqualTo(400);
    assertThat(writesUpTo(log, saved.line() + 1)).isGreaterThan(400);
  }

  @Test
  void linesAnEarlierRunMayHaveSentCarryItsTime() throws Exception {
    Path log = generated(300);
    long firstRun = surroundings.context().nowMillis();
    node.dieAfter(400);
    assertThatThrownBy(() -> run(log)).isInstanceOf(ImportFailure.class);
    node.received.clear();
    node.dieAfter(Long.MAX_VALUE);
    surroundings.advance(Duration.ofHours(30));

    run(log);

    assertThat(node.received)
        .extracting(AppendItem::firstAttemptTime)
        .containsOnly(Optional.of(Instant.ofEpochMilli(firstRun)));
  }

  @Test
  void aGrownFileGoesOnAfterItsOldEnd() throws Exception {
    Path log = generated(100);
    run(log);
    Files.writeString(log, Files.readString(log) + message("late", "zoe", "more") + "\n");
    node.received.clear();

    run(log);

    assertThat(node.received).hasSize(2);
    assertThat(texts("conversations", "late")).containsExactly("more");
  }

  @Test
  void anotherFileThanThatOfTheCheckpointIsRefused() throws Exception {
    run(log(message("c1", "ana", "one"), message("c1", "ana", "two")));
    Path other = log(message("c1", "ana", "one"), message("c1", "ana", "TWO"));

    assertThatThrownBy(() -> run(other))
        .isInstanceOfSatisfying(
            ToolException.class, refused -> assertThat(refused.exitCode()).isEqualTo(ExitCode.DATA))
        .hasMessageContaining("up to line 2");
    Path shorter = log(message("c1", "ana", "one"));
    assertThatThrownBy(() -> run(shorter)).hasMessageContaining("has 1 lines");
  }

  @Test
  void malformedLineStopsTheImportAfterWhatIsBeforeIt() throws Exception {
    Path log = log(message("c1", "ana", "one"), "{broken", message("c1", "ana", "three"));

    assertThatThrownBy(() -> run(log))
        .isInstanceOf(ToolException.class)
        .hasMessageContaining("line 2: not JSON");
    assertThat(texts("conversations", "c1")).containsExactly("one");
  }

  @Test
  void malformedLinesAreSkippedCountedAndListedOnRequest() throws Exception {
    skipBad = 2;
    Path log = log("{broken", message("c1", "ana", "one"), "[]", message("c1", "ana", "two"));

    ImportSummary summary = run(log);

    assertThat(summary.badLineCount()).isEqualTo(2);
    assertThat(summary.badLines())
        .satisfiesExactly(
            first -> assertThat(first).startsWith("line 1: not JSON"),
            second -> assertThat(second).isEqualTo("line 3: not a JSON object"));
    assertThat(texts("conversations", "c1")).containsExactly("one", "two");
  }

  @Test
  void equalLinesAreTwoMessages() throws Exception {
    run(log(message("c1", "ana", "again"), message("c1", "ana", "again")));

    assertThat(texts("conversations", "c1")).containsExactly("again", "again");
  }

  private ImportSummary run(Path log) throws IOException, InterruptedException {
    ImportOptions options =
        new ImportOptions(
            Optional.of(log),
            TARGET,
            20,
            Optional.empty(),
            Optional.of(checkpoint()),
            Duration.ofSeconds(1),
            skipBad);
    Checkpoint start = Checkpoint.read(checkpoint()).orElse(Checkpoint.start(STORES));
    try (LineReader reader = LineReader.open(log);
        Progress progress = new Progress(surroundings.context(), "import", "messages")) {
      return new ImportJob(surroundings.context(), options, reader, node, start, progress).run();
    }
  }

  private Path checkpoint() {
    return directory.resolve("checkpoint");
  }

  private Path log(String... lines) throws IOException {
    return Files.writeString(directory.resolve("chat.jsonl"), String.join("\n", lines) + "\n");
  }

  private Path generated(int count) throws IOException {
    return log(chat(count).stream().map(ChatMessage::toJson).toArray(String[]::new));
  }

  private static List<ChatMessage> chat(int count) {
    ChatGenerator generator = new ChatGenerator(1, new ChatShape(20, 10, 0.2, 3));
    List<ChatMessage> messages = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      messages.add(generator.next());
    }
    return messages;
  }

  /** What an import that nothing interrupts writes. */
  private java.util.Map<io.tideline.client.TimelineKey, List<Message>> expected(Path log)
      throws Exception {
    FakeNode calm = new FakeNode();
    ImportOptions options =
        new ImportOptions(
            Optional.of(log),
            TARGET,
            20,
            Optional.empty(),
            Optional.empty(),
            Duration.ofSeconds(1),
            0);
    try (LineReader reader = LineReader.open(log);
        Progress progress = new Progress(surroundings.context(), "import", "messages")) {
      new ImportJob(
              surroundings.context(), options, reader, calm, Checkpoint.start(STORES), progress)
          .run();
    }
    return calm.timelines;
  }

  /** Appends that lines 1 to {@code line} make. */
  private static long writesUpTo(Path log, long line) throws Exception {
    Participants participants = new Participants(20);
    long writes = 0;
    try (LineReader reader = LineReader.open(log)) {
      for (byte[] bytes = reader.next();
          bytes != null && reader.lineNumber() <= line;
          bytes = reader.next()) {
        ChatMessage message = io.tideline.tools.chat.ChatFormat.parse(bytes);
        writes += 1 + participants.speak(message.conversation(), message.sender()).size();
      }
    }
    return writes;
  }

  private List<String> texts(String store, String timeline) {
    return node.timelines.get(io.tideline.client.TimelineKey.of(store, timeline)).stream()
        .map(message -> message.getString("text").orElseThrow())
        .toList();
  }

  private static String message(String conversation, String sender, String text) {
    return new ChatMessage(conversation, sender, 1, text).toJson();
  }
}
