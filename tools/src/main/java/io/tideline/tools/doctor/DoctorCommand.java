package io.tideline.tools.doctor;

import io.tideline.server.config.ConfigException;
import io.tideline.server.config.ConfigKey;
import io.tideline.server.config.MemoryPlan;
import io.tideline.server.config.NodeConfig;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tideline doctor}. */
@Command(
    name = "doctor",
    description = "Look at this machine and a node's data, and say what to do about what is wrong.",
    footer = {
      "",
      "Looks at: Java, configuration, data directory (access, space, file system, lock), every checksum",
      "in it if no node runs on it, memory, open files, clock, ports, and whether a node answers. Each",
      "finding is OK, WARN or FAIL with advice; exit code 1 if any is FAIL. A port that the node of this",
      "very data directory uses is OK; one that another node or program has is FAIL.",
      "With --output json: one object per finding: {\"check\",\"severity\",\"message\",\"advice\"}.",
      "",
      "Examples:",
      "  tideline doctor",
      "  tideline doctor --data /var/lib/tideline --config conf/tideline.yaml",
      "  tideline doctor --data ./tideline-data --set grpc.port=7430",
      "  tideline doctor --endpoint db1:7420 --quick --output json",
    })
public final class DoctorCommand implements Callable<Integer> {
  private static final List<Column> COLUMNS =
      List.of(
          Column.text("CHECK", "check"),
          Column.text("", "severity"),
          Column.text("FINDING", "message"));

  /** Heap a node is started with unless somebody says otherwise. */
  private static final long NODE_HEAP_BYTES = 512L << 20;

  private final ToolContext context;
  @Mixin private OutputOptions outputOptions;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Data directory (default: that of the configuration).")
  private @Nullable Path data;

  @Option(names = "--config", paramLabel = "FILE", description = "Configuration file.")
  private @Nullable Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A key of the configuration, as for 'tideline server'; repeat for more.")
  private List<String> settings = new ArrayList<>();

  @Option(
      names = {"-e", "--endpoint"},
      paramLabel = "HOST:PORT",
      description = "A node that should answer (default: whoever has the configured gRPC port).")
  private @Nullable String endpoint;

  @Option(names = "--quick", description = "Do not verify the files of the data directory.")
  private boolean quick;

  @Option(
      names = "--heap",
      paramLabel = "SIZE",
      converter = io.tideline.tools.data.ConnectionOptions.SizeConverter.class,
      description = "Heap limit (-Xmx) the node is to run with (default: 512MiB).")
  private long heapBytes = NODE_HEAP_BYTES;

  public DoctorCommand(ToolContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    Output output = outputOptions.output(context);
    List<Finding> findings = new ArrayList<>();
    for (Check check : checks()) {
      findings.addAll(check.run());
    }
    output.list(COLUMNS, findings.stream().map(Finding::toJson), "");
    boolean failed = findings.stream().anyMatch(f -> f.severity() == Finding.Severity.FAIL);
    if (!output.isJson()) {
      advise(findings, failed);
    }
    return failed ? ExitCode.FAILED : ExitCode.OK;
  }

  private List<Check> checks() {
    Machine machine = Machine.ofProcess();
    List<String> all = new ArrayList<>(settings);
    if (data != null) {
      all.add("node.data_directory=" + data);
    }
    ConfigCheck configCheck = new ConfigCheck(config, context.environment(), all);
    // With a configuration that is wrong, the rest is looked at as if there were none.
    NodeConfig effective = configCheck.load().orElseGet(NodeConfig::defaults);
    Path directory = data == null ? effective.dataDirectory() : data;

    List<Check> checks = new ArrayList<>();
    checks.add(
        new JavaCheck(machine.javaFeature(), machine.javaDescription(), machine.jvmOptions()));
    checks.add(configCheck);
    checks.add(new DirectoryCheck(directory));
    checks.add(new LockCheck(directory));
    if (!quick) {
      checks.add(new FilesCheck(directory, context));
    }
    memoryCheck(effective, machine).ifPresent(checks::add);
    checks.add(new OpenFilesCheck(machine.openFilesMax()));
    checks.add(ClockCheck.of(context.wallClock(), context.nanoClock(), directory));
    checks.add(new TimeDaemonCheck(Path.of("/")));
    checks.addAll(networkChecks(effective, directory));
    return checks;
  }

  private Optional<Check> memoryCheck(NodeConfig effective, Machine machine) {
    long available = Math.min(machine.memoryBytes(), machine.containerBytes());
    try {
      MemoryPlan plan = MemoryPlan.of(effective, heapBytes, available);
      return Optional.of(
          new MemoryCheck(
              heapBytes, plan.offHeapBytes(), machine.memoryBytes(), machine.containerBytes()));
    } catch (ConfigException impossible) {
      String why = String.valueOf(impossible.getMessage());
      return Optional.of(
          new FixedCheck(
              "memory", Finding.fail("memory", why, "Lower what it names, or add memory.")));
    }
  }

  private List<Check> networkChecks(NodeConfig effective, Path directory) {
    int grpcPort = effective.count(ConfigKey.GRPC_PORT);
    InetSocketAddress bound = new InetSocketAddress(effective.text(ConfigKey.BIND_ADDRESS), 0);
    boolean anyAddress = bound.isUnresolved() || bound.getAddress().isAnyLocalAddress();
    String host = anyAddress ? "localhost" : bound.getHostString();
    String local = host + ":" + grpcPort;
    PortOwners owners = new PortOwners(directory, effective.clusterId(), host, grpcPort);
    List<Check> checks = new ArrayList<>();
    if (endpoint != null) {
      checks.add(new EndpointCheck(endpoint, true, context.wallClock()));
    } else if (grpcPort != 0) {
      checks.add(new EndpointCheck(local, false, context.wallClock()));
    }
    checks.add(portCheck("gRPC", ConfigKey.GRPC_PORT, effective, owners));
    checks.add(portCheck("Raft", ConfigKey.RAFT_PORT, effective, owners));
    checks.add(portCheck("HTTP", ConfigKey.HTTP_PORT, effective, owners));
    return checks;
  }

  private static Check portCheck(
      String purpose, ConfigKey key, NodeConfig effective, PortOwners owners) {
    InetSocketAddress address =
        new InetSocketAddress(effective.text(ConfigKey.BIND_ADDRESS), effective.count(key));
    return new PortCheck(purpose, key, address, owners);
  }

  private void advise(List<Finding> findings, boolean failed) {
    List<Finding> advised = findings.stream().filter(f -> !f.advice().isEmpty()).toList();
    if (!advised.isEmpty()) {
      context.out().println();
      advised.forEach(
          f ->
              context
                  .out()
                  .println(
                      f.severity() + " " + f.check() + ": " + f.message() + ".\n  " + f.advice()));
    }
    context.out().println();
    context
        .out()
        .println(
            failed
                ? "A node will not run well here: see what is marked FAIL."
                : advised.isEmpty()
                    ? "All is well."
                    : "A node can run here; see what is marked WARN.");
    context.out().flush();
  }

  /** A finding that is known beforehand. */
  private record FixedCheck(String name, Finding finding) implements Check {
    @Override
    public List<Finding> run() {
      return List.of(finding);
    }
  }
}
