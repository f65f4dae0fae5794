package io.tideline.it.harness;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.proto.v1.ErrorReason;
import java.util.List;

/**
 * How a call was refused, read from the wire form: the trailer's {@code google.rpc.Status} must
 * carry exactly one detail, an {@link ErrorDetail}, and the same code as the gRPC status.
 */
public record Refusal(Status.Code code, String message, ErrorDetail detail) {

  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  // Field numbers of google.rpc.Status.
  private static final int CODE = 1;
  private static final int DETAIL_LIST = 3;

  public static Refusal of(StatusRuntimeException failure) {
    Metadata trailers = failure.getTrailers();
    byte[] bytes = trailers == null ? null : trailers.get(DETAILS);
    if (bytes == null) {
      throw new AssertionError("refused without an error detail: " + failure, failure);
    }
    try {
      UnknownFieldSet status = UnknownFieldSet.parseFrom(bytes);
      List<Long> codes = status.getField(CODE).getVarintList();
      List<ByteString> details = status.getField(DETAIL_LIST).getLengthDelimitedList();
      if (details.size() != 1
          || !codes.equals(List.of((long) failure.getStatus().getCode().value()))) {
        throw new AssertionError(
            "malformed status details " + status + " with " + failure, failure);
      }
      return new Refusal(
          failure.getStatus().getCode(),
          String.valueOf(failure.getStatus().getDescription()),
          Any.parseFrom(details.getFirst()).unpack(ErrorDetail.class));
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError("unreadable status details with " + failure, e);
    }
  }

  public ErrorReason reason() {
    return detail.getReason();
  }
}
