package io.tideline.tools.torture;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.FileTrees;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.Progress;
import io.tideline.tools.cli.ToolContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tideline torture}. */
@Command(
    name = "torture",
    description =
        "Run a cluster under load, break it in every way, and check that nothing is lost.",
    footer = {
      "",
      "Starts server processes on this machine, lets writers, followers and readers of history work",
      "on them, and injects faults one after the other, drawn from the seed: kill (kill -9), pause,",
      "slow, wipe (kill -9 and an empty disk), and, for root, cut (network namespaces) and full-disk",
      "(a small disk of its own for each node). Then everything heals, every timeline is read on",
      "every node, and the history is judged: nothing acknowledged may be lost, nothing may be there",
      "twice, ids are dense and in order, no read may miss what was acknowledged before it, no session",
      "may miss its own writes or go back, what was trimmed stays gone, and all replicas must be equal.",
      "Exit code 0 says that all this held.",
      "",
      "Examples:",
      "  tideline torture --seconds 60",
      "  tideline torture --seconds 300 --lease-reads --faults kill,pause,slow",
      "  tideline torture --nodes 3 --seconds 600 --faults kill,pause,cut --seed 7 --output json",
    })
public final class TortureCommand implements Callable<Integer> {

  private static final int SECONDS_MAX = 86_400;

  private static final List<Column> COLUMNS =
      List.of(
          Column.number("ACKED", "acked"),
          Column.number("UNKNOWN", "unknown"),
          Column.number("LOST", "lost"),
          Column.number("DUPLICATES", "duplicates"),
          Column.number("ORDER VIOLATIONS", "order_violations"),
          Column.number("STALE READS", "stale_reads"),
          Column.number("UNREAD OWN WRITES", "unread_own_writes"),
          Column.number("BACKWARD READS", "backward_reads"),
          Column.number("TRIMMED SEEN", "trimmed_seen"),
          Column.number("REPLICA MISMATCHES", "replica_mismatches"),
          Column.number("FAULTS", "faults"),
          Column.number("WORST WRITE GAP MS", "worst_write_gap_ms"));

