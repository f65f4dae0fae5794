package io.tideline.client.testing;

import com.google.protobuf.Any;
import com.google.protobuf.CodedOutputStream;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.proto.v1.ErrorReason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * Something that goes wrong with one call.
 *
 * @param kind what
 * @param status the gRPC status answered
 * @param detail the detail sent along
 */
public record Fault(Kind kind, Status status, @Nullable ErrorDetail detail) {

  private static final Metadata.Key<byte[]> STATUS_DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  /** Number of the details field in google.rpc.Status. */
  private static final int DETAILS_FIELD = 3;

  /** What happens to a call. */
  public enum Kind {
    /** The call fails and nothing is done. */
    REFUSE,
    /** The call is done, but its answer is a failure. */
    LOSE_ANSWER,
    /** Nothing is done and nothing is answered. */
    HANG
  }

  /** Fails the call before it does anything, with a reason of the contract. */
  public static Fault refuse(Status.Code status, ErrorReason reason) {
    return refuse(status, ErrorDetail.newBuilder().setReason(reason).build());
  }

  public static Fault refuse(Status.Code status, ErrorDetail detail) {
    return new Fault(
        Kind.REFUSE, Status.fromCode(status).withDescription("refused by the test"), detail);
  }

  /** Fails the call before it does anything, without a detail. */
  public static Fault refuse(Status.Code status) {
    return new Fault(
        Kind.REFUSE, Status.fromCode(status).withDescription("refused by the test"), null);
  }

  /** Does what was asked, then answers this status without a detail. */
  public static Fault loseAnswer(Status.Code status) {
    return new Fault(
        Kind.LOSE_ANSWER, Status.fromCode(status).withDescription("answer lost by the test"), null);
  }

  public static Fault hang() {
    return new Fault(Kind.HANG, Status.OK, null);
  }

  public StatusRuntimeException toException() {
    Metadata trailers = new Metadata();
    if (detail != null) {
      trailers.put(STATUS_DETAILS, rpcStatus(status, detail));
    }
    return status.asRuntimeException(trailers);
  }

  /** The encoded google.rpc.Status. */
  private static byte[] rpcStatus(Status status, ErrorDetail detail) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      out.writeInt32(1, status.getCode().value());
      out.writeString(2, String.valueOf(status.getDescription()));
      out.writeMessage(DETAILS_FIELD, Any.pack(detail));
      out.flush();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
