package io.tideline.tools.transfer;

import io.tideline.client.StoreInfo;
import io.tideline.client.TidelineClient;
import io.tideline.tools.chat.LineReader;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Humans;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.Progress;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import io.tideline.tools.data.ClientErrors;
import io.tideline.tools.data.ConnectionOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tideline import}. */
@Command(
    name = "import",
    description = "Write a chat log into conversation timelines and inboxes; resumable.",
    footer = {
      "",
      "The log is JSON Lines, plain or gzip, one message a line:",
      "  {\"conversation\":\"group:1\",\"sender\":\"ana\",\"ts_ms\":1767603600000,\"text\":\"hello\"}",
      "Further fields are kept if they are strings, numbers, booleans or lists of strings.",
      "",
      "Each message is appended to its conversation's timeline, and to the inbox of everybody who has",
      "spoken in that conversation so far, up to the --inbox-cap most recent speakers. The stores are",
      "created if they do not exist. Order per conversation is the order of the file.",
      "",
      "The same command again goes on where it stopped, also after a kill -9 of this program or of the",
      "node: no message is written twice, because message keys follow from the position in the file.",
      "Keys protect for the store's dedup window (24 h by default); the checkpoint file for ever.",
      "",
      "Last line with --output json: {\"lines\",\"resumed_from_line\",\"conversations\",\"messages\",",
      "\"inbox_writes\",\"duplicates\",\"bad_lines\",\"elapsed_ms\",\"messages_per_second\",",
      "\"inbox_writes_per_second\",\"p50_ms\",\"p99_ms\"}",
      "",
      "Examples:",
      "  tideline import chat.jsonl.gz",
      "  tideline import chat.jsonl --inbox-ttl 14d --inbox-cap 50",
      "  zcat logs/*.gz | tideline import - --no-inbox --output json",
    })
public final class ImportCommand implements Callable<Integer> {
  private static final String CHECKPOINT_SUFFIX = ".tideline-checkpoint";

