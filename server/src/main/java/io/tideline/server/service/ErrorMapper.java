package io.tideline.server.service;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.ItemError;
import io.tideline.proto.v1.PartitionDescriptor;
import java.util.Optional;

/**
 * The one place where failures take gRPC's form: a status code by reason, and one detail message.
 */
final class ErrorMapper {

  private ErrorMapper() {}

  /** The status code that goes with a reason; the pairs are part of the contract. */
  static Status.Code code(ErrorReason reason) {
    return switch (reason) {
      case ERROR_REASON_REQUIRED,
          ERROR_REASON_OUT_OF_RANGE,
          ERROR_REASON_TOO_LARGE,
          ERROR_REASON_TOO_MANY,
          ERROR_REASON_TOO_DEEP,
          ERROR_REASON_INVALID_NAME,
          ERROR_REASON_IDENTIFIER_ARITY,
          ERROR_REASON_IDENTIFIER_TYPE,
          ERROR_REASON_UNKNOWN_ENUM_VALUE,
          ERROR_REASON_NOT_FINITE,
          ERROR_REASON_INVALID_UTF8,
          ERROR_REASON_MALFORMED_REQUEST,
          ERROR_REASON_INVERTED_RANGE,
          ERROR_REASON_INVALID_TOKEN ->
          Status.Code.INVALID_ARGUMENT;
      case ERROR_REASON_STORE_NOT_FOUND,
          ERROR_REASON_ENTRY_NOT_FOUND,
          ERROR_REASON_TIMELINE_NOT_FOUND,
          ERROR_REASON_META_NOT_FOUND,
          ERROR_REASON_PARTITION_NOT_FOUND ->
          Status.Code.NOT_FOUND;
      case ERROR_REASON_STORE_ALREADY_EXISTS,
          ERROR_REASON_META_ALREADY_EXISTS,
          ERROR_REASON_SEQUENCE_ID_EXISTS ->
          Status.Code.ALREADY_EXISTS;
      case ERROR_REASON_SEQUENCE_MODE,
          ERROR_REASON_CONDITION_FAILED,
          ERROR_REASON_DEDUP_WINDOW_EXPIRED,
          ERROR_REASON_NOT_RETAINED,
          ERROR_REASON_STALE_EPOCH ->
          Status.Code.FAILED_PRECONDITION;
      case ERROR_REASON_MESSAGE_KEY_REUSED -> Status.Code.ABORTED;
      case ERROR_REASON_NOT_LEADER,
          ERROR_REASON_PARTITION_UNAVAILABLE,
          ERROR_REASON_SHUTTING_DOWN,
          ERROR_REASON_REPLICA_FAILED ->
          Status.Code.UNAVAILABLE;
      case ERROR_REASON_QUOTA_EXCEEDED,
          ERROR_REASON_IN_FLIGHT_BYTES,
          ERROR_REASON_MEMTABLE_MEMORY,
          ERROR_REASON_COMPACTION_BACKLOG,
          ERROR_REASON_LOG_BACKLOG,
          ERROR_REASON_DISK_FULL,
          ERROR_REASON_TOO_MANY_TAILS ->
          Status.Code.RESOURCE_EXHAUSTED;
      case ERROR_REASON_OUTCOME_UNKNOWN -> Status.Code.UNKNOWN;
      case ERROR_REASON_DEADLINE_EXCEEDED -> Status.Code.DEADLINE_EXCEEDED;
      case ERROR_REASON_NOT_IMPLEMENTED -> Status.Code.UNIMPLEMENTED;
      case ERROR_REASON_CORRUPTION -> Status.Code.DATA_LOSS;
      case ERROR_REASON_INTERNAL, ERROR_REASON_UNSPECIFIED, UNRECOGNIZED -> Status.Code.INTERNAL;
    };
  }

  /** The failure of a whole call. */
  static StatusRuntimeException toStatus(Failure failure) {
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(code(failure.reason()).value())
            .setMessage(Texts.shorten(failure.message(), Limits.ERROR_MESSAGE_CHARS_MAX))
            .addDetails(Any.pack(detail(failure)))
            .build());
  }

  /** What a node has told by {@link #toStatus}; empty if no node has spoken. */
  static Optional<Failure> fromStatus(StatusRuntimeException status) {
    com.google.rpc.Status told = StatusProto.fromThrowable(status);
    if (told == null) {
      return Optional.empty();
    }
    for (Any any : told.getDetailsList()) {
      if (any.is(ErrorDetail.class)) {
        try {
          return Optional.of(failure(any.unpack(ErrorDetail.class), told.getMessage()));
        } catch (InvalidProtocolBufferException e) {
          throw new IllegalStateException("another node's error cannot be read", e);
        }
      }
    }
    return Optional.empty();
  }

  /** What a node has told by {@link #toItemError}. */
  static Failure fromItemError(ItemError error) {
    return failure(error.getDetail(), "");
  }

  private static Failure failure(ErrorDetail detail, String message) {
    return new Failure(
        detail.getReason(),
        message,
        detail.getStore(),
        detail.hasTimeline() ? detail.getTimeline() : null,
        detail.getField(),
        detail.getValue(),
        detail.getLimit(),
        detail.getRetryAfterMs(),
        detail.hasPartition() ? detail.getPartition() : null);
  }

  /** The failure of one item of a call about several. */
  static ItemError toItemError(Failure failure) {
    return ItemError.newBuilder()
        .setCode(code(failure.reason()).value())
        .setDetail(detail(failure))
        .build();
  }

  private static ErrorDetail detail(Failure failure) {
    ErrorDetail.Builder detail =
        ErrorDetail.newBuilder()
            .setReason(failure.reason())
            .setStore(Texts.shorten(failure.store(), Limits.ERROR_VALUE_CHARS_MAX))
            .setField(Texts.shorten(failure.field(), Limits.ERROR_MESSAGE_CHARS_MAX))
            .setValue(Texts.shorten(failure.value(), Limits.ERROR_VALUE_CHARS_MAX))
            .setLimit(failure.limit())
            .setRetryAfterMs(failure.retryAfterMillis());
    if (failure.timeline() != null) {
      detail.setTimeline(failure.timeline());
    }
    if (failure.partition() != null) {
      detail.setPartition(failure.partition());
    }
    return fitHeaders(detail);
  }

  /**
   * Leaves out the large parts if the detail would not fit gRPC's headers: the caller knows which
   * timeline it asked for, and can ask for the partition.
   */
  private static ErrorDetail fitHeaders(ErrorDetail.Builder detail) {
    ErrorDetail full = detail.build();
    if (full.getSerializedSize() <= Limits.ERROR_DETAIL_BYTES_MAX) {
      return full;
    }
    ErrorDetail withoutTimeline = detail.clearTimeline().build();
    if (withoutTimeline.getSerializedSize() <= Limits.ERROR_DETAIL_BYTES_MAX) {
      return withoutTimeline;
    }
    PartitionDescriptor.Builder partition =
        detail.getPartition().toBuilder().clearStartKey().clearEndKey();
    return detail.setPartition(partition).build();
  }
}
