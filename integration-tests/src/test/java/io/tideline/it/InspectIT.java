package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.it.harness.Cli;
import io.tideline.it.harness.NodeConfig;
import io.tideline.it.harness.Nodes;
import io.tideline.it.harness.Seed;
import io.tideline.it.harness.ServerProcess;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.FlushPartitionsRequest;
import io.tideline.proto.v1.StoreOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code inspect} and {@code doctor} say of a sound data directory and of a damaged one. */
class InspectIT {

  private static final int DATA_ERROR = 65;
  private static final int FAILED = 1;
  private static final Duration EXIT_TIMEOUT = Duration.ofSeconds(60);

  @RegisterExtension static final Nodes NODES = new Nodes();

  /** Of a stopped node with rows in tables and in the log. */
  private static Path sound;

  private static int copies;

  @BeforeAll
  static void writeAndStop() {
    ServerProcess node = NODES.start(NodeConfig.shortLived());
    Wire wire = node.wire();
    wire.createStore("chats", StoreOptions.getDefaultInstance());
    for (int i = 0; i < 200; i++) {
      wire.append("chats", Wire.id("room-" + i % 7), Wire.text("message number " + i));
    }
    wire.admin().flushPartitions(FlushPartitionsRequest.getDefaultInstance());
    for (int i = 0; i < 50; i++) {
      wire.append("chats", Wire.id("room-" + i % 7), Wire.text("later message " + i));
    }
    // Not stopped in order, so that the log holds what the tables do not.
    node.kill9();
    sound = node.dataDirectory();
  }

  @Test
  void aSoundDirectoryIsVerified() {
    Cli.Result result = inspect(sound, "--verify");

    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(result.output()).contains(".sst", ".log", "every checksum is right");
  }

  @ParameterizedTest
  @ValueSource(strings = {".sst", "MANIFEST", ".log"})
  void aFlippedBitIsFoundByInspectAndDoctor(String kind) throws IOException {
    SplittableRandom random = Seed.random("InspectIT");
    Path damaged = NODES.copy(sound, "damaged-" + ++copies);
    Path file = largest(damaged, kind);
    long offset = flipBit(file, random);

    Cli.Result inspected = inspect(damaged, "--verify");
    Cli.Result examined = NODES.cli().run("doctor", "--data", damaged.toString());

    String what = file + " with a bit flipped at " + offset;
    assertThat(inspected.exitCode()).as("%s: %s", what, inspected.output()).isEqualTo(DATA_ERROR);
    assertThat(inspected.output()).as(what).contains(file.getFileName().toString());
    assertThat(examined.exitCode()).as("%s: %s", what, examined.output()).isEqualTo(FAILED);
    assertThat(examined.output()).as(what).contains(file.getFileName().toString()).contains("FAIL");
  }

  @Test
  void aMissingTableIsFound() throws IOException {
    Path damaged = NODES.copy(sound, "damaged-" + ++copies);
    Path table = largest(damaged, ".sst");
    Files.delete(table);

    Cli.Result inspected = inspect(damaged, "--verify");

    assertThat(inspected.exitCode()).as(inspected.output()).isEqualTo(DATA_ERROR);
    assertThat(inspected.output()).contains(table.getFileName().toString());
  }

  @Test
  void aDamagedLogKeepsTheNodeFromStartingAndIsLeftAsItIs() throws IOException {
    Path damaged = NODES.copy(sound, "damaged-" + ++copies);
    Path segment = largest(damaged, ".log");
    // In the first record after the header: valid records follow, so this is no torn tail.
    flip(segment, 200);
    byte[] before = Files.readAllBytes(segment);

    // On the port the data was written with, which is the node's name.
    ServerProcess node = NODES.launch(NodeConfig.shortLived().with("raft.port", 0), damaged);
    int exitCode = node.process().awaitExit(EXIT_TIMEOUT);

    assertThat(exitCode).as(node.log()).isEqualTo(70);
    assertThat(node.log()).contains(segment.getFileName().toString());
    assertThat(Files.readAllBytes(segment)).as("the damaged segment").isEqualTo(before);
  }

