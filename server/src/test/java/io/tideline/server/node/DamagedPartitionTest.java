package io.tideline.server.node;

import static io.tideline.server.node.TestNode.timeline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.rpc.Code;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.tideline.proto.v1.AlterStoreRequest;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.FlushPartitionsRequest;
import io.tideline.proto.v1.GetNodeStatusRequest;
import io.tideline.proto.v1.HeadsRequest;
import io.tideline.proto.v1.PartitionStatus;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.proto.v1.StoreOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damage in one partition's files is that partition's alone; damage of the log is the node's. */
final class DamagedPartitionTest {

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"MANIFEST", "sst", "missing"})
  void theOthersServeAndTheDamagedOneSaysWhatIsWrong(String what) throws Exception {
    Path data = directory.resolve("data");
    long damagedId = write(data);
    Path partition = data.resolve("partitions").resolve(Long.toString(damagedId));
    Path file = file(partition, what.equals("MANIFEST"));
    byte[] sound = Files.readAllBytes(file);
    damage(file, sound, what);

    try (TestNode node = TestNode.start(data)) {
      assertThat(node.append("im", "a", "m")).isEqualTo(3);
      ErrorDetail detail = refusal(() -> node.append("im", "z", "m"));
      assertThat(detail.getReason()).isEqualTo(ErrorReason.ERROR_REASON_REPLICA_FAILED);
      assertThat(detail.getValue()).contains("offset");
      assertThat(detail.getStore()).isEqualTo("im");
      assertThat(detail.getPartition().getPartitionId()).isEqualTo(damagedId);
      StatusRuntimeException read =
          catchThrowableOfType(StatusRuntimeException.class, () -> node.scanned("im", "z"));
      assertThat(read.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(read.getStatus().getDescription())
          .contains(file.getFileName().toString(), "tideline inspect");
      assertThat(node.scanned("im", "a")).isEqualTo(3);
      // Of several timelines only those in it fail.
      var heads =
          node.timelines()
              .heads(
                  HeadsRequest.newBuilder()
                      .setStore("im")
                      .addTimelines(timeline("a"))
                      .addTimelines(timeline("z"))
                      .build())
              .getResultsList();
      assertThat(heads.get(0).getHead().getLastSequenceId()).isEqualTo(3);
      assertThat(heads.get(1).getError().getCode()).isEqualTo(Code.UNAVAILABLE_VALUE);

      var status = node.admin().getNodeStatus(GetNodeStatusRequest.getDefaultInstance());
      assertThat(status.getFailedPartitionCount()).isEqualTo(1);
      assertThat(status.getPartitionCount()).isEqualTo(3);
      List<PartitionStatus> partitions = node.partitions("im");
      assertThat(partitions)
          .extracting(PartitionStatus::getRole)
          .containsExactly("LEADER", "FAILED");
      assertThat(partitions.get(1).getFailure()).contains("tideline inspect");
      assertThat(
              refusal(
                      () ->
                          node.admin()
                              .flushPartitions(
                                  FlushPartitionsRequest.newBuilder()
                                      .setPartitionId(damagedId)
                                      .build()))
                  .getReason())
          .isEqualTo(ErrorReason.ERROR_REASON_REPLICA_FAILED);
      var altered =
          node.stores()
              .alterStore(
                  AlterStoreRequest.newBuilder()
                      .setName("im")
                      .setOptions(StoreOptions.newBuilder().setTtlMs(3_600_000))
                      .addUpdateFields("ttl_ms")
                      .build());
      assertThat(altered.getStore().getOptions().getTtlMs()).isEqualTo(3_600_000);
    }

    Files.write(file, sound);
    try (TestNode node = TestNode.start(data)) {
      assertThat(node.scanned("im", "z")).isEqualTo(2);
      assertThat(node.append("im", "z", "m")).isEqualTo(3);
      assertThat(node.append("im", "a", "m")).isEqualTo(4);
      assertThat(node.partitions("im"))
          .extracting(PartitionStatus::getRole)
          .containsExactly("LEADER", "LEADER");
    }
  }

  @Test
  void damagedLogIsTheWholeNodes() throws Exception {
    Path data = directory.resolve("data");
    write(data);
    Path segment;
    try (Stream<Path> files = Files.list(data.resolve("log"))) {
      segment = files.filter(file -> file.toString().endsWith(".log")).sorted().findFirst().get();
    }
    byte[] bytes = Files.readAllBytes(segment);
    int end = bytes.length;
    while (bytes[end - 1] == 0) {
      end--;
    }
    bytes[end / 2] ^= 1;
    Files.write(segment, bytes);

    assertThatThrownBy(() -> TestNode.start(data))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(segment.getFileName().toString());
  }

  /** Two entries in each of two partitions, flushed; returns the id of the second partition. */
  private static long write(Path data) throws Exception {
    try (TestNode node = TestNode.start(data)) {
      node.createStore("im", SequenceMode.SEQUENCE_MODE_DENSE, "m");
      for (String conversation : List.of("a", "z")) {
        assertThat(node.append("im", conversation, "m")).isEqualTo(1);
        var unused = node.admin().flushPartitions(FlushPartitionsRequest.getDefaultInstance());
        assertThat(node.append("im", conversation, "m")).isEqualTo(2);
      }
      return node.partitions("im").get(1).getPartition().getPartitionId();
    }
  }

  private static Path file(Path partition, boolean manifest) throws IOException {
    try (Stream<Path> files = Files.list(partition)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> file.toString().endsWith(manifest ? "MANIFEST" : ".sst"))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no such file in " + partition));
    }
  }

  private static void damage(Path file, byte[] sound, String how) throws IOException {
    if (how.equals("missing")) {
      Files.delete(file);
      return;
    }
    byte[] damaged = sound.clone();
    damaged[how.equals("MANIFEST") ? sound.length / 2 : sound.length - 1] ^= 1;
    Files.write(file, damaged);
  }

  private static ErrorDetail refusal(Runnable call) throws Exception {
    StatusRuntimeException thrown = catchThrowableOfType(StatusRuntimeException.class, call::run);
    assertThat(thrown).isNotNull();
    return StatusProto.fromThrowable(thrown).getDetails(0).unpack(ErrorDetail.class);
  }
}
