package io.tideline.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process of a node from outside: its log, exit codes and signals. */
final class ServerMainTest {

  private static final Duration PATIENCE = Duration.ofSeconds(120);

  @TempDir private Path directory;

  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void endProcesses() {
    processes.forEach(Process::destroyForcibly);
  }

  @Test
  void misspeltKeyExitsWithItsCodeAndASuggestion() throws Exception {
    Process process = start("--set", "grpc.prot=1");
    assertThat(exitCode(process)).isEqualTo(ServerMain.EXIT_CONFIG);
    assertThat(output()).contains("unknown key \"grpc.prot\"", "did you mean \"grpc.port\"?");
  }

  @Test
  void directoryOfSomethingElseExitsWithItsCode() throws Exception {
    Path data = Files.createDirectories(directory.resolve("data"));
    Files.writeString(data.resolve("photo.jpg"), "x");
    Process process = start(node(data));
    assertThat(exitCode(process)).isEqualTo(ServerMain.EXIT_CONFIG);
    assertThat(output()).contains("cannot start", "photo.jpg").doesNotContain("\tat ");
  }

  @Test
  void signalIsAnOrderlyStop() throws Exception {
    Path data = directory.resolve("data");
    Path ready = data.resolve(ReadyFile.NAME);
    Process process = start(node(data));
    await().atMost(PATIENCE).until(() -> Files.exists(ready) || !process.isAlive());
    assertThat(process.isAlive()).as(output()).isTrue();
    assertThat(Files.readString(ready)).contains("\"pid\":" + process.pid());
    process.destroy();
    assertThat(exitCode(process)).as(output()).isZero();
    assertThat(ready).doesNotExist();
    assertThat(output())
        .contains("memory: heap up to", "off-heap up to", "ready: gRPC 127.0.0.1:", "stopped");
  }

  private static String[] node(Path data) {
    return new String[] {
      "--data", data.toString(),
      "--set", "grpc.port=0",
      "--set", "raft.port=0",
      "--set", "http.port=0",
      "--set", "memory.off_heap_bytes=128MiB",
      "--set", "log.segment_bytes=4MiB"
    };
  }

  private Process start(String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            ServerMain.class.getName()));
    command.addAll(List.of(args));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("output.txt").toFile())
            .start();
    processes.add(process);
    return process;
  }

  private static int exitCode(Process process) throws InterruptedException {
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("ended").isTrue();
    return process.exitValue();
  }

  private String output() throws IOException {
    return Files.readString(directory.resolve("output.txt"));
  }
}
