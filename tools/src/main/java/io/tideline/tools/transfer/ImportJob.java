package io.tideline.tools.transfer;

import io.tideline.tools.chat.ChatFormat;
import io.tideline.tools.chat.ChatMessage;
import io.tideline.tools.chat.LineReader;
import io.tideline.tools.chat.MalformedLineException;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Progress;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One import, from the first line to the last.
 *
 * <p>The file is always read from its beginning: lines that a checkpoint knows to be acknowledged
 * are only looked at, which rebuilds who takes part in which conversation and the chain of keys.
 * Everything after them is sent, in order; what an earlier run has sent already is recognised by
 * its keys.
 *
 * <p>Before a line is sent that no run has sent before, the checkpoint says so on disk ({@code
 * attemptedThrough}), in blocks, so that a later run knows which keys are old.
 *
 * <p>Not thread-safe: one thread runs it once.
 */
final class ImportJob {
  /** Lines announced at once: a sync of the checkpoint and a short drain every so many lines. */
  private static final long ANNOUNCED_LINES = 50_000;

  private static final long CHECKPOINT_NANOS = 2_000_000_000L;

  /** Malformed lines shown; more are only counted. */
  private static final int BAD_LINES_SHOWN = 20;

  private final ToolContext context;
  private final ImportOptions options;
  private final LineReader reader;
  private final AppendSink sink;
  private final Checkpoint resumed;
  private final Progress progress;
  private final long fileBytes;

  private final LineKeys keys = new LineKeys();
  private final Participants participants;
  private final Set<String> described = new HashSet<>();
  private final List<String> badLines = new ArrayList<>();
  private long badLineCount;
  private Checkpoint saved;
  private long savedNanos;

  /**
   * @param resumed where to go on; {@link Checkpoint#start} for the beginning
   */
  ImportJob(
      ToolContext context,
      ImportOptions options,
      LineReader reader,
      AppendSink sink,
      Checkpoint resumed,
      Progress progress)
      throws IOException {
    this.context = context;
    this.options = options;
    this.reader = reader;
    this.sink = sink;
    this.resumed = resumed;
    this.saved = resumed;
    this.progress = progress;
    this.participants = new Participants(options.inboxCap());
    this.fileBytes = options.file().isPresent() ? Files.size(options.file().get()) : -1;
  }

  /**
   * Runs it.
   *
   * @throws ToolException if a line is malformed, or the file is not the one of the checkpoint
   * @throws ImportFailure if a write failed for good; the checkpoint then says what is done
   */
  ImportSummary run() throws IOException, InterruptedException {
    long startNanos = context.nanoClock().getAsLong();
    ChatWriter[] self = new ChatWriter[1];
    ChatWriter writer =
        new ChatWriter(
            sink,
            options.target(),
            new ChatWriter.Position(resumed.line(), resumed.offset(), resumed.chain()),
            context.nanoClock(),
            ChatWriter.IN_FLIGHT_MAX,
            options.retryFor(),
            () -> report(self[0]));
    self[0] = writer;
    try {
      for (byte[] line = reader.next(); line != null; line = reader.next()) {
        accept(line, writer);
        report(writer);
        saveNowAndThen(writer);
      }
      checkResumed();
      writer.drain();
    } catch (RuntimeException | IOException failure) {
      saveAfter(failure, writer);
      throw failure;
    }
    save(
        new ChatWriter.Position(reader.lineNumber(), reader.offset(), keys.chain()),
        saved.attemptedThrough(),
        saved.attemptedSinceMillis());
    long elapsed = context.nanoClock().getAsLong() - startNanos;
    return new ImportSummary(
        reader.lineNumber(),
        resumed.line(),
        described.size(),
        writer.counts(),
        List.copyOf(badLines),
        badLineCount,
        Duration.ofNanos(elapsed),
        writer.latencyMicros());
  }

  private void report(ChatWriter writer) {
    double fraction = fileBytes <= 0 ? -1 : (double) reader.sourceBytes() / fileBytes;
    progress.update(writer.counts().messages(), Math.min(1, fraction));
  }