  @Test
  void aDirectoryInUseIsNotInspected() {
    ServerProcess node = NODES.start(NodeConfig.shortLived());

    Cli.Result result = inspect(node.dataDirectory());

    assertThat(result.exitCode()).as(result.output()).isNotZero();
    assertThat(result.output()).contains(node.dataDirectory().toString());
    node.stop();
  }

  @Test
  void doctorFindsNothingWrongWithASoundDirectory() {
    // On any ports: the usual ones may be in use by whoever works on this machine.
    Cli.Result result =
        doctor(
            "--data",
            sound.toString(),
            "--set",
            "grpc.port=0",
            "--set",
            "raft.port=0",
            "--set",
            "http.port=0");

    assertThat(result.output()).doesNotContain("FAIL");
    assertThat(result.exitCode()).as(result.output()).isZero();
  }

  @Test
  void doctorFindsAnUnusableDirectoryAndAWrongConfiguration() throws IOException {
    Path config =
        Files.writeString(NODES.directory().resolve("wrong.yaml"), "grpc:\n  prot: 7420\n");
    Path file = Files.writeString(NODES.directory().resolve("a-file"), "text");

    Cli.Result wrongConfig = doctor("--config", config.toString(), "--quick");
    Cli.Result wrongDirectory = doctor("--data", file.toString());
    assertThat(wrongConfig.exitCode()).isEqualTo(FAILED);
    assertThat(wrongConfig.output()).contains("grpc.prot").contains("grpc.port");
    assertThat(wrongDirectory.exitCode()).isEqualTo(FAILED);
    assertThat(wrongDirectory.output()).contains(file.toString());
  }

  @Test
  void doctorTellsTheNodeOfTheDirectoryFromAnotherThatTookAPort() throws IOException {
    ServerProcess node = NODES.start(NodeConfig.shortLived());
    String[] own = {"--quick", "--config", node.configFile().toString()};
    Path another =
        Files.writeString(
            NODES.directory().resolve("another.yaml"),
            "node:\n  data_directory: %s\nraft:\n  port: %d\n"
                .formatted(NODES.directory().resolve("another"), node.httpPort()));

    Cli.Result running = doctor(own);
    Cli.Result taken =
        doctor("--quick", "--endpoint", node.endpoint(), "--config", another.toString());
    node.stop();
    Cli.Result stopped = doctor(own);

    assertThat(running.exitCode()).as(running.output()).isZero();
    assertThat(running.output()).contains("used for gRPC by node", "used for Raft by node");
    assertThat(taken.exitCode()).as(taken.output()).isEqualTo(FAILED);
    assertThat(taken.output()).contains("port " + node.httpPort(), "in use", "raft.port");
    assertThat(stopped.exitCode()).as(stopped.output()).isZero();
    assertThat(stopped.output()).contains("free for gRPC");
  }

  private static Cli.Result inspect(Path directory, String... options) {
    return NODES
        .cli()
        .run(
            Stream.concat(Stream.of("inspect", "--data", directory.toString()), Stream.of(options))
                .toArray(String[]::new));
  }

  private static Cli.Result doctor(String... options) {
    return NODES
        .cli()
        .run(Stream.concat(Stream.of("doctor"), Stream.of(options)).toArray(String[]::new));
  }

  /** The file of a kind with the most bytes in use: a preallocated one is mostly zeros. */
  private static Path largest(Path directory, String kind) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(file -> file.getFileName().toString().endsWith(kind))
          .max((a, b) -> Long.compare(used(a), used(b)))
          .orElseThrow();
    }
  }

  /** Up to the last byte that is not zero. */
  private static long used(Path file) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      int end = bytes.length;
      while (end > 0 && bytes[end - 1] == 0) {
        end--;
      }
      return end;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Flips a bit somewhere in the first half of what is in use; where. */
  private static long flipBit(Path file, SplittableRandom random) throws IOException {
    long offset = random.nextLong(used(file) / 2);
    flip(file, offset);
    return offset;
  }

  private static void flip(Path file, long offset) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, offset);
      one.put(0, (byte) (one.get(0) ^ 0x10)).rewind();
      channel.write(one, offset);
    }
  }
}
