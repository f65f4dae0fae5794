package io.tideline.tools.data;

import io.tideline.client.Entry;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tideline timeline}: the group, and the reading of one entry. */
public final class TimelineCommands {
  private TimelineCommands() {}

  /** The group itself. */
  @Command(
      name = "timeline",
      description = "Append to, read and trim timelines.",
      footer = {
        "",
        "Examples:",
        "  tideline timeline append conversations group:42 --field text=hello",
        "  tideline timeline scan conversations group:42 --backward --limit 20",
        "  tideline timeline sync inbox ana=120 bob=0",
      })
  public static final class Group {}

  /** Reads one entry. */
  @Command(
      name = "get",
      description = "Read one entry.",
      footer = {"", "Examples:", "  tideline timeline get conversations group:42 7"})
  public static final class Get implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private ConnectionOptions connection;
    @Mixin private OutputOptions outputOptions;
    @Spec private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "STORE", description = TimelineArguments.STORE)
    private String store;

    @Parameters(index = "1", paramLabel = "TIMELINE", description = TimelineArguments.TIMELINE)
    private String timeline;

    @Parameters(index = "2", paramLabel = "ID", description = "Sequence id of the entry.")
    private long sequenceId;

    public Get(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (TidelineClient client = connection.connect()) {
        TimelineKey target = new TimelineArguments(client, spec, store).timeline(timeline);
        Optional<Entry> entry = client.get(target, sequenceId);
        if (entry.isEmpty()) {
          throw new ToolException(
              ExitCode.FAILED,
              "timeline " + timeline + " has no entry " + sequenceId,
              "See what it holds: 'tideline timeline heads " + store + " " + timeline + "'.");
        }
        outputOptions
            .output(context)
            .list(EntryJson.ENTRY_COLUMNS, Stream.of(EntryJson.write(entry.get())), "");
      }
      return ExitCode.OK;
    }
  }
}
