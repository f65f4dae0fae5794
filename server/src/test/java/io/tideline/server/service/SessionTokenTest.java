package io.tideline.server.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.server.replica.Freshness;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SessionTokenTest {

  private static final FieldPath PATH = FieldPath.of("read").field("session_token");

  static SessionToken parsed(ByteString token) {
    return SessionToken.decode(PATH, token);
  }

  @Test
  void joinedTokensAreTheTokenOfAllAndTheLargestIndexCounts() {
    ByteString joined =
        SessionToken.of(3, 30).concat(SessionToken.of(9, 90)).concat(SessionToken.of(3, 20));
    SessionToken token = SessionToken.decode(PATH, joined);
    assertThat(token.seen()).isEqualTo(Map.of(3L, 30L, 9L, 90L));
    assertThat(SessionToken.decode(PATH, token.encode())).isEqualTo(token);
    assertThat(token.due(3)).isEqualTo(new Freshness.Applied(30));
    assertThat(token.due(4)).isEqualTo(new Freshness.Applied(0));
  }

  @Test
  void aTokenGoesForwardOnly() {
    SessionToken token = SessionToken.NONE.and(3, 30);
    assertThat(token.and(3, 20)).isEqualTo(token);
    assertThat(token.and(3, 31).seen()).containsEntry(3L, 31L);
  }

  @Test
  void whatAFullTokenHasNoRoomForIsReadFromTheLeader() {
    TreeMap<Long, Long> full = new TreeMap<>();
    for (long id = 1; id <= SessionToken.PARTITIONS_MAX; id++) {
      full.put(id, Long.MAX_VALUE - id);
    }
    SessionToken over = new SessionToken(full, false).and(5_000, 50);
    assertThat(over.seen()).hasSize(SessionToken.PARTITIONS_MAX).doesNotContainKey(1L);
    assertThat(over.due(1)).isEqualTo(Freshness.LINEARIZABLE);
    assertThat(over.due(5_000)).isEqualTo(new Freshness.Applied(50));
    ByteString encoded = over.encode();
    assertThat(encoded.size()).isLessThan(SessionToken.BYTES_MAX / 2);
    assertThat(SessionToken.decode(PATH, encoded)).isEqualTo(over);
    assertThat(SessionToken.decode(PATH, encoded.concat(SessionToken.of(1, 1))).incomplete())
        .isTrue();
  }

  /** Cut off; an odd number of numbers; a negative one; another field; no protobuf at all. */
  @ParameterizedTest
  @ValueSource(strings = {"0a020301ff", "0a0103", "0a0b01ffffffffffffffffff01", "1801", "6d6164"})
  void whatIsNoTokenIsRefusedByName(String hex) {
    ByteString bad = ByteString.fromHex(hex);
    assertThatThrownBy(() -> SessionToken.decode(PATH, bad))
        .isInstanceOfSatisfying(
            FailureException.class,
            e -> {
              assertThat(e.failure().reason()).isEqualTo(ErrorReason.ERROR_REASON_INVALID_TOKEN);
              assertThat(e.failure().field()).isEqualTo("read.session_token");
            });
  }

  @Test
  void aTokenThatWasNeverMergedIsRefusedWhenItIsTooLarge() {
    ByteString one = SessionToken.of(1, 2);
    ByteString many = ByteString.EMPTY;
    while (many.size() <= SessionToken.BYTES_MAX) {
      many = many.isEmpty() ? one : many.concat(many);
    }
    ByteString tooMany = many;
    assertThatThrownBy(() -> SessionToken.decode(PATH, tooMany))
        .hasMessageContaining("allowed are " + SessionToken.BYTES_MAX);
  }
}
