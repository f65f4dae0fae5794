package io.tideline.server.service;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import com.google.protobuf.WireFormat;
import io.tideline.lsm.RowCursor;
import io.tideline.proto.v1.Entry;
import io.tideline.server.service.Marshallers.Reply;
import java.io.IOException;
import java.util.Arrays;

/**
 * Composes the wire bytes of a reply field by field, copying rows straight from the engine into it.
 *
 * <p>Threading: confined to one thread.
 */
final class ReplyBuffer {

  private static final int INITIAL_BYTES = 1 << 10;

  /**
   * Tag and length of one length-delimited field at most: field numbers below 16, int32 lengths.
   */
  private static final int FIELD_HEADER_BYTES_MAX = 1 + 5;

  private byte[] bytes = new byte[INITIAL_BYTES];
  private int size;

  int size() {
    return size;
  }

  /** Encoded size of the row as an {@link Entry}, without tag and length. */
  static int entrySize(RowCursor row) {
    return rowFieldsSize(row) + row.valueSize();
  }

  /** Adds the row as an {@link Entry} in field {@code number}. */
  void entry(int number, RowCursor row) {
    int rowFields = rowFieldsSize(row);
    int valueSize = row.valueSize();
    header(number, rowFields + valueSize, rowFields + valueSize);
    write(
        rowFields,
        out -> {
          out.writeSInt64(Entry.SEQUENCE_ID_FIELD_NUMBER, row.sequenceId());
          out.writeInt64(Entry.APPEND_TIME_MS_FIELD_NUMBER, row.timestampMillis());
        });
    row.copyValue(bytes, size);
    size += valueSize;
  }

  /** Adds a message in field {@code number}. */
  void message(int number, MessageLite message) {
    int length = message.getSerializedSize();
    header(number, length, length);
    append(message);
  }

  /** Adds what another buffer holds as the message in field {@code number}. */
  void nested(int number, ReplyBuffer message) {
    header(number, message.size, message.size);
    System.arraycopy(message.bytes, 0, bytes, size, message.size);
    size += message.size;
  }

  /** Adds the fields of a message to those of this one: concatenated messages are merged. */
  void append(MessageLite message) {
    int length = message.getSerializedSize();
    ensure(length);
    write(length, message::writeTo);
  }

  Reply toReply() {
    return new Reply(bytes, size);
  }

  private static int rowFieldsSize(RowCursor row) {
    return CodedOutputStream.computeSInt64Size(Entry.SEQUENCE_ID_FIELD_NUMBER, row.sequenceId())
        + CodedOutputStream.computeInt64Size(
            Entry.APPEND_TIME_MS_FIELD_NUMBER, row.timestampMillis());
  }

  private void header(int number, int length, int room) {
    ensure(FIELD_HEADER_BYTES_MAX + room);
    int headerSize =
        CodedOutputStream.computeTagSize(number) + CodedOutputStream.computeUInt32SizeNoTag(length);
    write(
        headerSize,
        out -> {
          out.writeTag(number, WireFormat.WIRETYPE_LENGTH_DELIMITED);
          out.writeUInt32NoTag(length);
        });
  }

  private interface Writer {
    void writeTo(CodedOutputStream out) throws IOException;
  }

  private void write(int length, Writer writer) {
    CodedOutputStream out = CodedOutputStream.newInstance(bytes, size, length);
    try {
      writer.writeTo(out);
    } catch (IOException e) {
      throw new AssertionError("writing to memory failed", e);
    }
    out.checkNoSpaceLeft();
    size += length;
  }

  private void ensure(int more) {
    int needed = Math.addExact(size, more);
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(needed, bytes.length + (bytes.length >> 1)));
    }
  }
}
