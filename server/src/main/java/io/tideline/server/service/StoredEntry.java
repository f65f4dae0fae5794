package io.tideline.server.service;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import io.tideline.lsm.CorruptionException;
import io.tideline.proto.v1.ChangeType;
import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.EntryKind;
import io.tideline.proto.v1.Message;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The value of a row: the wire bytes of an {@link Entry} without {@code sequence_id} and {@code
 * append_time_ms}, which the row carries itself. A reply puts those two before the bytes and so
 * never encodes a message again.
 *
 * <p>Encoded with map fields in key order: equal messages give equal bytes, which is how a reused
 * message key is recognised.
 */
final class StoredEntry {

  /** Tag of rows with entries of kind MESSAGE; on disk. */
  static final int KIND_MESSAGE = EntryKind.ENTRY_KIND_MESSAGE_VALUE;

  /** Tag of rows with entries of kind CHANGE; on disk. */
  static final int KIND_CHANGE = EntryKind.ENTRY_KIND_CHANGE_VALUE;

  private StoredEntry() {}

  /** The row value of a message as it was appended. */
  static byte[] ofMessage(Message message) {
    return encode(
        Entry.newBuilder().setKind(EntryKind.ENTRY_KIND_MESSAGE).setMessage(message).build());
  }

  /** The row value of a notice that another entry was changed. */
  static byte[] ofChange(long targetSequenceId, ChangeType type) {
    return encode(
        Entry.newBuilder()
            .setKind(EntryKind.ENTRY_KIND_CHANGE)
            .setTargetSequenceId(targetSequenceId)
            .setChangeType(type)
            .build());
  }

  /** The same bytes for the same content, whatever the order of its fields. */
  static byte[] encode(MessageLite message) {
    byte[] bytes = new byte[message.getSerializedSize()];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.useDeterministicSerialization();
    try {
      message.writeTo(out);
    } catch (IOException e) {
      throw new AssertionError("writing to memory failed", e);
    }
    out.checkNoSpaceLeft();
    return bytes;
  }

  /** Reads a row value. */
  static Entry decode(byte[] value, long sequenceId) throws CorruptionException {
    try {
      return Entry.parseFrom(value);
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptionException(
          Path.of("entry " + sequenceId), 0, "an encoded entry", String.valueOf(e.getMessage()));
    }
  }
}
