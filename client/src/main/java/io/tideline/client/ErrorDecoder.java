package io.tideline.client;

import com.google.protobuf.Any;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.grpc.Metadata;
import io.grpc.Status;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.proto.v1.ItemError;
import java.io.IOException;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the error detail of the contract out of a failed call's trailers or a batch's item. */
final class ErrorDecoder {

  private static final Logger LOG = LoggerFactory.getLogger(ErrorDecoder.class);

  private static final Metadata.Key<byte[]> STATUS_DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  /** Number of {@code repeated google.protobuf.Any details} in google.rpc.Status. */
  private static final int DETAILS_FIELD = 3;

  private ErrorDecoder() {}

  /** A failed call. The verdict is still to be given. */
  static Failure ofCall(Status status, @Nullable Metadata trailers, String store) {
    String message = onOneLine(status.getDescription() == null ? "" : status.getDescription());
    return detail(trailers)
        .map(detail -> withDetail(detail, status.getCode(), message, store))
        .orElseGet(() -> withoutDetail(status.getCode(), message, store));
  }

  /** A failed item of a call about several. The verdict is still to be given. */
  static Failure ofItem(ItemError error, String store) {
    Status.Code status = Status.fromCodeValue(error.getCode()).getCode();
    return error.hasDetail()
        ? withDetail(error.getDetail(), status, "", store)
        : withoutDetail(status, "", store);
  }

  private static Failure withDetail(
      ErrorDetail detail, Status.Code status, String message, String requestStore) {
    String store = detail.getStore().isEmpty() ? requestStore : detail.getStore();
    TimelineKey timeline =
        detail.hasTimeline() && !store.isEmpty()
            ? WireValues.timelineOrNull(store, detail.getTimeline())
            : null;
    return new Failure(
        ErrorCode.ofReason(detail.getReasonValue()),
        status,
        message,
        store,
        timeline,
        detail.getField(),
        detail.getValue(),
        detail.getLimit(),
        Math.max(0, detail.getRetryAfterMs()),
        false,
        false,
        0,
        null);
  }

  /** gRPC tells of a failed connection with the stack trace of its cause: nothing for a reader. */
  private static String onOneLine(String description) {
    return description
        .lines()
        .filter(line -> !line.startsWith("\t"))
        .map(String::strip)
        .collect(Collectors.joining(" "));
  }

  private static Failure withoutDetail(Status.Code status, String message, String store) {
    ErrorCode code =
        switch (status) {
          // A stopping server cancels its streams; a caller who cancels does not ask what came of
          // it.
          case UNAVAILABLE, CANCELLED -> ErrorCode.UNAVAILABLE;
          case DEADLINE_EXCEEDED -> ErrorCode.DEADLINE_EXCEEDED;
          case UNIMPLEMENTED -> ErrorCode.NOT_IMPLEMENTED;
          default -> ErrorCode.OTHER;
        };
    return new Failure(code, status, message, store, null, "", "", "", 0, false, false, 0, null);
  }

  private static Optional<ErrorDetail> detail(@Nullable Metadata trailers) {
    byte[] status = trailers == null ? null : trailers.get(STATUS_DETAILS);
    if (status == null) {
      return Optional.empty();
    }
    try {
      return detail(CodedInputStream.newInstance(status));
    } catch (IOException e) {
      LOG.warn("a server sent an error detail that is not a google.rpc.Status", e);
      return Optional.empty();
    }
  }

  private static Optional<ErrorDetail> detail(CodedInputStream status) throws IOException {
    for (int tag = status.readTag(); tag != 0; tag = status.readTag()) {
      if (tag == (DETAILS_FIELD << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
        Any any = Any.parseFrom(status.readByteArray());
        if (any.is(ErrorDetail.class)) {
          return Optional.of(any.unpack(ErrorDetail.class));
        }
      } else {
        status.skipField(tag);
      }
    }
    return Optional.empty();
  }
}
