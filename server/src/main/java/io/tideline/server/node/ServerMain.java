package io.tideline.server.node;

import io.tideline.server.config.ConfigException;
import io.tideline.server.config.NodeConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process of a node: configuration, start, signals, exit code.
 *
 * <p>Exit codes: 0 stopped by a signal; 70 the disk failed or stored data is damaged; 78 the
 * configuration, the data directory or a port must be changed first (as in sysexits.h).
 */
public final class ServerMain {

  /** Stopped on request. */
  public static final int EXIT_OK = 0;

  /** The disk failed, or what is stored is damaged. */
  public static final int EXIT_FAILURE = 70;

  /** Something must be changed before it can start. */
  public static final int EXIT_CONFIG = 78;

  /** A disk that fails may make closing hang; the process must end all the same. */
  private static final Duration STOP_MAX = Duration.ofSeconds(60);

  private static final String USAGE =
      """
      usage: ServerMain [--config FILE] [--data DIR] [--set KEY=VALUE]...
        --config FILE    YAML configuration; conf/tideline.yaml explains every key
        --data DIR       same as --set node.data_directory=DIR
        --set KEY=VALUE  overrides a key of the file and the environment
      """;

  private ServerMain() {}

  public static void main(String[] args) {
    NodeConfig config;
    try {
      config = parse(args);
    } catch (ConfigException e) {
      complain(System.err, e.getMessage() + "\n" + USAGE);
      System.exit(EXIT_CONFIG);
      return;
    }
    System.exit(run(config));
  }

  /**
   * Runs a node until a signal or a fatal error ends it.
   *
   * @return the exit code, if something other than a signal ends it; a signal ends the process
   */
  public static int run(NodeConfig config) {
    return run(config, TidelineServer::start);
  }

  /** How a node is started; tests start one on a disk that fails. */
  interface Start {
    TidelineServer start(NodeConfig config)
        throws ConfigException, StartException, IOException, InterruptedException;
  }

  static int run(NodeConfig config, Start start) {
    ServerLogging.install();
    Logger log = LoggerFactory.getLogger(ServerMain.class);
    TidelineServer server;
    try {
      server = start.start(config);
    } catch (ConfigException | StartException e) {
      log.error("cannot start: {}", e.getMessage());
      return EXIT_CONFIG;
    } catch (IOException e) {
      log.error("cannot start: {}", e.getMessage(), e);
      return EXIT_FAILURE;
    } catch (InterruptedException e) {
      log.info("start was interrupted");
      return EXIT_OK;
    }
    Thread onSignal = new Thread(() -> stopAndHalt(server), "tideline-signal");
    Runtime.getRuntime().addShutdownHook(onSignal);
    try {
      server.awaitFatal();
      Runtime.getRuntime().removeShutdownHook(onSignal);
    } catch (InterruptedException | IllegalStateException e) {
      // The process is ending; the hook closes the node.
      return EXIT_OK;
    }
    stop(server);
    return EXIT_FAILURE;
  }

  /** A signal is an orderly stop, for which the JVM would report 128 + its number. */
  private static void stopAndHalt(TidelineServer server) {
    stop(server);
    Runtime.getRuntime().halt(EXIT_OK);
  }

  private static void stop(TidelineServer server) {
    Thread stopping = Thread.ofPlatform().daemon().name("tideline-stop").start(server::stop);
    try {
      if (!stopping.join(STOP_MAX)) {
        LoggerFactory.getLogger(ServerMain.class)
            .warn("the node did not stop within {}; the process ends as it is", STOP_MAX);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static NodeConfig parse(String[] args) throws ConfigException {
    @Nullable Path file = null;
    List<String> settings = new ArrayList<>();
    for (int i = 0; i < args.length; i += 2) {
      if (i + 1 == args.length) {
        throw new ConfigException("command line: " + args[i] + " needs a value");
      }
      switch (args[i]) {
        case "--config" -> file = Path.of(args[i + 1]);
        case "--data" -> settings.add("node.data_directory=" + args[i + 1]);
        case "--set" -> settings.add(args[i + 1]);
        default -> throw new ConfigException("command line: unknown option " + args[i]);
      }
    }
    return NodeConfig.load(file, System.getenv(), settings);
  }

  private static void complain(PrintStream out, String message) {
    out.println("tideline: " + message);
  }
}
