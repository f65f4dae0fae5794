package io.tideline.server.service;

import static io.tideline.server.node.TestNode.timeline;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ClientCalls;
import io.tideline.proto.v1.AdminServiceGrpc;
import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.BatchAppendItem;
import io.tideline.proto.v1.BatchAppendRequest;
import io.tideline.proto.v1.CursorServiceGrpc;
import io.tideline.proto.v1.DeleteRequest;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.HeadsRequest;
import io.tideline.proto.v1.ListMetaRequest;
import io.tideline.proto.v1.MetaServiceGrpc;
import io.tideline.proto.v1.PutMetaRequest;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.proto.v1.StoreServiceGrpc;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.SyncRequest;
import io.tideline.proto.v1.TimelineServiceGrpc;
import io.tideline.proto.v1.TrimRequest;
import io.tideline.proto.v1.UpdateRequest;
import io.tideline.server.node.TestNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever bytes arrive, the answer is OK or an error of the contract, and the node keeps serving.
 */
final class HostileRequestTest {

  private static final int ROUNDS = 3_000;

  private static final Set<Status.Code> NEVER =
      Set.of(Status.Code.INTERNAL, Status.Code.CANCELLED, Status.Code.DATA_LOSS);

  @TempDir private static Path directory;

  private static TestNode node;

  @BeforeAll
  static void start() throws Exception {
    node = TestNode.start(directory.resolve("data"));
    node.createStore("im", SequenceMode.SEQUENCE_MODE_DENSE, "g");
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @Test
  void invalidUtf8IsAnsweredByPath() {
    byte[] request = append().setMessageKey("MARK!").build().toByteArray();
    byte[] mark = "MARK!".getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i + mark.length <= request.length; i++) {
      if (Arrays.equals(request, i, i + mark.length, mark, 0, mark.length)) {
        request[i] = (byte) 0xff;
      }
    }
    ErrorDetail detail =
        Refusals.assertRefused(
            ErrorReason.ERROR_REASON_INVALID_UTF8,
            () -> call(TimelineServiceGrpc.getAppendMethod(), request));
    assertThat(detail.getField()).isEqualTo("message_key");
  }

