package io.tideline.tools.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.Coverage;
import io.tideline.client.Entry;
import io.tideline.client.HeadResult;
import io.tideline.client.Identifier;
import io.tideline.client.LatestResult;
import io.tideline.client.Page;
import io.tideline.client.Projection;
import io.tideline.client.ScanSpec;
import io.tideline.client.SyncResult;
import io.tideline.client.SyncSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code tideline timeline} and the part of it that reads. */
public final class TimelineCommands {
  /** What one call may ask for; longer scans go on page by page. */
  private static final int PAGE_ENTRIES_MAX = 1_000;

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

  /** Reads a range. */
  @Command(
      name = "scan",
      description = "Read a range of a timeline, forward or backward.",
      footer = {
        "",
        "Says what it covers: complete, limit reached, or TRIMMED when a part of what was asked for is",
        "gone for good. With --output json: one entry per line, then {\"coverage\":{…}}.",
        "",
        "Examples:",
        "  tideline timeline scan conversations group:42                      # the oldest 100",
        "  tideline timeline scan conversations group:42 --backward -n 20     # the newest 20",
        "  tideline timeline scan inbox ana --from 121 --to 200",
        "  tideline timeline scan inbox ana --from-time 2026-11-22T08:00:00Z --fields sender,text",
      })
  public static final class Scan implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private ConnectionOptions connection;
    @Mixin private OutputOptions outputOptions;
    @Spec private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "STORE", description = TimelineArguments.STORE)
    private String store;

    @Parameters(index = "1", paramLabel = "TIMELINE", description = TimelineArguments.TIMELINE)
    private String timeline;

    @Option(names = "--backward", description = "From the newest to the oldest.")
    private boolean backward;

    @Option(names = "--from", paramLabel = "ID", description = "Smallest id; default: the first.")
    private @Nullable Long from;

    @Option(
        names = "--to",
        paramLabel = "ID",
        description = "The id before which to stop, exclusive; default: past the last.")
    private @Nullable Long to;

    @Option(
        names = "--from-time",
        paramLabel = "TIME",
        converter = InstantConverter.class,
        description =
            "Begin at the first entry appended then or later, instead of --from: an ISO time such as"
                + " 2026-11-22T08:00:00Z, or milliseconds since 1970.")
    private @Nullable Instant fromTime;

    @Option(
        names = {"-n", "--limit"},
        paramLabel = "N",
        defaultValue = "100",
        description = "Entries at most; 0 for all (default: ${DEFAULT-VALUE}).")
    private long limit;

    @Option(
        names = "--fields",
        paramLabel = "NAME,…",
        split = ",",
        hideParamSyntax = true,
        description = "Only these fields of each entry.")
    private List<String> fields = new ArrayList<>();

    public Scan(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      checkOptions();
      Output output = outputOptions.output(context);
      try (TidelineClient client = connection.connect()) {
        TimelineKey target = new TimelineArguments(client, spec, store).timeline(timeline);
        Coverage coverage = read(client, target, output);
        if (output.isJson()) {
          ObjectNode last = Json.object();
          last.set("coverage", EntryJson.write(coverage));
          output.done("", last);
        } else {
          output.note(EntryJson.sentence(coverage));
        }
      }
      return ExitCode.OK;
    }

    private void checkOptions() {
      if (limit < 0) {
        throw new ParameterException(spec.commandLine(), "--limit must be 0 or more, got " + limit);
      }
      if (from != null && fromTime != null) {
        throw new ParameterException(spec.commandLine(), "give --from or --from-time, not both");
      }
      if (from != null && to != null && from > to) {
        throw new ParameterException(
            spec.commandLine(), "--from " + from + " is beyond --to " + to);
      }
    }

    /** Pages through the range; the coverage tells of the whole of it. */
    private Coverage read(TidelineClient client, TimelineKey target, Output output) {
      long left = limit == 0 ? Long.MAX_VALUE : limit;
      ScanSpec next = firstPage(target, left);
      boolean trimmed = false;
      while (true) {
        Page page = client.scanPage(next);
        output.list(EntryJson.ENTRY_COLUMNS, page.entries().stream().map(EntryJson::write), "");
        Coverage coverage = page.coverage();
        trimmed |= coverage.isTrimmed();
        left -= page.entries().size();
        if (!coverage.hasMore() || left <= 0) {
          return trimmed ? asTrimmed(coverage) : coverage;
        }
        next = pageAfter(target, coverage, left);
      }
    }

    private ScanSpec firstPage(TimelineKey target, long left) {
      ScanSpec.Builder page = page(target, left);
      if (from != null) {
        page.from(from);
      }
      if (to != null) {
        page.to(to);
      }
      if (fromTime != null) {
        page.fromTime(fromTime);
      }
      return page.build();
    }

    private ScanSpec pageAfter(TimelineKey target, Coverage coverage, long left) {
      ScanSpec.Builder page = page(target, left);
      if (backward) {
        page.to(coverage.nextSequenceId() + 1);
        if (from != null) {
          page.from(from);
        }
        if (fromTime != null) {
          page.fromTime(fromTime);
        }
      } else {
        page.from(coverage.nextSequenceId());
        if (to != null) {
          page.to(to);
        }
      }
      return page.build();
    }

    private ScanSpec.Builder page(TimelineKey target, long left) {
      ScanSpec.Builder page =
          ScanSpec.builder(target).pageSize((int) Math.min(left, PAGE_ENTRIES_MAX));
      if (!fields.isEmpty()) {
        page.projection(Projection.of(fields.toArray(new String[0])));
      }
      return backward ? page.backward() : page.forward();
    }

    private static Coverage asTrimmed(Coverage last) {
      return new Coverage(
          io.tideline.client.CoverageStatus.TRIMMED,
          last.lastSequenceId(),
          last.firstRetainedSequenceId(),
          last.nextSequenceId(),
          last.timelineExists(),
          last.hasMore());
    }
  }

  /** Reads the newest entries of timelines. */
  @Command(
      name = "latest",
      description = "Read the newest entry of each of many timelines, in one call.",
      footer = {"", "Examples:", "  tideline timeline latest inbox ana bob carl"})
  public static final class Latest implements Callable<Integer> {
    private static final List<Column> COLUMNS =
        Stream.concat(
                Stream.of(Column.text("TIMELINE", "timeline")), EntryJson.ENTRY_COLUMNS.stream())
            .toList();

    private final ToolContext context;
    @Mixin private ConnectionOptions connection;
    @Mixin private OutputOptions outputOptions;
    @Spec private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "STORE", description = TimelineArguments.STORE)
    private String store;

    @Parameters(
        index = "1..*",
        arity = "1..*",
        paramLabel = "TIMELINE",
        description = TimelineArguments.TIMELINE)
    private List<String> timelines = new ArrayList<>();

    public Latest(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (TidelineClient client = connection.connect()) {
        TimelineArguments arguments = new TimelineArguments(client, spec, store);
        List<LatestResult> results =
            client.latest(store, timelines.stream().map(arguments::identifier).toList());
        outputOptions.output(context).list(COLUMNS, results.stream().map(Latest::row), "");
        return results.stream().allMatch(result -> result.error() == null)
            ? ExitCode.OK
            : ExitCode.FAILED;
      }
    }

    private static ObjectNode row(LatestResult result) {
      if (result.error() != null) {
        return EntryJson.failed(result.timeline(), result.error());
      }
      ObjectNode row =
          Json.object().put("timeline", IdentifierText.write(result.timeline().identifier()));
      Entry entry = result.entry();
      if (entry != null) {
        row.setAll(EntryJson.write(entry));
      }
      row.set("coverage", EntryJson.write(result.coverage()));
      return row;
    }
  }

  /** Reads heads. */
  @Command(
      name = "heads",
      description = "Read last ids, what is retained and counts of many timelines, in one call.",
      footer = {"", "Examples:", "  tideline timeline heads inbox ana bob carl"})
  public static final class Heads implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private ConnectionOptions connection;
    @Mixin private OutputOptions outputOptions;
    @Spec private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "STORE", description = TimelineArguments.STORE)
    private String store;

    @Parameters(
        index = "1..*",
        arity = "1..*",
        paramLabel = "TIMELINE",
        description = TimelineArguments.TIMELINE)
    private List<String> timelines = new ArrayList<>();

    public Heads(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (TidelineClient client = connection.connect()) {
        TimelineArguments arguments = new TimelineArguments(client, spec, store);
        List<HeadResult> results =
            client.heads(store, timelines.stream().map(arguments::identifier).toList());
        outputOptions
            .output(context)
            .list(EntryJson.HEAD_COLUMNS, results.stream().map(Heads::row), "");
        return results.stream().allMatch(result -> result.error() == null)
            ? ExitCode.OK
            : ExitCode.FAILED;
      }
    }

    private static ObjectNode row(HeadResult result) {
      return result.error() != null
          ? EntryJson.failed(result.timeline(), result.error())
          : EntryJson.write(result.orThrow());
    }
  }

  /** Reads what is new in several timelines. */
  @Command(
      name = "sync",
      description = "Read what is new in many timelines, each after its own position, in one call.",
      footer = {
        "",
        "A position is TIMELINE=ID, the last id the device has; TIMELINE alone means 0, from the start.",
        "With --output json: one object per timeline with its entries and coverage.",
        "",
        "Examples:",
        "  tideline timeline sync inbox ana=120",
        "  tideline timeline sync conversations group:42=17 group:43=0 --limit 50",
      })
  public static final class Sync implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private ConnectionOptions connection;
    @Mixin private OutputOptions outputOptions;
    @Spec private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "STORE", description = TimelineArguments.STORE)
    private String store;

    @Parameters(
        index = "1..*",
        arity = "1..*",
        paramLabel = "TIMELINE[=ID]",
        description = "Timelines and positions.")
    private List<String> positions = new ArrayList<>();

    @Option(
        names = {"-n", "--limit"},
        paramLabel = "N",
        defaultValue = "500",
        description = "Entries of all timelines together, 1 to 1000 (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Option(
        names = "--limit-per-timeline",
        paramLabel = "N",
        defaultValue = "100",
        description = "Entries of each timeline, 1 to 1000 (default: ${DEFAULT-VALUE}).")
    private int limitPerTimeline;

    public Sync(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      Output output = outputOptions.output(context);
      try (TidelineClient client = connection.connect()) {
        TimelineArguments arguments = new TimelineArguments(client, spec, store);
        List<SyncResult> results = client.sync(request(arguments));
        if (output.isJson()) {
          output.list(List.of(), results.stream().map(Sync::json), "");
        } else {
          results.forEach(result -> print(result, output));
        }
        return results.stream().allMatch(result -> result.error() == null)
            ? ExitCode.OK
            : ExitCode.FAILED;
      }
    }

    private SyncSpec request(TimelineArguments arguments) {
      try {
        SyncSpec.Builder request =
            SyncSpec.builder(store).limit(limit).limitPerTimeline(limitPerTimeline);
        for (String position : positions) {
          int equals = position.lastIndexOf('=');
          String timeline = equals < 0 ? position : position.substring(0, equals);
          long after = equals < 0 ? 0 : Long.parseLong(position.substring(equals + 1));
          Identifier identifier = arguments.identifier(timeline);
          request.after(identifier, after);
        }
        return request.build();
      } catch (NumberFormatException notAnId) {
        throw new ParameterException(
            spec.commandLine(),
            "a position is TIMELINE=ID with a whole number, got " + positions,
            notAnId);
      } catch (IllegalArgumentException wrong) {
        throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
      }
    }

    private static void print(SyncResult result, Output output) {
      String name = IdentifierText.write(result.timeline().identifier());
      if (result.error() != null) {
        output.done(name + ": " + result.error().getMessage(), Json.object());
        return;
      }
      output.done(
          name + ": " + result.entries().size() + " new. " + EntryJson.sentence(result.coverage()),
          Json.object());
      output.list(EntryJson.ENTRY_COLUMNS, result.entries().stream().map(EntryJson::write), "");
    }

    private static ObjectNode json(SyncResult result) {
      if (result.error() != null) {
        return EntryJson.failed(result.timeline(), result.error());
      }
      ObjectNode json =
          Json.object().put("timeline", IdentifierText.write(result.timeline().identifier()));
      com.fasterxml.jackson.databind.node.ArrayNode entries = json.putArray("entries");
      result.entries().forEach(entry -> entries.add(EntryJson.write(entry)));
      json.set("coverage", EntryJson.write(result.coverage()));
      return json;
    }
  }

  /** Reads times such as {@code 2026-11-22T08:00:00Z}, or milliseconds. */
  static final class InstantConverter implements ITypeConverter<Instant> {
    @Override
    public Instant convert(String text) {
      try {
        return text.matches("-?\\d+")
            ? Instant.ofEpochMilli(Long.parseLong(text))
            : Instant.parse(text);
      } catch (DateTimeParseException | NumberFormatException wrongForm) {
        throw new TypeConversionException(
            "'" + text + "' is not a time such as 2026-11-22T08:00:00Z");
      }
    }
  }
}
