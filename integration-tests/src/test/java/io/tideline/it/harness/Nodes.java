package io.tideline.it.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The nodes and commands of a test, in a directory of its own under {@code target/nodes}.
 * Registered in a static field they live as long as the test class, else as long as one test. At
 * the end every process is ended; the directory is deleted unless a test failed, and then the ends
 * of the logs are printed.
 *
 * <p>
 *
 * {@snippet :
 * @RegisterExtension final Nodes nodes = new Nodes();
 *
 * @Test void somethingHolds() {
 *   ServerProcess node = nodes.start(NodeConfig.defaults());
 *   node.wire().append(...);
 *   node.kill9();
 *   node.restart();
 * }
 * }
 */
public final class Nodes
    implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback {

  private static final int TAIL_LINES = 120;

  private final List<ServerProcess> started = new ArrayList<>();
  private Path directory = Path.of("target", "nodes");
  private Cli cli = new Cli(directory);
  private boolean livesAsLongAsTheClass;
  private boolean failed;

  @Override
  public void beforeAll(ExtensionContext context) {
    livesAsLongAsTheClass = true;
    open(context.getRequiredTestClass().getSimpleName());
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    if (!livesAsLongAsTheClass) {
      open(
          context.getRequiredTestClass().getSimpleName()
              + "."
              + context.getRequiredTestMethod().getName());
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    if (context.getExecutionException().isPresent()) {
      failed = true;
      System.out.println("== " + context.getDisplayName() + " failed; files in " + directory);
      started.forEach(Nodes::printLogTail);
    }
    if (!livesAsLongAsTheClass) {
      close();
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    close();
  }

  private void open(String name) {
    directory = Path.of("target", "nodes", name).toAbsolutePath();
    deleteTree(directory);
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    cli = new Cli(directory);
  }

  private void close() {
    started.forEach(ServerProcess::close);
    started.clear();
    if (!failed) {
      deleteTree(directory);
    }
  }

  /** Starts a node on a fresh data directory; returns when it serves. */
  public ServerProcess start(NodeConfig config) {
    return launch(config).awaitReady();
  }

  /** Starts a node on the given data directory; returns when it serves. */
  public ServerProcess start(NodeConfig config, Path dataDirectory) {
    return launch(config, dataDirectory).awaitReady();
  }

  /** Starts a node on a fresh data directory and does not wait: it may never serve. */
  public ServerProcess launch(NodeConfig config) {
    return launch(config, directory.resolve("data-" + (started.size() + 1)));
  }

  /** As {@link #launch(NodeConfig)}, on the given data directory. */
  public ServerProcess launch(NodeConfig config, Path dataDirectory) {
    String name = "node-" + (started.size() + 1);
    ServerProcess node = new ServerProcess(name, directory, dataDirectory, config);
    started.add(node);
    return node;
  }

  /**
   * Starts a cluster; returns when every node serves.
   *
   * @param settings of the nodes, in their order: node-1, node-2 …
   * @param dataDirectories theirs
   */
  public List<ServerProcess> startCluster(List<NodeConfig> settings, List<Path> dataDirectories) {
    List<Integer> raftPorts = settings.stream().map(one -> Ports.free()).toList();
    List<Integer> grpcPorts = settings.stream().map(one -> Ports.free()).toList();
    StringJoiner members = new StringJoiner(",");
    for (int i = 0; i < settings.size(); i++) {
      members.add(
          "node-"
              + (i + 1)
              + "="
              + ServerProcess.HOST
              + ":"
              + raftPorts.get(i)
              + "/"
              + grpcPorts.get(i));
    }
    List<ServerProcess> cluster = new ArrayList<>();
    for (int i = 0; i < settings.size(); i++) {
      cluster.add(
          launch(
              settings
                  .get(i)
                  .with("node.id", "node-" + (i + 1))
                  .with("raft.port", raftPorts.get(i))
                  .with("grpc.port", grpcPorts.get(i))
                  .with("cluster.members", members.toString()),
              dataDirectories.get(i)));
    }
    cluster.forEach(ServerProcess::awaitReady);
    return cluster;
  }

  /** Copies a directory, as a backup of a stopped node's data would. */
  public Path copy(Path source, String name) {
    Path target = directory.resolve(name);
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(source.relativize(file).toString()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot copy " + source, e);
    }
    return target;
  }

  public Cli cli() {
    return cli;
  }

  /** Where the test may keep files; gone after it. */
  public Path directory() {
    return directory;
  }

  private static void printLogTail(ServerProcess node) {
    System.out.println("== the end of the log of " + node.name());
    System.out.println(node.logTail(TAIL_LINES));
  }

  private static void deleteTree(Path root) {
    if (!Files.exists(root)) {
      return;
    }
    try {
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, IOException failure)
                throws IOException {
              Files.delete(dir);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + root, e);
    }
  }
}
