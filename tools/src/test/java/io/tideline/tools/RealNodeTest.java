package io.tideline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.server.config.NodeConfig;
import io.tideline.server.node.TidelineServer;
import io.tideline.server.service.NodeAddress;
import io.tideline.tools.chat.ChatGenerator;
import io.tideline.tools.chat.ChatMessage;
import io.tideline.tools.chat.ChatShape;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.TestSurroundings;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands against a node in this process, on free ports. */
class RealNodeTest {
  /** Of a cluster that the node is not of. */
  private static final String OTHER_CLUSTER = "00000000-0000-4000-8000-000000000000";

  @TempDir Path directory;

  private Path data;
  private TidelineServer server;
  private String endpoint;

  @BeforeEach
  void start() throws Exception {
    data = directory.resolve("data");
    startNode(0);
  }

  private void startNode(int port) throws Exception {
    server =
        TidelineServer.start(
            NodeConfig.defaults()
                .with(
                    "node.data_directory=" + data,
                    "grpc.port=" + port,
                    "raft.port=0",
                    "http.port=0",
                    "log.segment_bytes=1048576",
                    "memory.off_heap_bytes=134217728"));
    endpoint = server.info().address().grpcAddress();
  }

  @AfterEach
  void stop() {
    server.stop();
  }

  @Test
  void storesTimelinesAndMetaFromTheCommandLine() {
    run(ExitCode.OK, "store", "create", "threads", "--id", "group:int64,name", "--ttl", "14d");
    run(ExitCode.FAILED, "store", "create", "threads", "--id", "group:int64,name");
    assertThat(run(ExitCode.OK, "store", "list", "-o", "json"))
        .contains("\"name\":\"threads\"")
        .contains("\"identifier\":\"group:int64,name:string\"")
        .contains("\"ttl_ms\":1209600000");

    append("threads", "7,a\\,b", "n:int64=1", "--key", "k");
    assertThat(append("threads", "7,a\\,b", "n:int64=1", "--key", "k"))
        .contains("\"sequence_id\":1")
        .contains("\"duplicate\":true");
    append("threads", "7,a\\,b", "n:int64=2");
    append("threads", "7,a\\,b", "n:int64=3");
    assertThat(
            run(
                    ExitCode.OK,
                    "timeline",
                    "scan",
                    "threads",
                    "7,a\\,b",
                    "--backward",
                    "-n",
                    "2",
                    "-o",
                    "json")
                .lines())
        .satisfiesExactly(
            third -> assertThat(third).contains("\"fields\":{\"n\":3}"),
            second -> assertThat(second).contains("\"fields\":{\"n\":2}"),
            coverage -> assertThat(coverage).contains("\"status\":\"more\"", "\"has_more\":true"));
    run(ExitCode.OK, "timeline", "trim", "threads", "7,a\\,b", "2");
    assertThat(
            run(ExitCode.OK, "timeline", "scan", "threads", "7,a\\,b", "--from", "1", "-o", "json"))
        .contains("\"status\":\"trimmed\"", "\"first_retained_sequence_id\":3");
    assertThat(run(ExitCode.OK, "timeline", "heads", "threads", "7,a\\,b", "-o", "json"))
        .contains("\"last_sequence_id\":3", "\"trimmed_through_sequence_id\":2");

    run(ExitCode.OK, "meta", "put", "threads", "7,a\\,b", "--field", "name=x");
    assertThat(run(ExitCode.OK, "meta", "list", "threads", "--prefix", "7", "-o", "json"))
        .contains("\"timeline\":\"7,a\\\\,b\"", "\"fields\":{\"name\":\"x\"}");
    run(ExitCode.USAGE, "timeline", "get", "threads", "7", "1");
    run(ExitCode.OK, "store", "alter", "threads", "--ttl", "7d");
    run(ExitCode.USAGE, "store", "drop", "threads");
    run(ExitCode.OK, "store", "drop", "threads", "--yes");
    run(ExitCode.FAILED, "store", "describe", "threads");
  }

