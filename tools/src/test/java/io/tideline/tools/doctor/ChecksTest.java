package io.tideline.tools.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.client.NodeStatus;
import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.server.config.ConfigKey;
import io.tideline.tools.cli.TestSurroundings;
import io.tideline.tools.doctor.Finding.Severity;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each check with a planted fault, and without. */
class ChecksTest {
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

  @TempDir Path directory;

  @Test
  void oldJavaFails() {
    List<String> options = List.of("--enable-native-access=ALL-UNNAMED");

    assertThat(new JavaCheck(25, "25.0.3", options).run())
        .extracting(Finding::severity)
        .containsExactly(Severity.OK);
    assertThat(new JavaCheck(17, "17.0.15", options).run())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.severity()).isEqualTo(Severity.FAIL);
              assertThat(finding.message()).contains("17.0.15");
              assertThat(finding.advice()).contains("JDK 25").contains("TIDELINE_JAVA_HOME");
            });
    assertThat(new JavaCheck(25, "25", List.of()).run())
        .extracting(Finding::severity)
        .containsExactly(Severity.OK, Severity.WARN);
  }

  @Test
  void wrongConfigurationFailsNamingTheKey() throws IOException {
    Path file = Files.writeString(directory.resolve("t.yaml"), "grpc:\n  prot: 7420\n");

    assertThat(new ConfigCheck(file, Map.of(), List.of()).run())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.severity()).isEqualTo(Severity.FAIL);
              assertThat(finding.message()).contains("grpc.prot");
            });
    assertThat(new ConfigCheck(null, Map.of("TIDELINE_GRPC_PORT", "x"), List.of()).run())
        .extracting(Finding::severity)
        .containsExactly(Severity.FAIL);
    assertThat(new ConfigCheck(null, Map.of(), List.of()).run())
        .extracting(Finding::severity)
        .containsExactly(Severity.OK);
  }

  @Test
  void directoryThatCanBeUsedIsOkAndStaysClean() throws IOException {
    assertThat(new DirectoryCheck(directory).run().getFirst().severity()).isEqualTo(Severity.OK);
    assertThat(new DirectoryCheck(directory.resolve("a/b")).run().getFirst().message())
        .contains("does not exist yet");
    try (var left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void unwritableDirectoryFails() {
    // procfs refuses files whoever asks, root included.
    assertThat(new DirectoryCheck(Path.of("/proc/tideline")).run().getFirst())
        .satisfies(
            finding -> {
              assertThat(finding.severity()).isEqualTo(Severity.FAIL);
              assertThat(finding.message()).contains("cannot be written");
            });
  }

  @Test
  void aFileInPlaceOfTheDirectoryFails() throws IOException {
    Path file = Files.writeString(directory.resolve("data"), "");

    assertThat(new DirectoryCheck(file).run())
        .singleElement()
        .satisfies(finding -> assertThat(finding.message()).contains("is not a directory"));
  }

  @Test
  void lockedDirectoryIsTold() throws IOException {
    assertThat(LockCheck.isLocked(directory)).isFalse();
    try (Closeable held = new RealFileSystem().lock(directory)) {
      assertThat(held).isNotNull();
      assertThat(LockCheck.isLocked(directory)).isTrue();
      assertThat(new LockCheck(directory).run().getFirst().message()).contains("a running node");
    }
    assertThat(LockCheck.isLocked(directory)).isFalse();
  }

  @Test
  void memoryPlanIsHeldAgainstMachineAndContainer() {
    long gib = 1L << 30;

    assertThat(severity(new MemoryCheck(gib, gib, 16 * gib, Long.MAX_VALUE)))
        .isEqualTo(Severity.OK);
    assertThat(severity(new MemoryCheck(gib, gib, 16 * gib, 5 * gib / 2))).isEqualTo(Severity.WARN);
    assertThat(severity(new MemoryCheck(gib, gib, 16 * gib, 2 * gib))).isEqualTo(Severity.FAIL);
    assertThat(new MemoryCheck(gib, gib, 16 * gib, 2 * gib).run().getFirst().message())
        .contains("2.3 GiB")
        .contains("its container");
  }

  @Test
  void containerLimitIsReadFromCgroups() throws IOException {
    Path none = Files.writeString(directory.resolve("max"), "max\n");
    Path limit = Files.writeString(directory.resolve("limit"), "1073741824\n");

    assertThat(Machine.containerBytes(List.of(none))).isEqualTo(Long.MAX_VALUE);
    assertThat(Machine.containerBytes(List.of(directory.resolve("absent"), limit)))
        .isEqualTo(1L << 30);
    assertThat(Machine.ofProcess().javaFeature()).isGreaterThanOrEqualTo(25);
  }

  @Test
  void openFileLimitHasTwoThresholds() {
    assertThat(severity(new OpenFilesCheck(1_024))).isEqualTo(Severity.FAIL);
    assertThat(severity(new OpenFilesCheck(20_000))).isEqualTo(Severity.WARN);
    assertThat(severity(new OpenFilesCheck(65_536))).isEqualTo(Severity.OK);
    assertThat(severity(new OpenFilesCheck(-1))).isEqualTo(Severity.WARN);
  }

  @Test
  void steppedClockIsNoticed() {
    AtomicLong wall = new AtomicLong(NOW.toEpochMilli());
    AtomicLong nanos = new AtomicLong();
    Runnable step =
        () -> {
          nanos.addAndGet(Duration.ofMillis(250).toNanos());
          wall.addAndGet(3_250);
        };

    assertThat(new ClockCheck(() -> at(wall), nanos::get, step, directory).run())
        .extracting(Finding::severity)
        .containsExactly(Severity.OK, Severity.WARN, Severity.OK);
  }

  @Test
  void filesFromTheFutureAndImpossibleDatesFail() throws IOException {
    Path file = Files.writeString(directory.resolve("0000000000000001.log"), "x");
    Files.setLastModifiedTime(file, FileTime.from(NOW.plusSeconds(3_600)));

    assertThat(new ClockCheck(InstantSource.fixed(NOW), () -> 0, () -> {}, directory).run())
        .last()
        .satisfies(
            finding -> {
              assertThat(finding.severity()).isEqualTo(Severity.FAIL);
              assertThat(finding.message()).contains("1 h 00 min in the future");
            });
    InstantSource unset = InstantSource.fixed(Instant.EPOCH);
    assertThat(new ClockCheck(unset, () -> 0, () -> {}, directory.resolve("none")).run())
        .first()
        .satisfies(finding -> assertThat(finding.severity()).isEqualTo(Severity.FAIL));
  }

  @Test
  void timeDaemonIsFoundByWhatItLeaves() throws IOException {
    assertThat(severity(new TimeDaemonCheck(directory))).isEqualTo(Severity.WARN);
    Files.createDirectories(directory.resolve("run/systemd/timesync"));
    Files.writeString(directory.resolve("run/systemd/timesync/synchronized"), "");
    assertThat(severity(new TimeDaemonCheck(directory))).isEqualTo(Severity.OK);
  }

  @Test
  void foreignPortFailsNamingTheKey() throws IOException {
    int port;
    // Listens, but speaks no protocol of ours.
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = taken.getLocalPort();
      assertThat(raftPort(taken.getLocalPort()).run())
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.severity()).isEqualTo(Severity.FAIL);
                assertThat(finding.message()).contains("in use by another program");
                assertThat(finding.advice())
                    .contains("ss -ltnp sport = :" + taken.getLocalPort())
                    .contains("raft.port");
              });
    }
    assertThat(severity(raftPort(port))).isEqualTo(Severity.OK);
    assertThat(raftPort(0).run().getFirst().message()).contains("any free one");
  }

  private PortCheck raftPort(int port) {
    PortOwners owners = new PortOwners(directory, Optional.empty(), "localhost", port);
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    return new PortCheck("Raft", ConfigKey.RAFT_PORT, address, owners);
  }

  @Test
  void ownNodeIsToldByLockAndReadyFile() throws IOException {
    Path ready =
        Files.writeString(
            directory.resolve("tideline.ready"),
            """
            {"node":"n1","grpc":"127.0.0.1:1","raft":"127.0.0.1:2","http":"127.0.0.1:3"}
            """);
    assertThat(OwnNode.of(directory)).as("of a killed node").isEmpty();
    try (Closeable held = new RealFileSystem().lock(directory)) {
      assertThat(held).isNotNull();
      OwnNode own = OwnNode.of(directory).orElseThrow();
      assertThat(own.nodeId()).isEqualTo("n1");
      assertThat(own.uses(ConfigKey.RAFT_PORT, 2)).isTrue();
      assertThat(own.uses(ConfigKey.RAFT_PORT, 3)).as("it has that for HTTP").isFalse();

      Files.writeString(ready, "{\"node\":\"n1\",\"grpc\":\"nowhere\"}");
      assertThatThrownBy(() -> OwnNode.of(directory))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("\"grpc\"");
      Files.delete(ready);
      assertThat(OwnNode.of(directory)).as("of a node that is starting").isEmpty();
    }
  }

  @Test
  void silentEndpointFailsOnlyIfOneWasNamed() {
    InstantSource clock = InstantSource.fixed(NOW);

    assertThat(severity(new EndpointCheck("localhost:1", true, clock))).isEqualTo(Severity.FAIL);
    assertThat(severity(new EndpointCheck("localhost:1", false, clock))).isEqualTo(Severity.OK);
  }

  @Test
  void nodeWithDamageFailsThoughItAnswers() {
    EndpointCheck check = new EndpointCheck("localhost:1", true, InstantSource.fixed(NOW));

    assertThat(check.unsound(status(0, 0))).isEmpty();
    assertThat(check.unsound(status(1, 0)).orElseThrow().severity()).isEqualTo(Severity.FAIL);
    assertThat(check.unsound(status(0, 2)).orElseThrow())
        .satisfies(
            finding -> {
              assertThat(finding.severity()).isEqualTo(Severity.FAIL);
              assertThat(finding.message()).contains("2 damaged table files");
              assertThat(finding.advice()).contains("tideline inspect");
            });
  }

  private static NodeStatus status(int failedPartitions, int damagedTables) {
    return new NodeStatus(
        "node-1",
        "cluster",
        "version",
        NOW,
        Duration.ZERO,
        1,
        1,
        1,
        1,
        3,
        0,
        0,
        0,
        failedPartitions,
        damagedTables);
  }

  @Test
  void directoryWithoutDataHasNothingToVerify() {
    assertThat(severity(new FilesCheck(directory, new TestSurroundings().context())))
        .isEqualTo(Severity.OK);
  }

  private static Instant at(AtomicLong millis) {
    return Instant.ofEpochMilli(millis.get());
  }

  private static Severity severity(Check check) {
    assertThat(check.name()).isNotBlank();
    return check.run().getFirst().severity();
  }
}