  @Test
  void unreadableBytesAreMalformed() {
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_MALFORMED_REQUEST,
        () -> call(TimelineServiceGrpc.getScanMethod(), new byte[] {10, 50, 'x'}));
  }

  @Test
  void messageOfOneMebibyteAndOneByteIsTooLargeAndWritesNothing() {
    ErrorDetail detail =
        Refusals.assertRefused(
            ErrorReason.ERROR_REASON_TOO_LARGE,
            () ->
                node.timelines()
                    .append(
                        append()
                            .setTimeline(timeline("large"))
                            .setMessage(Samples.messageOfSize((1 << 20) + 1))
                            .build()));
    assertThat(detail.getField()).isEqualTo("message");
    assertThat(detail.getLimit()).isEqualTo("1048576 bytes");
    var accepted =
        node.timelines()
            .append(
                append()
                    .setTimeline(timeline("large"))
                    .setMessage(Samples.messageOfSize(1 << 20))
                    .build());
    assertThat(accepted.getSequenceId()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {(8 << 20) + 1, 12 << 20})
  void requestThatIsTooLargeIsRefusedByNameWhileItArrives(int size) {
    ErrorDetail detail =
        Refusals.assertRefused(
            ErrorReason.ERROR_REASON_TOO_LARGE,
            () -> call(TimelineServiceGrpc.getAppendMethod(), new byte[size]));
    assertThat(detail.getField()).isEqualTo("request");
    assertThat(detail.getValue()).isEqualTo("more than 8388608 bytes");
    assertThat(detail.getLimit()).isEqualTo("8388608 bytes");
  }

  @Test
  void requestThatIsTooLargeOnceDecompressedIsRefusedByName() {
    CallOptions gzip = CallOptions.DEFAULT.withCompression("gzip");
    ErrorDetail detail =
        Refusals.assertRefused(
            ErrorReason.ERROR_REASON_TOO_LARGE,
            () -> call(TimelineServiceGrpc.getAppendMethod(), new byte[40 << 20], gzip));
    assertThat(detail.getField()).isEqualTo("request");
    assertThat(detail.getLimit()).isEqualTo("8388608 bytes");
  }

  @Test
  void requestOfTheLargestSizeIsRead() {
    // All zeros: not a message, which only a server that reads it can tell.
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_MALFORMED_REQUEST,
        () -> call(TimelineServiceGrpc.getAppendMethod(), new byte[8 << 20]));
  }

  @Test
  void otherServicesRefuseWhatIsTooLargeToo() {
    HealthCheckRequest large =
        HealthCheckRequest.newBuilder().setService("x".repeat(9 << 20)).build();
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_TOO_LARGE,
        () -> HealthGrpc.newBlockingStub(node.channel()).check(large));
  }

  @Test
  void malformedItemRefusesTheWholeBatchBeforeAnythingIsWritten() {
    BatchAppendRequest.Builder batch = BatchAppendRequest.newBuilder().setStore("im");
    for (int i = 0; i < 3; i++) {
      batch.addItems(
          BatchAppendItem.newBuilder()
              .setTimeline(timeline("half"))
              .setMessage(Samples.message("m")));
    }
    batch.addItems(BatchAppendItem.newBuilder().setTimeline(timeline("half")));
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_REQUIRED, () -> node.timelines().batchAppend(batch.build()));
    var heads =
        node.timelines()
            .heads(HeadsRequest.newBuilder().setStore("im").addTimelines(timeline("half")).build());
    assertThat(heads.getResults(0).getHead().getExists()).isFalse();
  }

  @Test
  void everyMethodOfTheContractAnswersAnEmptyRequestInItsWords() {
    for (ServiceDescriptor service :
        List.of(
            StoreServiceGrpc.getServiceDescriptor(),
            TimelineServiceGrpc.getServiceDescriptor(),
            MetaServiceGrpc.getServiceDescriptor(),
            CursorServiceGrpc.getServiceDescriptor(),
            AdminServiceGrpc.getServiceDescriptor())) {
      for (MethodDescriptor<?, ?> method : service.getMethods()) {
        try {
          call(method, new byte[0]);
        } catch (StatusRuntimeException e) {
          assertThat(Refusals.detail(e).getReason())
              .as(method.getFullMethodName())
              .isIn(
                  ErrorReason.ERROR_REASON_REQUIRED,
                  ErrorReason.ERROR_REASON_NOT_IMPLEMENTED,
                  // A transfer of the catalog's leader, which a node on its own keeps.
                  ErrorReason.ERROR_REASON_OUT_OF_RANGE);
        }
      }
    }
  }

  @Test
  void unbuiltMethodsSayNotImplemented() {
    for (MethodDescriptor<?, ?> method :
        List.of(
            StoreServiceGrpc.getRecoverStoreMethod(), AdminServiceGrpc.getSplitPartitionMethod())) {
      ErrorDetail detail =
          Refusals.assertRefused(
              ErrorReason.ERROR_REASON_NOT_IMPLEMENTED, () -> call(method, new byte[0]));
      assertThat(detail.getValue()).isEqualTo(method.getFullMethodName());
    }
  }

  @Test
  void damagedRequestsGiveOkOrAnErrorOfTheContract() {
    long seed = Long.getLong("seed", new Random().nextLong());
    Random random = new Random(seed);
    Map<MethodDescriptor<?, ?>, Message> valid = validRequests();
    List<MethodDescriptor<?, ?>> methods = List.copyOf(valid.keySet());
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      MethodDescriptor<?, ?> method = methods.get(random.nextInt(methods.size()));
      byte[] request = damage(random, valid.get(method).toByteArray());
      try {
        call(method, request);
      } catch (StatusRuntimeException e) {
        refused++;
        assertThat(e.getStatus().getCode())
            .as("seed %d round %d %s: %s", seed, round, method.getFullMethodName(), e)
            .isNotIn(NEVER);
        ErrorDetail detail = Refusals.detail(e);
        assertThat(ErrorMapper.code(detail.getReason())).isEqualTo(e.getStatus().getCode());
      }
    }
    assertThat(refused).as("seed %d", seed).isBetween(ROUNDS / 20, ROUNDS);
    assertThat(node.timelines().append(append().setTimeline(timeline("after")).build()))
        .matches(reply -> reply.getSequenceId() == 1, "the node still serves");
  }

  private static AppendRequest.Builder append() {
    return Samples.append().setStore("im");
  }

  private static Map<MethodDescriptor<?, ?>, Message> validRequests() {
    return Map.of(
        TimelineServiceGrpc.getAppendMethod(),
        append().setMessageKey("k").setExpectedLastSequenceId(3).build(),
        TimelineServiceGrpc.getScanMethod(),
        ScanRequest.newBuilder()
            .setStore("im")
            .setTimeline(timeline("c1"))
            .setFromSequenceId(1)
            .setToSequenceId(9)
            .setLimit(5)
            .setLimitBytes(1000)
            .setFilter(Samples.filterOfDepth(3))
            .build(),
        TimelineServiceGrpc.getSyncMethod(),
        SyncRequest.newBuilder()
            .setStore("im")
            .addPositions(
                SyncPosition.newBuilder().setTimeline(timeline("c1")).setAfterSequenceId(1))
            .addPositions(SyncPosition.newBuilder().setTimeline(timeline("h1")))
            .setLimit(5)
            .build(),
        TimelineServiceGrpc.getTrimMethod(),
        TrimRequest.newBuilder()
            .setStore("im")
            .setTimeline(timeline("c2"))
            .setThroughSequenceId(1)
            .build(),
        TimelineServiceGrpc.getUpdateMethod(),
        UpdateRequest.newBuilder()
            .setStore("im")
            .setTimeline(timeline("c1"))
            .setSequenceId(1)
            .putAllSetFields(Samples.message("m").getFieldsMap())
            .addRemoveFields("gone")
            .setCondition(Samples.filterOfDepth(3))
            .setExpectedRevision(1)
            .build(),
        TimelineServiceGrpc.getDeleteMethod(),
        DeleteRequest.newBuilder()
            .setStore("im")
            .setTimeline(timeline("c2"))
            .setSequenceId(2)
            .setAnnounce(true)
            .build(),
        TimelineServiceGrpc.getBatchAppendMethod(),
        BatchAppendRequest.newBuilder()
            .setStore("im")
            .addItems(
                BatchAppendItem.newBuilder()
                    .setTimeline(timeline("h1"))
                    .setMessage(Samples.message("键")))
            .build(),
        MetaServiceGrpc.getPutMetaMethod(),
        PutMetaRequest.newBuilder()
            .setStore("im")
            .setTimeline(timeline("c1"))
            .setFields(Samples.message("m"))
            .build(),
        MetaServiceGrpc.getListMetaMethod(),
        ListMetaRequest.newBuilder().setStore("im").setStart(timeline("a")).setLimit(3).build());
  }

  /** Overwrites, removes or repeats some bytes. */
  private static byte[] damage(Random random, byte[] request) {
    byte[] damaged = request.clone();
    for (int i = random.nextInt(1, 4); i > 0; i--) {
      damaged[random.nextInt(damaged.length)] =
          (byte) (random.nextBoolean() ? random.nextInt() : random.nextInt(4));
    }
    return switch (random.nextInt(4)) {
      case 0 -> Arrays.copyOf(damaged, random.nextInt(damaged.length + 1));
      case 1 -> Arrays.copyOf(damaged, damaged.length + random.nextInt(4));
      default -> damaged;
    };
  }

  /** Calls a method with raw bytes. */
  private static byte[] call(MethodDescriptor<?, ?> method, byte[] request) {
    return call(method, request, CallOptions.DEFAULT);
  }

  private static byte[] call(MethodDescriptor<?, ?> method, byte[] request, CallOptions with) {
    MethodDescriptor<byte[], byte[]> raw =
        method.toBuilder(Marshallers.REQUEST, Marshallers.REQUEST).build();
    CallOptions options = with.withDeadlineAfter(60, java.util.concurrent.TimeUnit.SECONDS);
    if (raw.getType() == MethodDescriptor.MethodType.SERVER_STREAMING) {
      return ClientCalls.blockingServerStreamingCall(node.channel(), raw, options, request).next();
    }
    return ClientCalls.blockingUnaryCall(node.channel(), raw, options, request);
  }
}
