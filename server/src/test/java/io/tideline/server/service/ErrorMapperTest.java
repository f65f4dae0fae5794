package io.tideline.server.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.PartitionDescriptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class ErrorMapperTest {

  @ParameterizedTest
  @EnumSource(value = ErrorReason.class, mode = EnumSource.Mode.EXCLUDE, names = "UNRECOGNIZED")
  void reasonsKeepTheStatusOfTheirGroup(ErrorReason reason) {
    Status.Code code = ErrorMapper.code(reason);
    int number = reason.getNumber();
    if (number >= 1 && number <= 14) {
      assertThat(code).isEqualTo(Status.Code.INVALID_ARGUMENT);
    } else if (number >= 64 && number <= 69) {
      assertThat(code).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    } else {
      assertThat(code).isNotIn(Status.Code.OK, Status.Code.CANCELLED, Status.Code.INVALID_ARGUMENT);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "STORE_NOT_FOUND, NOT_FOUND",
    "STORE_ALREADY_EXISTS, ALREADY_EXISTS",
    "SEQUENCE_MODE, FAILED_PRECONDITION",
    "SEQUENCE_ID_EXISTS, ALREADY_EXISTS",
    "CONDITION_FAILED, FAILED_PRECONDITION",
    "MESSAGE_KEY_REUSED, ABORTED",
    "QUOTA_EXCEEDED, RESOURCE_EXHAUSTED",
    "NOT_LEADER, UNAVAILABLE",
    "STALE_EPOCH, FAILED_PRECONDITION",
    "OUTCOME_UNKNOWN, UNKNOWN",
    "DEADLINE_EXCEEDED, DEADLINE_EXCEEDED",
    "NOT_IMPLEMENTED, UNIMPLEMENTED",
    "INTERNAL, INTERNAL",
    "CORRUPTION, DATA_LOSS",
    "REPLICA_FAILED, UNAVAILABLE"
  })
  void statusOfAReasonIsPartOfTheContract(String reason, Status.Code code) {
    assertThat(ErrorMapper.code(ErrorReason.valueOf("ERROR_REASON_" + reason))).isEqualTo(code);
  }

  @Test
  void detailCarriesEveryField() throws Exception {
    Failure failure =
        Failure.of(ErrorReason.ERROR_REASON_DISK_FULL, "the disk is full; free space")
            .withStore("im")
            .withTimeline(Samples.timeline("c1"))
            .withField("items[3].message")
            .withValue("10")
            .withLimit("20 bytes")
            .withRetryAfterMillis(250);
    StatusRuntimeException thrown = ErrorMapper.toStatus(failure);
    assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(thrown.getStatus().getDescription()).isEqualTo("the disk is full; free space");
    assertThat(detail(thrown))
        .isEqualTo(
            ErrorDetail.newBuilder()
                .setReason(ErrorReason.ERROR_REASON_DISK_FULL)
                .setStore("im")
                .setTimeline(Samples.timeline("c1"))
                .setField("items[3].message")
                .setValue("10")
                .setLimit("20 bytes")
                .setRetryAfterMs(250)
                .build());
    assertThat(ErrorMapper.toItemError(failure).getDetail()).isEqualTo(detail(thrown));
    assertThat(ErrorMapper.toItemError(failure).getCode())
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED.value());
  }

  @Test
  void largePartsAreLeftOutSoThatHeadersFit() throws Exception {
    Failure failure =
        Failure.of(ErrorReason.ERROR_REASON_STALE_EPOCH, "x".repeat(5_000))
            .withTimeline(Samples.timeline("t".repeat(4_000)))
            .withValue("v\n".repeat(500))
            .withPartition(
                PartitionDescriptor.newBuilder()
                    .setPartitionId(7)
                    .setStartKey(ByteString.copyFrom(new byte[4_000]))
                    .build());
    StatusRuntimeException thrown = ErrorMapper.toStatus(failure);
    ErrorDetail detail = detail(thrown);
    assertThat(detail.getSerializedSize()).isLessThanOrEqualTo(Limits.ERROR_DETAIL_BYTES_MAX);
    assertThat(detail.getPartition().getPartitionId()).isEqualTo(7);
    assertThat(detail.getValue()).hasSize(Limits.ERROR_VALUE_CHARS_MAX).doesNotContain("\n");
    assertThat(thrown.getStatus().getDescription()).hasSize(Limits.ERROR_MESSAGE_CHARS_MAX);
  }

  @Test
  void shorteningNeverCutsACharacterInHalf() {
    assertThat(Texts.shorten("ab😀cd", 4)).isEqualTo("ab…");
    assertThat(Texts.shorten("ab😀cd", 6)).isEqualTo("ab😀cd");
    assertThat(Texts.shorten("a\u0000b", 6)).isEqualTo("a\ufffdb");
  }

  static ErrorDetail detail(StatusRuntimeException thrown) throws Exception {
    com.google.rpc.Status status = StatusProto.fromThrowable(thrown);
    assertThat(status).isNotNull();
    assertThat(status.getDetailsList()).hasSize(1);
    Any any = status.getDetails(0);
    return any.unpack(ErrorDetail.class);
  }
}
