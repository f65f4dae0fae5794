package io.tideline.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.FlushPartitionsRequest;
import io.tideline.proto.v1.GetNodeStatusRequest;
import io.tideline.proto.v1.PartitionStatus;
import io.tideline.proto.v1.SequenceMode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Damage that comes while a node runs: one read meets it, then everybody can see it. */
final class TableDamageTest {

  /** So many rows of so many letters make several blocks, of which a start reads one. */
  private static final int ROWS = 20;

  private static final int ROW_LETTERS = 8 << 10;

  @TempDir private Path directory;

  private final Random random = new Random(7);

  private final ListAppender<ILoggingEvent> told = new ListAppender<>();

  private final Logger log =
      (Logger) LoggerFactory.getLogger("io.tideline.server.catalog.DamageLog");

  @BeforeEach
  void listen() {
    told.start();
    log.addAppender(told);
  }

  @AfterEach
  void listenNoMore() {
    log.detachAppender(told);
  }

  @Test
  void aReadThatMeetsDamageMakesItKnown() throws Exception {
    Path data = directory.resolve("data");
    long damagedId;
    try (TestNode node = TestNode.start(data)) {
      node.createStore("im", SequenceMode.SEQUENCE_MODE_DENSE, "m");
      append(node, "a");
      for (int i = 0; i < ROWS; i++) {
        append(node, "z");
      }
      var unused = node.admin().flushPartitions(FlushPartitionsRequest.getDefaultInstance());
      damagedId = node.partitions("im").get(1).getPartition().getPartitionId();
    }

    Path table = table(data.resolve("partitions").resolve(Long.toString(damagedId)));
    try (TestNode node = TestNode.start(data)) {
      assertThat(node.partitions("im")).allMatch(status -> status.getDamagedTableCount() == 0);
      assertThat(metrics(node))
          .contains("tideline_engine_tables_damaged 0.0")
          .contains("tideline_partitions_damaged 0.0");
      flipMiddle(table);

      StatusRuntimeException read =
          catchThrowableOfType(StatusRuntimeException.class, () -> node.scanned("im", "z"));
      ErrorDetail detail = StatusProto.fromThrowable(read).getDetails(0).unpack(ErrorDetail.class);
      assertThat(detail.getReason()).isEqualTo(ErrorReason.ERROR_REASON_CORRUPTION);
      assertThat(detail.getValue()).contains(table.getFileName().toString());

      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () -> assertThat(node.partitions("im").get(1).getDamagedTableCount()).isEqualTo(1));
      PartitionStatus damaged = node.partitions("im").get(1);
      assertThat(damaged.getRole()).isEqualTo("LEADER");
      assertThat(damaged.getDamage(0).getFile()).isEqualTo(table.toString());
      assertThat(damaged.getDamage(0).getProblem()).contains("expected").contains("found");
      assertThat(damaged.getDamage(0).getFirstKey()).startsWith("timeline");
      assertThat(damaged.getScrub().getFilesVerified()).isPositive();
      assertThat(node.partitions("im").get(0).getDamagedTableCount()).isZero();
      assertThat(
              node.admin()
                  .getNodeStatus(GetNodeStatusRequest.getDefaultInstance())
                  .getDamagedTableCount())
          .isEqualTo(1);
      assertThat(metrics(node))
          .contains("tideline_engine_tables_damaged 1.0")
          .contains("tideline_partitions_damaged 1.0");
      assertThat(table.resolveSibling("quarantine").resolve(table.getFileName())).exists();

      assertThat(node.scanned("im", "a")).isEqualTo(1);
      append(node, "a");
      assertThat(node.scanned("im", "a")).isEqualTo(2);
      await().atMost(Duration.ofSeconds(30)).until(() -> !told.list.isEmpty());
    }
    // Closed: nothing is told any more.
    assertThat(told.list)
        .singleElement()
        .satisfies(
            event -> {
              assertThat(event.getLevel()).isEqualTo(Level.ERROR);
              assertThat(event.getFormattedMessage())
                  .contains("partition " + damagedId, table.toString(), "tideline inspect --data");
            });
  }

  /** In place, under the open file; rows are by far the most of it. */
  private static void flipMiddle(Path table) throws IOException {
    try (FileChannel file =
        FileChannel.open(table, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      long offset = file.size() / 2;
      file.read(one, offset);
      one.put(0, (byte) (one.get(0) ^ 1)).rewind();
      file.write(one, offset);
    }
  }

  private static Path table(Path partition) throws IOException {
    try (Stream<Path> files = Files.list(partition)) {
      List<Path> tables = files.filter(file -> file.toString().endsWith(".sst")).toList();
      assertThat(tables).hasSize(1);
      return tables.getFirst();
    }
  }

  private void append(TestNode node, String conversation) {
    assertThat(node.append("im", conversation, letters())).isPositive();
  }

  private String letters() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < ROW_LETTERS; i++) {
      text.append((char) ('a' + random.nextInt(26)));
    }
    return text.toString();
  }

  private static String metrics(TestNode node) throws Exception {
    URI uri = URI.create("http://" + node.server().info().address().httpAddress() + "/metrics");
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }
}
