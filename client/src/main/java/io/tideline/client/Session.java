package io.tideline.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.Status;
import io.tideline.proto.v1.SessionToken;
import java.util.TreeMap;

/**
 * What one session has seen, from the tokens of all its answers. Fields of a newer server are kept
 * and passed on.
 *
 * <p>Thread-safe.
 */
final class Session {

  /** As the server: of more, those that are left out are read from their leaders. */
  static final int PARTITIONS_MAX = 1_000;

  private final TreeMap<Long, Long> seen = new TreeMap<>();
  private final UnknownFieldSet.Builder unknown = UnknownFieldSet.newBuilder();
  private boolean incomplete;

  /** The newest token, which a batch of answers has in common. */
  private ByteString last = ByteString.EMPTY;

  Session() {}

  /**
   * Goes on with one that has seen this.
   *
   * @throws IllegalArgumentException if it is not a token
   */
  Session(ByteString token) {
    try {
      add(token);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("not a session token: " + e.getMessage(), e);
    }
  }

  void saw(ByteString token) {
    try {
      add(token);
    } catch (InvalidProtocolBufferException e) {
      throw Failure.local(
              ErrorCode.INTERNAL,
              Status.Code.INTERNAL,
              "the server sent a session token that is none: " + e.getMessage())
          .toException();
    }
  }

  private synchronized void add(ByteString token) throws InvalidProtocolBufferException {
    if (token.equals(last)) {
      return;
    }
    SessionToken parsed = SessionToken.parseFrom(token);
    if (parsed.getSeenCount() % 2 != 0) {
      throw new InvalidProtocolBufferException("it ends in the middle");
    }
    for (int i = 0; i < parsed.getSeenCount(); i += 2) {
      seen.merge(parsed.getSeen(i), parsed.getSeen(i + 1), Math::max);
    }
    incomplete |= parsed.getIncomplete();
    // The newest of each: merged, a field that comes with every answer would grow for ever.
    parsed.getUnknownFields().asMap().forEach(unknown::addField);
    while (seen.size() > PARTITIONS_MAX) {
      seen.pollFirstEntry();
      incomplete = true;
    }
    last = token;
  }

  /** The token of all that was seen; empty for nothing. */
  synchronized ByteString token() {
    SessionToken.Builder token =
        SessionToken.newBuilder().setIncomplete(incomplete).setUnknownFields(unknown.build());
    seen.forEach((partition, index) -> token.addSeen(partition).addSeen(index));
    return token.build().toByteString();
  }
}
