package io.tideline.tools.transfer;

import io.tideline.client.Identifier;
import io.tideline.client.IdentifierField;
import io.tideline.client.IdentifierType;
import io.tideline.client.Meta;
import io.tideline.client.MetaListSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.Value;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.Progress;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import io.tideline.tools.data.ConnectionOptions;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.zip.GZIPOutputStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tideline export}. */
@Command(
    name = "export",
    description = "Write conversation timelines to a chat log; the inverse of import.",
    footer = {
      "",
      "Conversations come one after another, each in the order of its ids. What import read comes out",
      "equal, byte for byte if the file had fields in the order conversation, sender, ts_ms, text and at",
      "most one more (more are sorted by name).",
      "",
      "Checked on the way: ids rise, and nothing was trimmed or has expired; otherwise the export fails",
      "and leaves no file. Entries that were deleted one by one are counted. Without --conversation all",
      "timelines that have meta are exported; import gives each conversation meta.",
      "",
      "Examples:",
      "  tideline export chat.jsonl.gz",
      "  tideline export - --conversation group:1 --conversation group:2",
      "  tideline export rest.jsonl --allow-trimmed --output json",
    })
public final class ExportCommand implements Callable<Integer> {
  private static final int BUFFER_BYTES = 1 << 16;

  private final ToolContext context;
  @Mixin private ConnectionOptions connection;
  @Mixin private OutputOptions outputOptions;
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      description = "Where to write, gzip if it ends in .gz; - for standard output.")
  private String file;

  @Option(
      names = "--store",
      paramLabel = "STORE",
      defaultValue = "conversations",
      description = "Store of the conversations (default: ${DEFAULT-VALUE}).")
  private String store;

  @Option(
      names = "--conversation",
      paramLabel = "NAME",
      description = "Only this conversation; repeat for more.")
  private List<String> conversations = new ArrayList<>();

  @Option(
      names = "--allow-trimmed",
      description =
          "Export what is left of conversations whose beginning was trimmed or has expired.")
  private boolean allowTrimmed;

  @Option(names = "--overwrite", description = "Replace FILE if it exists.")
  private boolean overwrite;

  public ExportCommand(ToolContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    Output output = outputOptions.output(context);
    boolean toStandardOutput = file.equals("-");
    if (toStandardOutput && output.isJson()) {
      throw new ParameterException(
          spec.commandLine(), "--output json needs a FILE: standard output carries the messages");
    }
    ExportJob.Summary summary = export(toStandardOutput);
    if (toStandardOutput) {
      output.note(summary.sentence());
    } else {
      output.done(summary.sentence(), summary.toJson());
    }
    return ExitCode.OK;
  }

  private ExportJob.Summary export(boolean toStandardOutput) throws IOException {
    try (TidelineClient client = connection.connect();
        Progress progress = new Progress(context, "export", "messages")) {
      requireOneStringField(client);
      List<String> names = conversations.isEmpty() ? namesWithMeta(client) : conversations;
      ExportJob job =
          new ExportJob(client, store, allowTrimmed, !conversations.isEmpty(), progress);
      return toStandardOutput ? toStandardOutput(job, names) : toFile(job, names, Path.of(file));
    }
  }

  private void requireOneStringField(TidelineClient client) {
    List<IdentifierField> schema = client.stores().describe(store).store().identifierSchema();
    if (schema.size() != 1 || schema.getFirst().type() != IdentifierType.STRING) {
      throw new ToolException(
          ExitCode.FAILED,
          "store " + store + " does not hold chat: its identifier is not one field of type string",
          "Name the store of the conversations with --store.");
    }
  }

  private List<String> namesWithMeta(TidelineClient client) {
    List<String> names = new ArrayList<>();
    for (Meta meta : client.meta().list(MetaListSpec.of(store).withPageSize(1_000))) {
      names.add(name(meta.timeline().identifier()));
    }
    if (names.isEmpty()) {
      throw new ToolException(
          ExitCode.FAILED,
          "no timeline of store " + store + " has meta, by which conversations are found",
          "Name them with --conversation, or give them meta: 'tideline meta put'.");
    }
    return names;
  }

  private static String name(Identifier identifier) {
    return identifier.values().getFirst() instanceof Value.Text text
        ? text.value()
        : identifier.toString();
  }

  private ExportJob.Summary toStandardOutput(ExportJob job, List<String> names) throws IOException {
    // Standard output is not this command's to close.
    OutputStream out = new BufferedOutputStream(context.rawOut(), BUFFER_BYTES);
    ExportJob.Summary summary = job.run(names, out);
    out.flush();
    return summary;
  }

  /** Writes beside the file and renames at the end, so that a file that exists is whole. */
  private ExportJob.Summary toFile(ExportJob job, List<String> names, Path target)
      throws IOException {
    if (Files.exists(target) && !overwrite) {
      throw new ToolException(
          ExitCode.CANNOT_CREATE, target + " exists already", "Replace it with --overwrite.");
    }
    Path partial = target.resolveSibling(target.getFileName() + ".partial");
    ExportJob.Summary summary;
    try (FileChannel channel =
        FileChannel.open(
            partial,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER_BYTES);
      if (target.toString().endsWith(".gz")) {
        GZIPOutputStream gzip = new GZIPOutputStream(out, BUFFER_BYTES);
        summary = job.run(names, gzip);
        gzip.finish();
      } else {
        summary = job.run(names, out);
      }
      out.flush();
      channel.force(true);
    } catch (RuntimeException | IOException failure) {
      Files.deleteIfExists(partial);
      throw failure;
    }
    DurableFiles.moveInto(partial, target);
    return summary;
  }
}
