package io.tideline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.tideline.client.testing.FakeServer;
import io.tideline.proto.v1.ReadOptions;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.SessionToken;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A session's reads carry what its writes and reads have seen. */
class SessionTest {

  private static final TimelineKey ROOM = TimelineKey.of("chat", "room");

  private final FakeServer server = FakeServer.started();
  private final TidelineClient client = TidelineClient.connect(server.address());

  @BeforeEach
  void store() {
    server.services().store("chat");
  }

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  @Test
  void whatAnyWriteOfTheSessionReturnedIsInItsReads() throws Exception {
    TidelineClient session = client.withReadConsistency(ReadConsistency.SESSION);
    session.withDeadline(Duration.ofSeconds(5)).append(ROOM, Message.of("text", "one"));
    assertThat(lastRead(session).getSessionToken()).isEqualTo(token(1, 1));
    session.appendAll(
        List.of(
            AppendItem.of(ROOM, Message.of("text", "two")),
            AppendItem.of(ROOM, Message.of("text", "three"))));
    assertThat(lastRead(session).getSessionToken()).isEqualTo(token(1, 3));
    try (BatchingAppender appender = session.batchingAppender()) {
      appender.add(ROOM, Message.of("text", "four")).get();
    }
    ReadOptions read = lastRead(session);
    assertThat(read.getSessionToken()).isEqualTo(token(1, 4));
    assertThat(read.getConsistency())
        .isEqualTo(io.tideline.proto.v1.ReadConsistency.READ_CONSISTENCY_SESSION);
  }

  @Test
  void sessionsAreApartAndMayBeCarriedOnElsewhere() {
    TidelineClient ana = client.withReadConsistency(ReadConsistency.SESSION);
    ana.append(ROOM, Message.of("text", "one"));
    assertThat(lastRead(client.withReadConsistency(ReadConsistency.SESSION)).getSessionToken())
        .isEmpty();
    assertThat(lastRead(client)).isEqualTo(ReadOptions.getDefaultInstance());
    assertThat(client.sessionToken()).isEmpty();
    TidelineClient carriedOn = client.withSession(ana.sessionToken());
    assertThat(lastRead(carriedOn).getSessionToken()).isEqualTo(token(1, 1));
  }

  @Test
  void leasesAreAskedFor() {
    assertThat(lastRead(client.withReadConsistency(ReadConsistency.LEASE)).getConsistency())
        .isEqualTo(io.tideline.proto.v1.ReadConsistency.READ_CONSISTENCY_LEASE);
  }

  @Test
  void tokensAreMergedByTheLargestIndex() throws Exception {
    Session session = new Session(token(1, 10).concat(token(2, 20)));
    session.saw(token(2, 19));
    session.saw(token(1, 11));
    assertThat(SessionToken.parseFrom(session.token()).getSeenList())
        .containsExactly(1L, 11L, 2L, 20L);
  }

  @Test
  void aSessionOfVeryManyPartitionsSaysThatItLeavesSomeOut() throws Exception {
    Session session = new Session();
    for (int partition = 1; partition <= Session.PARTITIONS_MAX + 1; partition++) {
      session.saw(token(partition, 5));
    }
    SessionToken token = SessionToken.parseFrom(session.token());
    assertThat(token.getIncomplete()).isTrue();
    assertThat(token.getSeenCount()).isEqualTo(2 * Session.PARTITIONS_MAX);
    assertThat(token.getSeen(0)).isEqualTo(2);
  }

  @Test
  void whatANewerServerAddsIsPassedOn() throws Exception {
    UnknownFieldSet added =
        UnknownFieldSet.newBuilder()
            .addField(77, UnknownFieldSet.Field.newBuilder().addVarint(9).build())
            .build();
    Session session = new Session();
    session.saw(SessionToken.newBuilder().setUnknownFields(added).build().toByteString());
    session.saw(token(1, 1));
    session.saw(
        SessionToken.newBuilder()
            .setIncomplete(true)
            .setUnknownFields(added)
            .build()
            .toByteString());
    assertThat(SessionToken.parseFrom(session.token()).getUnknownFields()).isEqualTo(added);
  }

  @Test
  void whatIsNoTokenIsRefused() {
    assertThatThrownBy(() -> client.withSession(new byte[] {10, 1, 3}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not a session token");
  }

  private static ByteString token(long partition, long index) {
    return SessionToken.newBuilder().addSeen(partition).addSeen(index).build().toByteString();
  }

  private ReadOptions lastRead(TidelineClient reader) {
    reader.scanPage(ScanSpec.of(ROOM));
    List<ScanRequest> asked = server.services().received("Scan", ScanRequest.class);
    return asked.get(asked.size() - 1).getRead();
  }
}
