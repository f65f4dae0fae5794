package io.tideline.tools.node;

import io.tideline.server.config.ConfigException;
import io.tideline.server.config.NodeConfig;
import io.tideline.server.node.StartException;
import io.tideline.server.node.TidelineServer;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.FileTrees;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
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

/** {@code tideline dev}. */
@Command(
    name = "dev",
    description = "Run one node or a small cluster for development; says what to try.",
    footer = {
      "",
      "The same node as 'tideline server', with defaults for a laptop: quiet, on localhost only, data",
      "in ./tideline-data. With --nodes 3 or 5 each node is a process of its own, with 512 MiB of heap,",
      "data in DIR/node-N/data, on ports 7420, 7430, ... or free ones. Ctrl-C stops it.",
      "",
      "Examples:",
      "  tideline dev",
      "  tideline dev --ephemeral",
      "  tideline dev --nodes 3 --ephemeral",
      "  tideline dev --data /tmp/t1 --set grpc.port=7430 --set raft.port=0 --set http.port=0",
    })
public final class DevCommand implements Callable<Integer> {
  private static final Path DATA_DEFAULT = Path.of("tideline-data");

  private final ToolContext context;
  private final String mainClass;
  @Mixin private OutputOptions outputOptions;
  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Data directory (default: ./tideline-data).")
  private @Nullable Path data;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many nodes: 1, 3 or 5 (default: ${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--ephemeral",
      description = "Use a temporary directory that is removed when the node stops.")
  private boolean ephemeral;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A key of the configuration, for example grpc.port=7430; repeat for more.")
  private List<String> settings = new ArrayList<>();

  /**
   * @param mainClass of this program, for the processes of a cluster
   */
  public DevCommand(ToolContext context, String mainClass) {
    this.context = context;
    this.mainClass = mainClass;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (ephemeral && data != null) {
      throw new ParameterException(spec.commandLine(), "give --data or --ephemeral, not both");
    }
    Path directory =
        ephemeral ? Files.createTempDirectory("tideline-dev-") : data == null ? DATA_DEFAULT : data;
    if (nodes != 1) {
      if (nodes != 3 && nodes != 5) {
        throw new ParameterException(
            spec.commandLine(), "--nodes " + nodes + " is neither 1 nor 3 nor 5");
      }
      new DevCluster(
              context,
              outputOptions.output(context),
              mainClass,
              directory,
              ephemeral,
              nodes,
              settings)
          .run();
      return ExitCode.OK;
    }
    NodeConfig config = ServerCommand.configuration(context, null, directory, settings);
    TidelineServer server = start(config);
    Thread onSignal = new Thread(() -> stop(server, directory), "tideline-dev-stop");
    Runtime.getRuntime().addShutdownHook(onSignal);
    greet(server.info().address().grpcAddress(), directory);
    Throwable fatal = server.awaitFatal();
    throw new ToolException(
        ExitCode.SOFTWARE,
        "the node stopped: " + fatal.getMessage(),
        "'tideline doctor --data " + directory + "' looks for causes.",
        fatal);
  }

  private static TidelineServer start(NodeConfig config) throws IOException, InterruptedException {
    try {
      return TidelineServer.start(config);
    } catch (ConfigException | StartException cannotStart) {
      throw new ToolException(
          ExitCode.CONFIG,
          String.valueOf(cannotStart.getMessage()),
          "'tideline doctor --data " + config.dataDirectory() + "' looks at ports and directories.",
          cannotStart);
    }
  }

  private void stop(TidelineServer server, Path directory) {
    server.stop();
    if (ephemeral) {
      try {
        FileTrees.deleteTree(directory);
      } catch (IOException left) {
        context.err().println("could not remove " + directory + ": " + left);
      }
    }
  }

  private void greet(String endpoint, Path directory) {
    PrintWriter out = context.out();
    String option = endpoint.endsWith(":7420") ? "" : " --endpoint " + endpoint;
    out.println("Tideline serves on " + endpoint + "; data in " + directory.toAbsolutePath() + ".");
    out.println();
    out.println("In another terminal:");
    out.println("  tideline store create inbox --id user:string --ttl 14d" + option);
    out.println("  tideline timeline append inbox ana --field text=hello" + option);
    out.println("  tideline timeline scan inbox ana" + option);
    out.println();
    out.println("Ctrl-C stops it" + (ephemeral ? " and removes its data." : "."));
    out.flush();
  }
}
