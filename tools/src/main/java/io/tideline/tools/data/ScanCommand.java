package io.tideline.tools.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.Coverage;
import io.tideline.client.CoverageStatus;
import io.tideline.client.Page;
import io.tideline.client.Projection;
import io.tideline.client.ScanSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.ToolContext;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code tideline timeline scan}: reads a range. */
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
public final class ScanCommand implements Callable<Integer> {
  /** What one call may ask for; longer scans go on page by page. */
  private static final int PAGE_ENTRIES_MAX = 1_000;

  private final ToolContext context;
  @Mixin private TimelineTarget target;

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

  public ScanCommand(ToolContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    checkOptions();
    Output output = target.output(context);
    try (TidelineClient client = target.connect()) {
      Coverage coverage = read(client, target.key(client), output);
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
      throw target.wrong("--limit must be 0 or more, got " + limit);
    }
    if (from != null && fromTime != null) {
      throw target.wrong("give --from or --from-time, not both");
    }
    if (from != null && to != null && from > to) {
      throw target.wrong("--from " + from + " is beyond --to " + to);
    }
  }

  /** Pages through the range; the coverage tells of the whole of it. */
  private Coverage read(TidelineClient client, TimelineKey timeline, Output output) {
    long left = limit == 0 ? Long.MAX_VALUE : limit;
    ScanSpec next = firstPage(timeline, left);
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
      next = pageAfter(timeline, coverage, left);
    }
  }

  private ScanSpec firstPage(TimelineKey timeline, long left) {
    ScanSpec.Builder page = page(timeline, left);
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

  private ScanSpec pageAfter(TimelineKey timeline, Coverage coverage, long left) {
    ScanSpec.Builder page = page(timeline, left);
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

  private ScanSpec.Builder page(TimelineKey timeline, long left) {
    ScanSpec.Builder page =
        ScanSpec.builder(timeline).pageSize((int) Math.min(left, PAGE_ENTRIES_MAX));
    if (!fields.isEmpty()) {
      page.projection(Projection.of(fields.toArray(new String[0])));
    }
    return backward ? page.backward() : page.forward();
  }

  private static Coverage asTrimmed(Coverage last) {
    return new Coverage(
        CoverageStatus.TRIMMED,
        last.lastSequenceId(),
        last.firstRetainedSequenceId(),
        last.nextSequenceId(),
        last.timelineExists(),
        last.hasMore());
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
