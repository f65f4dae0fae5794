package io.tideline.server.node;

import io.tideline.server.config.ConfigException;
import io.tideline.server.config.NodeConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

  /**
   * How long a signal waits for a start that is under way; one that waits for others is cut off.
   */
  private static final Duration START_GRACE = Duration.ofSeconds(2);

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

  /** As {@link #run}, of a node whose log may be damaged: {@link TidelineServer#startRejoining}. */
  public static int runRejoining(NodeConfig config) {
    return run(config, TidelineServer::startRejoining);
  }

  /** How a node is started; tests start one on a disk that fails. */
  interface Start {
    TidelineServer start(NodeConfig config)
        throws ConfigException, StartException, IOException, InterruptedException;
  }

  static int run(NodeConfig config, Start start) {
    ServerLogging.install();
    Logger log = LoggerFactory.getLogger(ServerMain.class);
    CompletableFuture<TidelineServer> started = new CompletableFuture<>();
    // Before the start: its ready file tells others that they may signal.
    Thread onSignal = new Thread(() -> stopAndHalt(started), "tideline-signal");
    Runtime.getRuntime().addShutdownHook(onSignal);
    TidelineServer server;
    try {
      server = start.start(config);
      started.complete(server);
    } catch (ConfigException | StartException e) {
      log.error("cannot start: {}", e.getMessage());
      return notStarted(onSignal, EXIT_CONFIG);
    } catch (IOException e) {
      log.error("cannot start: {}", e.getMessage(), e);
      return notStarted(onSignal, EXIT_FAILURE);
    } catch (InterruptedException e) {
      log.info("start was interrupted");
      return notStarted(onSignal, EXIT_OK);
    }
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

  private static int notStarted(Thread onSignal, int exitCode) {
    try {
      Runtime.getRuntime().removeShutdownHook(onSignal);
    } catch (IllegalStateException e) {
      // The process is ending already; the hook halts it.
      return EXIT_OK;
    }
    return exitCode;
  }

  /**
   * A signal is an orderly stop, for which the JVM would report 128 + its number. One that comes
   * while a node starts waits a moment for the start's end; what is half started needs no stop.
   */
  private static void stopAndHalt(CompletableFuture<TidelineServer> started) {
    try {
      stop(started.get(START_GRACE.toMillis(), TimeUnit.MILLISECONDS));
    } catch (TimeoutException | ExecutionException e) {
      LoggerFactory.getLogger(ServerMain.class).info("stopped while starting");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
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
