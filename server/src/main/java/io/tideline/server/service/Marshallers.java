package io.tideline.server.service;

import com.google.common.io.ByteStreams;
import com.google.protobuf.MessageLite;
import io.grpc.MethodDescriptor.Marshaller;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * How a call's messages pass between gRPC and {@link CallRunner}: requests as bytes, so that
 * malformed ones are answered rather than dropped by gRPC; replies as a message or as bytes already
 * composed.
 */
final class Marshallers {

  private Marshallers() {}

  /**
   * Requests: the raw bytes, decompressed. Of one that is larger than {@link
   * Limits#REQUEST_BYTES_MAX} one byte more than that, by which {@link CallRunner} knows it.
   */
  static final Marshaller<byte[]> REQUEST =
      new Marshaller<>() {
        @Override
        public InputStream stream(byte[] request) {
          return new ByteArrayInputStream(request);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return ByteStreams.toByteArray(
                ByteStreams.limit(stream, Limits.REQUEST_BYTES_MAX + 1L));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  /** Replies: composed bytes. */
  static final Marshaller<Reply> REPLY =
      new Marshaller<>() {
        @Override
        public InputStream stream(Reply reply) {
          return new ByteArrayInputStream(reply.bytes(), 0, reply.size());
        }

        @Override
        public Reply parse(InputStream stream) {
          throw new UnsupportedOperationException("a server does not read replies");
        }
      };

  /**
   * An encoded reply.
   *
   * @param bytes its buffer, which may be longer
   * @param size bytes of the buffer that count
   */
  record Reply(byte[] bytes, int size) {

    static Reply of(MessageLite message) {
      byte[] bytes = message.toByteArray();
      return new Reply(bytes, bytes.length);
    }
  }
}
