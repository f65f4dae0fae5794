package io.tideline.tools.node;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.FileTrees;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** {@code tideline dev --nodes 3}: several nodes for development, each a process of its own. */
final class DevCluster {

  private static final String HEAP = "512m";
  private static final String PORTS_FILE = "ports";
  private static final Duration STOP_MAX = Duration.ofSeconds(20);
  private static final long LOOK_MILLIS = 500;

  private final ToolContext context;
  private final Output output;
  private final Path directory;
  private final boolean ephemeral;
  private final LocalCluster cluster;

  DevCluster(
      ToolContext context,
      Output output,
      String mainClass,
      Path directory,
      boolean ephemeral,
      int nodes,
      List<String> settings)
      throws IOException {
    this.context = context;
    this.output = output;
    this.directory = directory.toAbsolutePath();
    this.ephemeral = ephemeral;
    this.cluster =
        new LocalCluster(
            JavaLaunch.likeThisProcess(mainClass, HEAP),
            this.directory,
            LocalCluster.Hosts.loopback(nodes),
            NodePorts.kept(directory.resolve(PORTS_FILE), nodes),
            settings,
            context.nanoClock());
  }

  /** Runs until this process is told to stop, or no node is left. */
  void run() throws IOException, InterruptedException {
    try {
      cluster.startAll();
    } catch (IOException | RuntimeException e) {
      cluster.close();
      throw e;
    }
    cluster.release();
    Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "tideline-dev-stop"));
    greet();
    Set<Integer> told = new HashSet<>();
    while (told.size() < cluster.size()) {
      for (int node : cluster.dead()) {
        if (told.add(node)) {
          context
              .err()
              .println("node-" + (node + 1) + " has ended; its log is " + cluster.log(node) + ".");
        }
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
    throw new ToolException(
        ExitCode.SOFTWARE, "no node is left", "The logs in " + directory + " tell why.");
  }

  /** All at once: a majority that stops leaves nobody to hand leaderships to. */
  private void stop() {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < cluster.size(); i++) {
        int node = i;
        threads.execute(
            () -> {
              try {
                cluster.stop(node, STOP_MAX);
              } catch (IOException e) {
                context.err().println("node-" + (node + 1) + " did not stop: " + e);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
      }
    }
    if (ephemeral) {
      try {
        FileTrees.deleteTree(directory);
      } catch (IOException left) {
        context.err().println("could not remove " + directory + ": " + left);
      }
    }
  }

  private void greet() {
    ObjectNode json = Json.object();
    json.put("directory", directory.toString());
    ArrayNode nodes = json.putArray("nodes");
    StringBuilder text = new StringBuilder("A cluster of " + cluster.size() + " nodes serves:\n");
    for (int i = 0; i < cluster.size(); i++) {
      nodes
          .addObject()
          .put("node", "node-" + (i + 1))
          .put("endpoint", cluster.endpoint(i))
          .put("http", cluster.httpEndpoint(i))
          .put("pid", cluster.pid(i))
          .put("data", cluster.data(i).toString())
          .put("log", cluster.log(i).toString());
      text.append(
          "  node-%d  %s  pid %d  data %s  log %s%n"
              .formatted(
                  i + 1, cluster.endpoint(i), cluster.pid(i), cluster.data(i), cluster.log(i)));
    }
    String first = " --endpoint " + cluster.endpoint(0);
    String second = " --endpoint " + cluster.endpoint(1);
    text.append("\nIn another terminal:\n")
        .append("  tideline store create inbox --id user:string --ttl 14d" + first + "\n")
        .append("  tideline timeline append inbox ana --field text=hello" + first + "\n")
        .append("  tideline timeline scan inbox ana" + second + "\n")
        .append("  tideline partition list" + second + "\n")
        .append("  kill -9 " + cluster.pid(0) + " && tideline cluster health" + second + "\n")
        .append("\nCtrl-C stops all of them" + (ephemeral ? " and removes their data." : "."));
    output.done(text.toString(), json);
  }
}
