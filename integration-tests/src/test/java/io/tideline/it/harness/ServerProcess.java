package io.tideline.it.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A real node in a JVM of its own: the command line's {@code server}, a data directory, three ports
 * that stay the same through restarts, and a log that all its lives append to.
 *
 * <p>Not thread-safe, but what it hands out is: {@link #wire()} keeps working across restarts.
 */
public final class ServerProcess implements AutoCloseable {

  public static final String HOST = "127.0.0.1";

  /** A JVM on a busy two-core machine takes seconds; replaying a full log must not take minutes. */
  private static final Duration READY_TIMEOUT = Duration.ofSeconds(90);

  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration POLL_INTERVAL = Duration.ofMillis(20);

  private final String name;
  private final Path directory;
  private final Path dataDirectory;
  private final NodeConfig config;
  private final int grpcPort;
  private final int raftPort = Ports.free();
  private final int httpPort = Ports.free();
  private final Wire wire;
  private ChildProcess process;
  private Duration startup = Duration.ZERO;

  /**
   * @param directory for log and configuration file
   * @param dataDirectory the node's data
   */
  ServerProcess(String name, Path directory, Path dataDirectory, NodeConfig config) {
    this.name = name;
    this.directory = directory;
    this.dataDirectory = dataDirectory;
    this.config = config;
    // The members of a cluster are told of before they start.
    this.grpcPort =
        config.settings().get("grpc.port") instanceof Integer port ? port : Ports.free();
    this.wire = new Wire(HOST, grpcPort);
    this.process = launch(List.of());
  }

  private ChildProcess launch(List<String> options) {
    try {
      Files.writeString(configFile(), fullConfig().toYaml());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<String> arguments =
        new ArrayList<>(List.of("server", "--config", configFile().toString()));
    arguments.addAll(options);
    List<String> command = Jvm.command(config.jvmOptions(), arguments);
    return ChildProcess.start(name, command, Map.of(), logFile());
  }

  /** What the test asks for wins. */
  private NodeConfig fullConfig() {
    NodeConfig full =
        new NodeConfig(config.jvmOptions(), Map.of())
            .with("node.data_directory", dataDirectory.toString())
            .with("grpc.port", grpcPort)
            .with("raft.port", raftPort)
            .with("http.port", httpPort);
    for (Map.Entry<String, Object> setting : config.settings().entrySet()) {
      full = full.with(setting.getKey(), setting.getValue());
    }
    return full;
  }

  /** The configuration file it was started with. */
  public Path configFile() {
    return directory.resolve(name + ".yaml");
  }

  private Path logFile() {
    return directory.resolve(name + ".out");
  }

  /** Waits until the node says that it serves; fails at once if it ends instead. */
  ServerProcess awaitReady() {
    long start = System.nanoTime();
    await(name + " serves")
        .atMost(READY_TIMEOUT)
        .pollInterval(POLL_INTERVAL)
        .failFast(() -> assertThat(process.isAlive()).as(this::lastWords).isTrue())
        .until(this::isServing);
    startup = Duration.ofNanos(System.nanoTime() - start);
    return this;
  }

  private String lastWords() {
    return name + " ended while starting:\n" + process.tail(80);
  }

  private boolean isServing() {
    try {
      return wire.health().check(HealthCheckRequest.getDefaultInstance()).getStatus()
          == ServingStatus.SERVING;
    } catch (StatusRuntimeException notYet) {
      // After a refused connection gRPC would wait longer and longer before it tries again.
      wire.channel().resetConnectBackoff();
      return false;
    }
  }

  /** SIGKILL: as a power cut for the process, though not for the disk. */
  public void kill9() {
    process.kill9();
  }

  /** Asks the node to stop and waits until it has; it must say that all went well. */
  public void stop() {
    process.terminate();
    int exitCode = process.awaitExit(STOP_TIMEOUT);
    assertThat(exitCode).as("exit code of %s after SIGTERM:\n%s", name, process.tail(40)).isZero();
  }

  /**
   * Starts a killed or stopped node again on the same data and ports; returns when it serves.
   *
   * @param options of the command line, for this start alone
   */
  public ServerProcess restart(String... options) {
    return relaunch(options).awaitReady();
  }

  /** As {@link #restart}, and does not wait: it may never serve. */
  public ServerProcess relaunch(String... options) {
    assertThat(process.isAlive()).as("%s still runs", process).isFalse();
    process = launch(List.of(options));
    return this;
  }

  /** How long the last start took until the node served, JVM start included. */
  public Duration startup() {
    return startup;
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  public ChildProcess process() {
    return process;
  }

  public Wire wire() {
    return wire;
  }

  public String endpoint() {
    return HOST + ":" + grpcPort;
  }

  public int grpcPort() {
    return grpcPort;
  }

  public int httpPort() {
    return httpPort;
  }

  public Path dataDirectory() {
    return dataDirectory;
  }

  public String name() {
    return name;
  }

  /** Everything the node logged in all its lives. */
  public String log() {
    return ChildProcess.read(logFile());
  }

  String logTail(int lines) {
    return process.tail(lines);
  }

  @Override
  public void close() {
    process.close();
    wire.close();
  }
}
