package io.tideline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tideline.client.testing.FakeServer;
import io.tideline.client.testing.Fault;
import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.BatchAppendRequest;
import io.tideline.proto.v1.DescribeStoreRequest;
import io.tideline.proto.v1.DescribeStoreResponse;
import io.tideline.proto.v1.PartitionDescriptor;
import io.tideline.proto.v1.ReplicaDescriptor;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Writes find their way to leaders, and past leaders that are gone. */
@Timeout(60)
class RoutesTest {

  private static final TimelineKey ROOM = TimelineKey.of("chat", "room");
  private static final Message HELLO = Message.of("text", "hello");

  private final FakeServer any = FakeServer.started();
  private final FakeServer leader = FakeServer.started();
  private final TidelineClient client = TidelineClient.connect(any.address());

  @BeforeEach
  void oneNodeLeads() {
    any.lead(false);
    describe(leader.address());
  }

  @AfterEach
  void close() {
    client.close();
    any.close();
    leader.close();
  }

  @Test
  void nobodyIsAskedForRoutesWhileNothingIsPassedOn() {
    any.lead(true);
    client.append(ROOM, HELLO);
    client.append(ROOM, HELLO);
    assertThat(any.services().received("DescribeStore", DescribeStoreRequest.class)).isEmpty();
  }

  @Test
  void appendsGoStraightToTheLeaderOnceOneWasPassedOn() {
    awaitDirectAppends();
    int before = appends(any);
    for (int i = 0; i < 10; i++) {
      client.append(ROOM, HELLO);
    }
    assertThat(appends(any)).isEqualTo(before);
  }

  @Test
  void batchesGoStraightToTheLeaderToo() {
    awaitDirectAppends();
    try (BatchingAppender appender = client.batchingAppender()) {
      assertThat(appender.add(ROOM, HELLO)).succeedsWithin(Duration.ofSeconds(10));
    }
    assertThat(leader.services().received("BatchAppend", BatchAppendRequest.class)).hasSize(1);
  }

  @Test
  void readsAreAnsweredByAnyNode() {
    awaitDirectAppends();
    client.head(ROOM);
    assertThat(leader.services().received("Heads", io.tideline.proto.v1.HeadsRequest.class))
        .isEmpty();
  }

  @Test
  void aDeadLeaderIsGoneAround() {
    awaitDirectAppends();
    leader.kill();
    int before = appends(any);
    assertThat(client.append(ROOM, HELLO).sequenceId()).isPositive();
    assertThat(appends(any)).isGreaterThan(before);
  }

  /** Waiting for the dead, it would last as long as the call's deadline. */
  @Test
  void aCallToALeaderThatDiesWithoutAnAnswerIsRepeatedElsewhereAtOnce() throws Exception {
    awaitDirectAppends();
    leader.faults().next("Append", Fault.hang());
    CompletableFuture<AppendResult> append =
        client.withDeadline(Duration.ofSeconds(30)).appendAsync(ROOM, HELLO);
    leader.faults().awaitUsed("Append");
    leader.kill();
    assertThat(append.get(5, TimeUnit.SECONDS).sequenceId()).isPositive();
  }

  @Test
  void aLeaderThatIsBackIsWrittenToDirectlyAgain() {
    awaitDirectAppends();
    leader.kill();
    client.append(ROOM, HELLO);
    leader.start();
    int before = appends(leader);
    await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> {
              client.append(ROOM, HELLO);
              return appends(leader) > before;
            });
  }

  /** As when one call writes to partitions of several leaders. */
  @Test
  void whereAskingBringsNothingNewItIsAskedLessAndLess() {
    describe("127.0.0.1:1");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(4);
    while (System.nanoTime() < end) {
      client.append(ROOM, HELLO);
    }
    assertThat(any.services().received("DescribeStore", DescribeStoreRequest.class))
        .hasSizeBetween(2, 5);
  }

  @Test
  void aNodeThatIsSilentLeavesTimeForAnother() {
    any.lead(true);
    try (TidelineClient both =
        TidelineClient.builder()
            .addresses(any.address(), leader.address())
            .deadline(Duration.ofSeconds(3))
            .build()) {
      both.append(ROOM, HELLO);
      both.append(ROOM, HELLO);
      any.faults().always("Append", Fault::hang);
      for (int i = 0; i < 2; i++) {
        assertThat(both.append(ROOM, HELLO).sequenceId()).isPositive();
      }
    }
  }

  @Test
  void aRouteThatIsWrongIsAskedAnew() {
    awaitDirectAppends();
    leader.lead(false);
    try (FakeServer next = FakeServer.started()) {
      describe(next.address());
      await()
          .until(
              () -> {
                client.append(ROOM, HELLO);
                return appends(next) > 0;
              });
    }
  }

  @Test
  void routesThatCannotBeToldLeaveEveryNodeUsable() {
    any.faults().next("DescribeStore", Fault.refuse(io.grpc.Status.Code.UNAVAILABLE));
    client.append(ROOM, HELLO);
    assertThat(client.append(ROOM, HELLO).sequenceId()).isEqualTo(2);
  }

  private void awaitDirectAppends() {
    await()
        .until(
            () -> {
              client.append(ROOM, HELLO);
              return appends(leader) > 0;
            });
  }

  private static int appends(FakeServer server) {
    return server.services().received("Append", AppendRequest.class).size();
  }

  private void describe(String leaderAddress) {
    any.services()
        .script(
            "DescribeStore",
            request ->
                DescribeStoreResponse.newBuilder()
                    .addPartitions(
                        PartitionDescriptor.newBuilder()
                            .addReplicas(
                                ReplicaDescriptor.newBuilder()
                                    .setNodeId("leader")
                                    .setGrpcAddress(leaderAddress))
                            .setLeaderNodeId("leader"))
                    .build());
  }
}
