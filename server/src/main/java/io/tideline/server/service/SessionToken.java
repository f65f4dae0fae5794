package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_TOKEN;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.tideline.server.replica.Freshness;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a session has seen: per partition, the log index that its reads must show at least. Travels
 * as {@link io.tideline.proto.v1.SessionToken}. Immutable.
 *
 * @param seen index by partition
 * @param incomplete whether the session has seen partitions that are not listed
 */
record SessionToken(SortedMap<Long, Long> seen, boolean incomplete) {

  /** Of a session that has seen nothing. */
  static final SessionToken NONE = new SessionToken(new TreeMap<>(), false);

  /** Partitions a token tells of: those of one reply about {@link Limits#TIMELINES_MAX}. */
  static final int PARTITIONS_MAX = Limits.TIMELINES_MAX;

  /** Some joined ones of {@link #PARTITIONS_MAX}, which are 20 bytes each at most. */
  static final int BYTES_MAX = 64 << 10;

  SessionToken {
    seen = Collections.unmodifiableSortedMap(seen);
  }

  /** The encoded token of one partition. */
  static ByteString of(long partitionId, long appliedIndex) {
    return io.tideline.proto.v1.SessionToken.newBuilder()
        .addSeen(partitionId)
        .addSeen(appliedIndex)
        .build()
        .toByteString();
  }

  ByteString encode() {
    var token = io.tideline.proto.v1.SessionToken.newBuilder().setIncomplete(incomplete);
    seen.forEach((partitionId, index) -> token.addSeen(partitionId).addSeen(index));
    return token.build().toByteString();
  }

  static SessionToken decode(FieldPath path, ByteString encoded) {
    if (encoded.size() > BYTES_MAX) {
      throw invalid(
          path,
          "has " + encoded.size() + " bytes, allowed are " + BYTES_MAX + ": merge what it has");
    }
    io.tideline.proto.v1.SessionToken token;
    try {
      token = io.tideline.proto.v1.SessionToken.parseFrom(encoded);
    } catch (InvalidProtocolBufferException e) {
      throw invalid(path, "is not one, or is cut off");
    }
    if (!token.getUnknownFields().asMap().isEmpty()) {
      throw invalid(path, "is of another version");
    }
    if (token.getSeenCount() % 2 != 0) {
      throw invalid(path, "ends in the middle");
    }
    SortedMap<Long, Long> seen = new TreeMap<>();
    for (int i = 0; i < token.getSeenCount(); i += 2) {
      if (token.getSeen(i) < 0 || token.getSeen(i + 1) < 0) {
        throw invalid(path, "tells of numbers that no partition has");
      }
      seen.merge(token.getSeen(i), token.getSeen(i + 1), Math::max);
    }
    return new SessionToken(seen, token.getIncomplete()).within(PARTITIONS_MAX);
  }

  /** How fresh a view of a partition must be for the session. */
  Freshness due(long partitionId) {
    Long index = seen.get(partitionId);
    if (index == null && incomplete) {
      return Freshness.LINEARIZABLE;
    }
    return new Freshness.Applied(index == null ? 0 : index);
  }

  /** What is in either. */
  SessionToken and(SessionToken other) {
    SortedMap<Long, Long> both = new TreeMap<>(seen);
    other.seen.forEach((partitionId, index) -> both.merge(partitionId, index, Math::max));
    return new SessionToken(both, incomplete || other.incomplete).within(PARTITIONS_MAX);
  }

  /** What is also in this. */
  SessionToken and(long partitionId, long appliedIndex) {
    return and(new SessionToken(new TreeMap<>(Map.of(partitionId, appliedIndex)), false));
  }

  /** Without the oldest partitions if there are more than so many; their ids are the smallest. */
  private SessionToken within(int partitions) {
    if (seen.size() <= partitions) {
      return this;
    }
    TreeMap<Long, Long> kept = new TreeMap<>(seen);
    while (kept.size() > partitions) {
      kept.pollFirstEntry();
    }
    return new SessionToken(kept, true);
  }

  private static FailureException invalid(FieldPath path, String why) {
    return Check.refuse(
        ERROR_REASON_INVALID_TOKEN,
        path,
        "",
        "session_token of earlier replies",
        why + "; pass the session_token of the newest reply unchanged, or none");
  }
}