  @Test
  void entriesAreEditedFromTheCommandLine() {
    run(ExitCode.OK, "store", "create", "edited", "--id", "name");
    for (int i = 1; i <= 3; i++) {
      append("edited", "a", "text=m" + i);
    }
    assertThat(
            run(
                ExitCode.OK,
                "timeline",
                "update",
                "edited",
                "a",
                "1",
                "--field",
                "text=new",
                "--expect-revision",
                "0",
                "--announce",
                "-o",
                "json"))
        .contains("\"revision\":1", "\"change_sequence_id\":4");
    run(
        ExitCode.FAILED,
        "timeline",
        "update",
        "edited",
        "a",
        "1",
        "-f",
        "a=b",
        "--expect-revision",
        "0");
    run(ExitCode.USAGE, "timeline", "update", "edited", "a", "1");
    assertThat(run(ExitCode.OK, "timeline", "recall", "edited", "a", "2"))
        .contains("Recalled entry 2.");
    assertThat(run(ExitCode.OK, "timeline", "delete", "edited", "a", "3", "--announce"))
        .contains("Deleted entry 3; announced as entry 5.");
    assertThat(run(ExitCode.OK, "timeline", "scan", "edited", "a").lines().toList())
        .anyMatch(line -> line.startsWith(" 1 ") && line.contains("{\"text\":\"new\"}"))
        .anyMatch(line -> line.startsWith(" 2 ") && line.contains("(recalled)"))
        .anyMatch(line -> line.startsWith(" 4 ") && line.contains("(entry 1 updated)"))
        .anyMatch(line -> line.startsWith(" 5 ") && line.contains("(entry 3 deleted)"));
    run(ExitCode.USAGE, "timeline", "drop", "edited", "a");
    assertThat(run(ExitCode.OK, "timeline", "drop", "edited", "a", "--yes", "-o", "json"))
        .contains("\"last_sequence_id\":5");
    assertThat(run(ExitCode.OK, "timeline", "heads", "edited", "a", "-o", "json"))
        .contains("\"epoch\":1", "\"first_retained_sequence_id\":6");
  }

  @Test
  void exportGivesBackWhatImportRead() throws IOException {
    Path log = chatLog(2_000);

    String summary = run(ExitCode.OK, "import", log.toString(), "-o", "json");
    assertThat(summary).contains("\"messages\":2000", "\"duplicates\":0");
    assertThat(run(ExitCode.OK, "import", log.toString(), "-o", "json"))
        .contains("\"resumed_from_line\":2000", "\"messages\":0");

    Path exported = directory.resolve("out.jsonl");
    run(ExitCode.OK, "export", exported.toString(), "-o", "json");
    assertThat(byConversation(exported)).isEqualTo(byConversation(log));
    run(ExitCode.CANNOT_CREATE, "export", exported.toString());

    run(ExitCode.OK, "timeline", "delete", "conversations", "channel:lobby", "2");
    Path holed = directory.resolve("deleted.jsonl.gz");
    assertThat(run(ExitCode.OK, "export", holed.toString(), "-o", "json"))
        .contains("\"messages\":1999", "\"deleted_entries\":1");
    run(ExitCode.OK, "timeline", "trim", "conversations", "channel:lobby", "1");
    Path trimmed = directory.resolve("trimmed.jsonl.gz");
    run(ExitCode.FAILED, "export", trimmed.toString());
    assertThat(trimmed).doesNotExist();
    assertThat(run(ExitCode.OK, "export", trimmed.toString(), "--allow-trimmed", "-o", "json"))
        .contains("\"trimmed_conversations\":1", "\"messages\":1998");
  }

  @Test
  void importGoesOnWhenTheNodeIsRestarted() throws Exception {
    Path log = chatLog(6_000);
    int port = port(endpoint);
    CompletableFuture<String> summary =
        CompletableFuture.supplyAsync(
            () -> run(ExitCode.OK, "import", log.toString(), "-o", "json"));
    Path checkpoint = directory.resolve("chat.jsonl.tideline-checkpoint");
    while (!Files.exists(checkpoint) && !summary.isDone()) {
      LockSupport.parkNanos(1_000_000);
    }
    server.stop();
    startNode(port);

    assertThat(summary.join()).contains("\"messages\":6000");
    Path exported = directory.resolve("out.jsonl");
    run(ExitCode.OK, "export", exported.toString(), "-o", "json");
    assertThat(byConversation(exported)).isEqualTo(byConversation(log));
  }