  private final ToolContext context;
  private final String mainClass;
  @Mixin private OutputOptions outputOptions;
  @Spec private CommandSpec commandSpec;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "3",
      description = "Nodes of the cluster, 3 or 5 (default: ${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "60",
      description = "How long faults are injected (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--faults",
      split = ",",
      paramLabel = "FAULT",
      defaultValue = "kill,pause,cut,slow,wipe,full-disk",
      description = "What may happen, with commas (default: ${DEFAULT-VALUE}); 'none' for nothing.")
  private List<String> faultWords;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of the faults and the load (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--lease-reads",
      description =
          "Run the nodes with raft.lease_reads and have half of the readers' calls ask for leases.")
  private boolean leaseReads;

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description =
          "Where the nodes keep data and logs (default: a temporary one, removed if all was well).")
  private @Nullable Path directory;

  /**
   * @param mainClass of this program, for the processes it starts
   */
  public TortureCommand(ToolContext context, String mainClass) {
    this.context = context;
    this.mainClass = mainClass;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    require(nodes == 3 || nodes == 5, "--nodes " + nodes + " is neither 3 nor 5");
    require(
        seconds >= 1 && seconds <= SECONDS_MAX,
        "--seconds " + seconds + " is outside 1.." + SECONDS_MAX);
    Output output = outputOptions.output(context);
    List<Fault> faults = faults(output);
    Path where = directory == null ? Files.createTempDirectory("tideline-torture-") : directory;
    Torture.Result result;
    try (TortureCluster cluster = cluster(where, faults, output)) {
      Thread onSignal = new Thread(() -> closeInterrupted(cluster), "torture-stop");
      Runtime.getRuntime().addShutdownHook(onSignal);
      if (!cluster.network().canCut()) {
        faults.remove(Fault.CUT);
      }
      result = run(cluster, faults);
      var _ = Runtime.getRuntime().removeShutdownHook(onSignal);
    }
    report(output, result, where);
    return ExitCode.okIf(result.isGood());
  }

  /** Ctrl-C must not leave processes, networks and mounts behind. */
  private void closeInterrupted(TortureCluster cluster) {
    try {
      cluster.close();
    } catch (IOException left) {
      context.err().println("not everything was removed: " + left.getMessage());
    }
  }

  private Torture.Result run(TortureCluster cluster, List<Fault> faults)
      throws IOException, InterruptedException {
    try (Progress progress = new Progress(context, "torture", "appends")) {
      return new Torture(
              cluster, Duration.ofSeconds(seconds), seed, leaseReads, context.nanoClock())
          .run(
              faults,
              line -> progress.interject(() -> context.err().println(line)),
              progress::update);
    }
  }

  private List<Fault> faults(Output output) {
    List<Fault> faults = new ArrayList<>();
    for (String word : faultWords) {
      if (word.equals("none") && faultWords.size() == 1) {
        return faults;
      }
      Fault fault =
          Fault.ofWord(word)
              .orElseThrow(
                  () ->
                      new ParameterException(
                          commandSpec.commandLine(),
                          "--faults: \""
                              + word
                              + "\" is none of kill, pause, cut, slow, wipe, full-disk, none"));
      if (fault.needsRoot() && !Shell.isRoot()) {
        output.note("fault " + word + " is left out: it needs root");
      } else {
        faults.add(fault);
      }
    }
    require(!faults.isEmpty(), "--faults: nothing is left that this user may do");
    return faults;
  }

  private TortureCluster cluster(Path where, List<Fault> faults, Output output)
      throws IOException, InterruptedException {
    return new TortureCluster(
        mainClass,
        where,
        nodes,
        network(faults, output),
        faults.contains(Fault.FULL_DISK),
        leaseReads,
        context.nanoClock());
  }

  private Network network(List<Fault> faults, Output output) throws InterruptedException {
    if (faults.contains(Fault.CUT)) {
      try {
        return Network.ofNamespaces(nodes);
      } catch (IOException e) {
        output.note("fault cut is left out: no network namespaces here (" + e.getMessage() + ")");
      }
    }
    return Network.loopback(nodes);
  }

  private void report(Output output, Torture.Result result, Path where) throws IOException {
    ObjectNode json = Json.object();
    json.put("acked", result.acknowledged());
    json.put("unknown", result.unknown());
    json.put("refused", result.refused());
    json.put("entries_read", result.reads());
    json.put("session_reads", result.sessionReads());
    json.put("lost", result.verdict().lost());
    json.put("duplicates", result.verdict().duplicates());
    json.put("order_violations", result.verdict().orderViolations());
    json.put("stale_reads", result.verdict().staleReads());
    json.put("unread_own_writes", result.verdict().unreadOwnWrites());
    json.put("backward_reads", result.verdict().backwardReads());
    json.put("trimmed_seen", result.verdict().trimmedSeen());
    json.put("replica_mismatches", result.replicaMismatches());
    json.put("unexpected_exits", result.unexpectedExits());
    json.put("faults", result.faults());
    json.put("worst_write_gap_ms", result.worstGapMillis());
    json.put("injected", result.faultSummary());
    json.put("nodes", nodes);
    json.put("seconds", seconds);
    json.put("seed", seed);
    json.put("lease_reads", leaseReads);
    ArrayNode findings = json.putArray("findings");
    result.findings().forEach(findings::add);
    if (!output.isJson()) {
      result.findings().forEach(finding -> context.out().println(finding));
    }
    output.record(COLUMNS, json);
    if (!result.isGood()) {
      output.note("Data and logs are kept in " + where + ".");
    } else if (directory == null) {
      FileTrees.deleteTree(where);
    }
  }

  private void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new ParameterException(commandSpec.commandLine(), otherwise);
    }
  }
}
