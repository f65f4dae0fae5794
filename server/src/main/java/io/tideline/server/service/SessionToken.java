package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_TOKEN;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a session has seen: per partition, the log index that reads of the session must show at
 * least.
 *
 * <p>Layout: version byte 1, then pairs of varints (partition id, applied index) with partition ids
 * ascending. Opaque to callers; a later version takes another first byte.
 *
 * @param appliedIndexes by partition id
 */
record SessionToken(SortedMap<Long, Long> appliedIndexes) {

  private static final byte VERSION = 1;

  /** Partitions one token tells of: those of one reply about {@link Limits#TIMELINES_MAX}. */
  private static final int PARTITIONS_MAX = Limits.TIMELINES_MAX;

  static SessionToken of(long partitionId, long appliedIndex) {
    SortedMap<Long, Long> indexes = new TreeMap<>();
    indexes.put(partitionId, appliedIndex);
    return new SessionToken(indexes);
  }

  ByteString encode() {
    ByteString.Output out = ByteString.newOutput(1 + appliedIndexes.size() * 8);
    try {
      out.write(VERSION);
      CodedOutputStream coded = CodedOutputStream.newInstance(out);
      for (Map.Entry<Long, Long> entry : appliedIndexes.entrySet()) {
        coded.writeUInt64NoTag(entry.getKey());
        coded.writeUInt64NoTag(entry.getValue());
      }
      coded.flush();
    } catch (IOException e) {
      throw new AssertionError("writing to memory failed", e);
    }
    return out.toByteString();
  }

  static SessionToken decode(FieldPath path, ByteString token) {
    if (token.isEmpty() || token.byteAt(0) != VERSION) {
      throw invalid(path, "has another format");
    }
    SortedMap<Long, Long> indexes = new TreeMap<>();
    CodedInputStream in = token.substring(1).newCodedInput();
    try {
      while (!in.isAtEnd()) {
        long partitionId = in.readUInt64();
        long appliedIndex = in.readUInt64();
        boolean ascends = indexes.isEmpty() || indexes.lastKey() < partitionId;
        if (partitionId < 0 || appliedIndex < 0 || !ascends || indexes.size() == PARTITIONS_MAX) {
          throw invalid(path, "does not list partitions in order");
        }
        indexes.put(partitionId, appliedIndex);
      }
    } catch (IOException e) {
      throw invalid(path, "ends in the middle");
    }
    return new SessionToken(indexes);
  }

  private static FailureException invalid(FieldPath path, String why) {
    return Check.refuse(
        ERROR_REASON_INVALID_TOKEN,
        path,
        "",
        "a session_token of an earlier reply",
        why + "; pass the session_token of the newest reply unchanged, or none");
  }
}
