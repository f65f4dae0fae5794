package io.tideline.tools.node;

import io.tideline.server.config.ConfigException;
import io.tideline.server.config.NodeConfig;
import io.tideline.server.node.ServerMain;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tideline server}. */
@Command(
    name = "server",
    description = "Run a node in this process, until a signal ends it.",
    footer = {
      "",
      "Each key of the configuration can be given in the file, as an environment variable (grpc.port is",
      "TIDELINE_GRPC_PORT) or with --set; --set overrides the environment, which overrides the file.",
      "conf/tideline.yaml explains every key. Unknown keys are refused.",
      "",
      "When the node serves, it writes tideline.ready with its ports into the data directory.",
      "SIGTERM and Ctrl-C stop it in order. What it logs goes to standard error.",
      "",
      "A member of a cluster whose log is damaged in the middle refuses to start. With --rejoin it asks",
      "the other members whether they have everything, sets its own data aside in the data directory",
      "and copies theirs. If its log is whole, --rejoin changes nothing.",
      "",
      "Examples:",
      "  tideline server --data /var/lib/tideline",
      "  tideline server --config conf/tideline.yaml --set grpc.port=7430",
      "  TIDELINE_GRPC_PORT=7430 tideline server --data ./data",
    })
public final class ServerCommand implements Callable<Integer> {
  private final ToolContext context;

  @Option(names = "--config", paramLabel = "FILE", description = "Configuration file, YAML.")
  private @Nullable Path config;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Data directory; the same as --set node.data_directory=DIR.")
  private @Nullable Path data;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A key of the configuration, for example grpc.port=7430; repeat for more.")
  private List<String> settings = new ArrayList<>();

  @Option(
      names = "--rejoin",
      description = "If the log is damaged, set the data aside and copy the other members'.")
  private boolean rejoin;

  @Option(
      names = "--parent",
      paramLabel = "PID",
      hidden = true,
      description = "Stop when this process has ended.")
  private @Nullable Long parent;

  public ServerCommand(ToolContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    NodeConfig configuration = configuration(context, config, data, settings);
    if (parent != null) {
      stopWith(parent);
    }
    return rejoin ? ServerMain.runRejoining(configuration) : ServerMain.run(configuration);
  }

  /** A parent that is killed cannot stop its nodes, so they look after it. */
  private static void stopWith(long parent) {
    var _ =
        ProcessHandle.of(parent)
            .map(ProcessHandle::onExit)
            .orElseGet(() -> CompletableFuture.completedFuture(null))
            .thenRunAsync(
                () -> System.exit(ExitCode.OK),
                stop -> new Thread(stop, "tideline-parent-ended").start());
  }

  /**
   * The configuration from all its sources.
   *
   * @throws ToolException if it is wrong
   */
  public static NodeConfig configuration(
      ToolContext context, @Nullable Path file, @Nullable Path data, List<String> settings) {
    List<String> all = new ArrayList<>();
    if (data != null) {
      all.add("node.data_directory=" + data);
    }
    all.addAll(settings);
    try {
      return NodeConfig.load(file, context.environment(), all);
    } catch (ConfigException wrong) {
      throw new ToolException(
          ExitCode.CONFIG,
          String.valueOf(wrong.getMessage()),
          "conf/tideline.yaml explains every key; 'tideline doctor --config FILE' checks a file.",
          wrong);
    }
  }
}
