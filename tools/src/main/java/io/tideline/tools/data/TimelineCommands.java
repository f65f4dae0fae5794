package io.tideline.tools.data;

import io.tideline.client.Entry;
import io.tideline.client.TidelineClient;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code tideline timeline}: the group, and the reading of one entry. */
public final class TimelineCommands {
  private TimelineCommands() {}

  /** The group itself. */
  @Command(
      name = "timeline",
      description = "Append to, read, edit and trim timelines.",
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
    @Mixin private TimelineTarget target;

    @Parameters(index = "2", paramLabel = "ID", description = "Sequence id of the entry.")
    private long sequenceId;

    public Get(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (TidelineClient client = target.connect()) {
        Optional<Entry> entry = client.get(target.key(client), sequenceId);
        if (entry.isEmpty()) {
          throw new ToolException(
              ExitCode.FAILED,
              "timeline " + target.timeline() + " has no entry " + sequenceId,
              "See what it holds: 'tideline timeline heads "
                  + target.store()
                  + " "
                  + target.timeline()
                  + "'.");
        }
        target
            .output(context)
            .list(EntryJson.ENTRY_COLUMNS, Stream.of(EntryJson.write(entry.get())), "");
      }
      return ExitCode.OK;
    }
  }
}