  private void accept(byte[] line, ChatWriter writer) throws IOException, InterruptedException {
    String key = keys.next(line);
    long number = reader.lineNumber();
    if (number == resumed.line()) {
      checkSameFile();
    }
    Optional<ChatMessage> parsed = parse(line, number);
    if (parsed.isEmpty()) {
      return;
    }
    ChatMessage message = parsed.get();
    List<String> recipients = participants.speak(message.conversation(), message.sender());
    boolean first = described.add(message.conversation());
    if (number <= resumed.line()) {
      return;
    }
    announce(number, writer);
    writer.submit(
        new ChatWriter.Submission(
            new ChatWriter.Position(number, reader.offset(), keys.chain()),
            message,
            key,
            recipients,
            firstAttempt(number),
            first));
  }

  private Optional<ChatMessage> parse(byte[] line, long number) {
    try {
      return Optional.of(ChatFormat.parse(line));
    } catch (MalformedLineException malformed) {
      badLineCount++;
      String described = "line " + number + ": " + malformed.reason();
      if (badLineCount > options.skipBad()) {
        throw new ToolException(
            ExitCode.DATA,
            described,
            "Correct the line, or skip up to N malformed lines with --skip-bad N. What is before it"
                + " is written; the next run goes on from there.",
            malformed);
      }
      if (badLines.size() < BAD_LINES_SHOWN) {
        badLines.add(described);
      }
      return Optional.empty();
    }
  }

  private void checkSameFile() {
    if (!keys.chain().equals(resumed.chain())) {
      throw changed("up to line " + resumed.line() + " it is not the file of the checkpoint");
    }
  }

  private void checkResumed() {
    if (reader.lineNumber() < resumed.line()) {
      throw changed(
          "it has " + reader.lineNumber() + " lines, the checkpoint knows of " + resumed.line());
    }
  }

  private ToolException changed(String how) {
    return new ToolException(
        ExitCode.DATA,
        "the input has changed: " + how,
        "Give the original file, or another --checkpoint for another import.");
  }

  /** Lines that an earlier run may have sent carry the time at which it may have. */
  private Optional<Instant> firstAttempt(long number) {
    return number <= resumed.attemptedThrough()
        ? Optional.of(Instant.ofEpochMilli(resumed.attemptedSinceMillis()))
        : Optional.empty();
  }

  /**
   * Notes on disk that lines from {@code number} on are about to be sent. Everything before is
   * drained first, so that one time holds for all lines between the checkpoint's two line numbers.
   */
  private void announce(long number, ChatWriter writer) throws IOException, InterruptedException {
    if (number > saved.attemptedThrough()) {
      writer.drain();
      save(writer.acknowledged(), number + ANNOUNCED_LINES - 1, context.nowMillis());
    }
  }

  private void saveNowAndThen(ChatWriter writer) throws IOException {
    if (context.nanoClock().getAsLong() - savedNanos >= CHECKPOINT_NANOS) {
      save(writer.acknowledged(), saved.attemptedThrough(), saved.attemptedSinceMillis());
    }
  }

  private void save(ChatWriter.Position position, long attemptedThrough, long attemptedSinceMillis)
      throws IOException {
    savedNanos = context.nanoClock().getAsLong();
    Checkpoint next =
        new Checkpoint(
            resumed.target(),
            position.line(),
            position.offset(),
            position.chain(),
            attemptedThrough,
            attemptedSinceMillis);
    Optional<Path> file = options.checkpoint();
    if (file.isPresent() && !next.equals(saved)) {
      next.write(file.get());
    }
    saved = next;
  }

  /** Keeps what is done; a second failure must not hide the first. */
  private void saveAfter(Exception failure, ChatWriter writer) {
    try {
      save(writer.acknowledged(), saved.attemptedThrough(), saved.attemptedSinceMillis());
    } catch (IOException second) {
      failure.addSuppressed(second);
    }
  }
}