  @Test
  void inspectAndDoctorFindDamageInAStoppedNode() throws IOException {
    run(ExitCode.OK, "import", chatLog(300).toString(), "-o", "json");
    assertThat(run(ExitCode.FAILED, "inspect", "--data", data.toString())).isEmpty();
    server.stop();

    assertThat(run(ExitCode.OK, "inspect", "--data", data.toString(), "--verify", "-o", "json"))
        .contains("\"kind\":\"manifest\"", "\"kind\":\"segment\"")
        .contains("\"kind\":\"verification\"", "\"problems\":0");

    Path segment = firstSegment();
    flipByte(segment, 5_000);
    assertThat(run(ExitCode.DATA, "inspect", "--data", data.toString(), "--verify", "-o", "json"))
        .contains("\"kind\":\"problem\"")
        .contains(segment.getFileName().toString())
        .contains("\"expected\":");
    assertThat(run(ExitCode.FAILED, "doctor", "--data", data.toString(), "-o", "json"))
        .contains("\"check\":\"files\",\"severity\":\"FAIL\"");
    assertThat(run("doctor", "--data", data.toString(), "--quick", "-o", "json").out())
        .doesNotContain("\"check\":\"files\"");
  }

  @Test
  void doctorTellsThePortsOfItsOwnNodeFromThoseOfAnother() {
    String own = doctor("--data", data.toString());
    assertThat(own.lines().filter(line -> line.contains("\"check\":\"port ")))
        .hasSize(3)
        .allSatisfy(line -> assertThat(line).contains("\"severity\":\"OK\"", "by node node-1"));

    String elsewhere = directory.resolve("elsewhere").toString();
    String other = doctor("--data", elsewhere);
    assertThat(other.lines().filter(line -> line.contains("\"check\":\"port ")))
        .hasSize(3)
        .allSatisfy(
            line ->
                assertThat(line)
                    .contains("\"severity\":\"FAIL\"", "in use by node node-1", "--data"));

    assertThat(doctor("--data", data.toString(), "--set", "cluster.id=" + OTHER_CLUSTER))
        .contains("in use by node node-1");
  }

  /**
   * With the ports of the running node in the configuration. The exit code says nothing here: the
   * clock of the surroundings is not that of the files.
   */
  private String doctor(String... options) {
    NodeAddress address = server.info().address();
    List<String> arguments = new ArrayList<>(List.of("doctor", "--quick", "-o", "json"));
    arguments.addAll(List.of("--set", "grpc.port=" + port(address.grpcAddress())));
    arguments.addAll(List.of("--set", "raft.port=" + port(address.raftAddress())));
    arguments.addAll(List.of("--set", "http.port=" + port(address.httpAddress())));
    arguments.addAll(List.of(options));
    return run(arguments.toArray(String[]::new)).out();
  }

  private static int port(String address) {
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  private String append(String store, String timeline, String field, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("timeline", "append", store, timeline, "-f", field, "-o", "json"));
    arguments.addAll(List.of(more));
    return run(ExitCode.OK, arguments.toArray(String[]::new));
  }

  /** Runs a command, expects its exit code and returns what it printed. */
  private String run(int exitCode, String... arguments) {
    Result result = run(arguments);
    assertThat(result.exitCode())
        .as(String.join(" ", arguments) + ": " + result.err() + result.out())
        .isEqualTo(exitCode);
    return result.out();
  }

  private record Result(int exitCode, String out, String err) {}

  private Result run(String... arguments) {
    TestSurroundings surroundings = new TestSurroundings();
    List<String> all = new ArrayList<>(List.of(arguments));
    boolean connects = !List.of("inspect", "doctor").contains(arguments[0]);
    if (connects) {
      all.addAll(List.of("--endpoint", endpoint));
    }
    int exitCode = Main.commandLine(surroundings.context()).execute(all.toArray(String[]::new));
    return new Result(exitCode, surroundings.out(), surroundings.err());
  }

  private Path chatLog(int count) throws IOException {
    ChatGenerator generator = new ChatGenerator(3, new ChatShape(30, 20, 0.3, 4));
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ChatMessage message = generator.next();
      lines.add(message.toJson());
    }
    return Files.write(directory.resolve("chat.jsonl"), lines);
  }

  /** Lines sorted by conversation, within one in the order of the file. */
  private static List<String> byConversation(Path log) throws IOException {
    return Files.readAllLines(log).stream()
        .sorted(Comparator.comparing(line -> line.substring(0, line.indexOf("\",\"sender\""))))
        .toList();
  }

  private Path firstSegment() throws IOException {
    try (Stream<Path> files = Files.list(data.resolve("log"))) {
      return files
          .filter(file -> file.getFileName().toString().matches("\\d+\\.log"))
          .sorted()
          .findFirst()
          .orElseThrow();
    }
  }

  private static void flipByte(Path file, long offset) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(offset);
      int value = bytes.read();
      bytes.seek(offset);
      bytes.write(value ^ 1);
    }
  }
}