  private final ToolContext context;
  @Mixin private ConnectionOptions connection;
  @Mixin private OutputOptions outputOptions;
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "The log; - for standard input.")
  private String file;

  @Option(
      names = "--conversations",
      paramLabel = "STORE",
      defaultValue = "conversations",
      description = "Store of the conversation timelines (default: ${DEFAULT-VALUE}).")
  private String conversations;

  @Option(
      names = "--inbox",
      paramLabel = "STORE",
      defaultValue = "inbox",
      description = "Store of the inboxes (default: ${DEFAULT-VALUE}).")
  private String inbox;

  @Option(names = "--no-inbox", description = "Write conversations only.")
  private boolean noInbox;

  @Option(
      names = "--inbox-cap",
      paramLabel = "N",
      defaultValue = "20",
      description =
          "Inboxes per message at most: those of the most recent speakers. In larger rooms reading the"
              + " conversation is cheaper than writing to everybody (default: ${DEFAULT-VALUE}).")
  private int inboxCap;

  @Option(
      names = "--inbox-ttl",
      paramLabel = "DURATION",
      converter = ConnectionOptions.DurationConverter.class,
      description = "Expiry of inbox entries, if the store has to be created; for example 14d.")
  private @Nullable Duration inboxTtl;

  @Option(
      names = "--checkpoint",
      paramLabel = "FILE",
      description =
          "Where to keep how far the import is (default: FILE"
              + CHECKPOINT_SUFFIX
              + ", or in the current directory if that of FILE cannot be written; none for standard"
              + " input).")
  private @Nullable Path checkpoint;

  @Option(
      names = "--retry-for",
      paramLabel = "DURATION",
      defaultValue = "60s",
      converter = ConnectionOptions.DurationConverter.class,
      description = "How long to wait for a node that is away (default: ${DEFAULT-VALUE}).")
  private Duration retryFor;

  @Option(
      names = "--skip-bad",
      paramLabel = "N",
      defaultValue = "0",
      description = "Skip, count and list up to N malformed lines (default: ${DEFAULT-VALUE}).")
  private long skipBad;

  public ImportCommand(ToolContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    ImportOptions options = options();
    Output output = outputOptions.output(context);
    try (LineReader reader = open(options);
        TidelineClient client = connection.connect()) {
      Checkpoint start = start(client.withDeadline(retryFor), options, output);
      ImportSummary summary = run(client, options, reader, start);
      summary.badLines().forEach(bad -> context.err().println("skipped " + bad));
      output.done(summary.sentence(), summary.toJson());
      return ExitCode.OK;
    }
  }

  private ImportOptions options() {
    if (inboxCap < 1 || inboxCap > 10_000) {
      throw new ParameterException(
          spec.commandLine(),
          "--inbox-cap must be 1 to 10000, got " + inboxCap + "; --no-inbox writes none");
    }
    if (skipBad < 0) {
      throw new ParameterException(spec.commandLine(), "--skip-bad must be 0 or more");
    }
    if (retryFor.isZero()) {
      throw new ParameterException(spec.commandLine(), "--retry-for must be more than 0");
    }
    Optional<Path> source = file.equals("-") ? Optional.empty() : Optional.of(Path.of(file));
    return new ImportOptions(
        source,
        new ChatTarget(conversations, noInbox ? Optional.empty() : Optional.of(inbox)),
        noInbox ? 0 : inboxCap,
        Optional.ofNullable(inboxTtl),
        checkpoint != null ? Optional.of(checkpoint) : source.map(ImportCommand::checkpointBeside),
        retryFor,
        skipBad);
  }

  private static Path checkpointBeside(Path file) {
    Path beside = file.resolveSibling(file.getFileName() + CHECKPOINT_SUFFIX);
    Path directory = beside.toAbsolutePath().getParent();
    return directory != null && Files.isWritable(directory)
        ? beside
        : Path.of(beside.getFileName().toString());
  }

  private LineReader open(ImportOptions options) throws IOException {
    if (options.file().isEmpty()) {
      return LineReader.of(context.in());
    }
    Path path = options.file().get();
    if (Files.isDirectory(path)) {
      throw new ToolException(
          ExitCode.NO_INPUT, path + " is a directory", "Name one file, or pipe several into '-'.");
    }
    return LineReader.open(path);
  }

  /** Makes the stores and finds out where to begin. */
  private Checkpoint start(TidelineClient client, ImportOptions options, Output output)
      throws IOException {
    StoreInfo conversationStore =
        ChatStores.conversations(client, options.target().conversations());
    long inboxStoreId =
        options
            .target()
            .inboxes()
            .map(name -> ChatStores.inboxes(client, name, options.inboxTtl()).storeId())
            .orElse(0L);
    Checkpoint.Target target =
        new Checkpoint.Target(
            client.admin().nodeStatus().clusterId(),
            conversationStore.storeId(),
            inboxStoreId,
            options.inboxCap());
    Checkpoint fresh = Checkpoint.start(target);
    if (options.checkpoint().isEmpty()) {
      return fresh;
    }
    Path path = options.checkpoint().get();
    Optional<Checkpoint> found = Checkpoint.read(path);
    if (found.isPresent() && !found.get().target().equals(target)) {
      output.note(
          "The checkpoint "
              + path
              + " is of an import into other stores or with another --inbox-cap;"
              + " beginning at the first line.");
      return fresh;
    }
    found.ifPresent(
        checkpoint ->
            output.note(
                "Going on after line "
                    + Humans.count(checkpoint.line())
                    + ", as "
                    + path
                    + " says."));
    return found.orElse(fresh);
  }

  private ImportSummary run(
      TidelineClient client, ImportOptions options, LineReader reader, Checkpoint start)
      throws IOException, InterruptedException {
    ClientSink sink = new ClientSink(client, options.retryFor());
    try (Progress progress = new Progress(context, "import", "messages")) {
      ImportSummary summary = new ImportJob(context, options, reader, sink, start, progress).run();
      sink.close();
      return summary;
    } catch (ImportFailure failure) {
      ToolException told = ClientErrors.translate(failure);
      throw new ToolException(
          told == null ? ExitCode.FAILED : told.exitCode(),
          String.valueOf(failure.getMessage()),
          "When the cause is removed, run the same command again: it goes on where it stopped.",
          failure);
    } finally {
      sink.abandon();
    }
  }
}
