package io.tideline.tools.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.lsm.CompactionScheme;
import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.inspect.CompactionModel;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Humans;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tideline bench compaction-model}. */
@Command(
    name = "compaction-model",
    description = "Compute what both compaction schemes cost, with the engine's own picker.",
    footer = {
      "",
      "Nothing is written: runs are made up, one flush after the other, and the picker that the",
      "engine uses chooses what to merge. Write amplification is bytes written by flushes and",
      "compactions for each byte flushed, compression left out.",
      "",
      "Examples:",
      "  tideline bench compaction-model",
      "  tideline bench compaction-model --flushes 1000,5000 --ttl 3d --output json",
    })
public final class CompactionModelCommand implements Callable<Integer> {
  /** Picking looks at every run after every flush; this many take seconds. */
  private static final int FLUSHES_MAX = 100_000;

  /** Long enough for rows to expire as fast as new ones come. */
  private static final int LIFETIMES = 2;

  private final ToolContext context;
  @Mixin private OutputOptions outputOptions;
  @Spec private CommandSpec commandSpec;

  @Option(
      names = "--flushes",
      split = ",",
      paramLabel = "N",
      defaultValue = "16,64,256,1024",
      description =
          "Flushes of a long-lived partition, and flushes within a lifetime of a short-lived one,"
              + " which is followed for two; several with commas (default: ${DEFAULT-VALUE}).")
  private List<Integer> flushes;

  @Option(
      names = "--ttl",
      paramLabel = "DURATION",
      defaultValue = "24h",
      description = "How long short-lived rows live (default: ${DEFAULT-VALUE}).")
  private String ttl;

  public CompactionModelCommand(ToolContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    for (int count : flushes) {
      require(
          count >= 1 && count <= FLUSHES_MAX,
          "--flushes " + count + " is outside 1.." + FLUSHES_MAX);
    }
    long ttlMillis = ttlMillis();
    CompactionScheme shortLived = CompactionScheme.forTtl(ttlMillis);
    require(
        shortLived.kind() == CompactionScheme.Kind.SHORT_TTL,
        "--ttl " + ttl + " is not a lifetime for which rows count as short-lived");
    List<ObjectNode> rows = new ArrayList<>();
    for (int count : flushes) {
      long flushMillis = Math.max(1, ttlMillis / count);
      rows.add(row(CompactionScheme.LONG_LIVED, count, flushMillis, 0));
      rows.add(row(shortLived, count * LIFETIMES, flushMillis, ttlMillis));
    }
    Output output = outputOptions.output(context);
    if (output.isJson()) {
      ObjectNode json = Json.object();
      ArrayNode results = json.withArray("results");
      rows.forEach(results::add);
      output.done("", json);
    } else {
      output.list(columns(), rows.stream(), "");
    }
    return ExitCode.OK;
  }

  private long ttlMillis() {
    try {
      return Humans.parseDuration(ttl).toMillis();
    } catch (IllegalArgumentException malformed) {
      throw new ParameterException(
          commandSpec.commandLine(), "--ttl: " + malformed.getMessage(), malformed);
    }
  }

  private void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new ParameterException(commandSpec.commandLine(), otherwise);
    }
  }

  private static ObjectNode row(
      CompactionScheme scheme, int flushCount, long flushMillis, long ttlMillis) {
    CompactionModel.Result result =
        CompactionModel.simulate(
            scheme, EngineOptions.DEFAULTS.runsPerTier(), flushCount, flushMillis, ttlMillis);
    return Json.object()
        .put("scheme", scheme.kind().name().toLowerCase(Locale.ROOT).replace('_', '-'))
        .put("window_millis", scheme.windowMillis())
        .put("ttl_millis", ttlMillis)
        .put("flush_millis", flushMillis)
        .put("flushes", result.flushes())
        .put("write_amplification", result.writeAmplification())
        .put("average_runs", result.averageRuns())
        .put("runs_max", result.runsMax());
  }

  private static List<Column> columns() {
    return List.of(
        Column.text("SCHEME", "scheme"),
        Column.number("FLUSHES", "flushes"),
        decimal("WRITE AMPLIFICATION", "write_amplification"),
        decimal("AVERAGE RUNS", "average_runs"),
        Column.number("MOST RUNS", "runs_max"));
  }

  private static Column decimal(String title, String field) {
    return new Column(
        title, true, row -> String.format(Locale.ROOT, "%.2f", row.path(field).asDouble()));
  }
}
