package io.tideline.server.service;

import static io.tideline.server.node.TestNode.message;
import static io.tideline.server.node.TestNode.timeline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.tideline.proto.v1.CommitCursorsRequest;
import io.tideline.proto.v1.CountUnreadRequest;
import io.tideline.proto.v1.Coverage;
import io.tideline.proto.v1.CoverageStatus;
import io.tideline.proto.v1.Cursor;
import io.tideline.proto.v1.CursorServiceGrpc;
import io.tideline.proto.v1.DeleteRequest;
import io.tideline.proto.v1.DeleteTimelineRequest;
import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.GetCursorsRequest;
import io.tideline.proto.v1.GetCursorsResponse;
import io.tideline.proto.v1.GetMetaRequest;
import io.tideline.proto.v1.GetRequest;
import io.tideline.proto.v1.GetResponse;
import io.tideline.proto.v1.HeadsRequest;
import io.tideline.proto.v1.HeadsResponse;
import io.tideline.proto.v1.LatestRequest;
import io.tideline.proto.v1.LatestResponse;
import io.tideline.proto.v1.ListCursorsRequest;
import io.tideline.proto.v1.ListMetaRequest;
import io.tideline.proto.v1.ListMetaResponse;
import io.tideline.proto.v1.PartitionDescriptor;
import io.tideline.proto.v1.PutMetaRequest;
import io.tideline.proto.v1.ReadConsistency;
import io.tideline.proto.v1.ReadOptions;
import io.tideline.proto.v1.RecallRequest;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.ScanResponse;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.proto.v1.SessionToken;
import io.tideline.proto.v1.StoreOptions;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.SyncRequest;
import io.tideline.proto.v1.SyncResponse;
import io.tideline.proto.v1.SyncResult;
import io.tideline.proto.v1.TimelineServiceGrpc;
import io.tideline.proto.v1.TransferLeaderRequest;
import io.tideline.proto.v1.UpdateMetaRequest;
import io.tideline.proto.v1.UpdateRequest;
import io.tideline.proto.v1.Value;
import io.tideline.server.cluster.PeerCalls;
import io.tideline.server.cluster.ReplicaHashes;
import io.tideline.server.node.TestCluster;
import io.tideline.server.node.TestNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Five nodes; a store whose three partitions have one copy each, and one with three copies: every
 * node reads everything.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ReadsElsewhereTest {

  private static final List<String> TIMELINES =
      List.of("a1", "a2", "a3", "h1", "h2", "h3", "p1", "p2", "p3");
  private static final int ENTRIES = 4;
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir static Path directory;
  private static TestCluster cluster;

  @BeforeAll
  static void start() throws Exception {
    cluster = TestCluster.start(directory, 5);
    cluster.node(0).createStore("spread", replicas(1), "g", "m");
    cluster.node(0).createStore("three", replicas(3));
    for (int i = 1; i <= ENTRIES; i++) {
      for (String timeline : TIMELINES) {
        TestNode writer = cluster.node((i + timeline.hashCode()) % 5);
        assertThat(writer.append("spread", timeline, timeline + " " + i)).isEqualTo(i);
      }
    }
    for (String timeline : TIMELINES) {
      var _ =
          cluster
              .node(1)
              .metas()
              .putMeta(
                  PutMetaRequest.newBuilder()
                      .setStore("spread")
                      .setTimeline(timeline(timeline))
                      .setFields(message("meta of " + timeline))
                      .build());
    }
  }

  private static StoreOptions replicas(int count) {
    return StoreOptions.newBuilder()
        .setSequenceMode(SequenceMode.SEQUENCE_MODE_DENSE)
        .setReplicas(count)
        .build();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @Test
  void thePartitionsAreOnThreeNodes() {
    assertThat(cluster.nodes().stream().map(node -> node.partitions("spread").size()))
        .containsExactlyInAnyOrder(1, 1, 1, 0, 0);
  }

  @Test
  void everyNodeReadsEveryTimeline() {
    for (TestNode node : cluster.nodes()) {
      for (String name : TIMELINES) {
        assertThat(node.scanned("spread", name)).isEqualTo(ENTRIES);
        GetResponse got =
            node.timelines()
                .get(
                    GetRequest.newBuilder()
                        .setStore("spread")
                        .setTimeline(timeline(name))
                        .setSequenceId(3)
                        .build());
        assertThat(got.getEntry().getMessage()).isEqualTo(message(name + " 3"));
      }
    }
  }

  @Test
  void headsAndLatestOfManyPartitionsAreWholeOnEveryNode() {
    HeadsRequest.Builder heads = HeadsRequest.newBuilder().setStore("spread");
    LatestRequest.Builder latest = LatestRequest.newBuilder().setStore("spread");
    TIMELINES.forEach(name -> heads.addTimelines(timeline(name)));
    TIMELINES.forEach(name -> latest.addTimelines(timeline(name)));
    for (TestNode node : cluster.nodes()) {
      HeadsResponse known = node.timelines().heads(heads.build());
      LatestResponse newest = node.timelines().latest(latest.build());
      for (int i = 0; i < TIMELINES.size(); i++) {
        assertThat(known.getResults(i).getHead().getLastSequenceId()).isEqualTo(ENTRIES);
        assertThat(known.getResults(i).getHead().getTimeline())
            .isEqualTo(timeline(TIMELINES.get(i)));
        assertThat(newest.getResults(i).getEntry().getMessage())
            .isEqualTo(message(TIMELINES.get(i) + " " + ENTRIES));
      }
      assertThat(seen(known.getSessionToken())).hasSize(3);
    }
  }

  @Test
  void everyNodeCommitsAndReadsCursorsAndCountsWhatIsUnread() {
    for (int i = 0; i < cluster.nodes().size(); i++) {
      String reader = "reader-" + i;
      CommitCursorsRequest.Builder commit = CommitCursorsRequest.newBuilder().setStore("spread");
      GetCursorsRequest.Builder get =
          GetCursorsRequest.newBuilder().setStore("spread").setReader(reader);
      CountUnreadRequest.Builder unread =
          CountUnreadRequest.newBuilder().setStore("spread").setReader(reader);
      for (String name : TIMELINES) {
        commit.addCursors(
            Cursor.newBuilder().setTimeline(timeline(name)).setReader(reader).setSequenceId(1));
        get.addTimelines(timeline(name));
        unread.addTimelines(timeline(name));
      }
      assertThat(cursors(cluster.node(i)).commitCursors(commit.build()).getResultsList())
          .hasSize(TIMELINES.size())
          .allMatch(result -> result.getCursor().getSequenceId() == 1);
      for (TestNode node : cluster.nodes()) {
        GetCursorsResponse got = cursors(node).getCursors(get.build());
        assertThat(got.getResultsList())
            .hasSize(TIMELINES.size())
            .allMatch(result -> result.getCursor().getSequenceId() == 1);
        assertThat(seen(got.getSessionToken())).hasSize(3);
        assertThat(cursors(node).countUnread(unread.build()).getResultsList())
            .hasSize(TIMELINES.size())
            .allMatch(result -> result.getUnread().getCount() >= ENTRIES - 1);
        assertThat(
                cursors(node)
                    .listCursors(
                        ListCursorsRequest.newBuilder()
                            .setStore("spread")
                            .setTimeline(timeline("h1"))
                            .build())
                    .getCursorsList()
                    .stream()
                    .map(Cursor::getReader))
            .contains(reader);
      }
    }
  }

  private static CursorServiceGrpc.CursorServiceBlockingStub cursors(TestNode node) {
    return CursorServiceGrpc.newBlockingStub(node.channel());
  }

  /** Whatever the budget, reading on brings each entry once, and never more than was asked for. */
  @Test
  void aSyncKeepsItsBudgetAndReadsOnToTheEnd() {
    for (TestNode node : cluster.nodes()) {
      Map<String, Long> positions = new HashMap<>();
      TIMELINES.forEach(name -> positions.put(name, 0L));
      int entries = 0;
      boolean more = true;
      for (int round = 0; more; round++) {
        assertThat(round).as("rounds").isLessThan(TIMELINES.size() * ENTRIES);
        SyncResponse synced =
            node.timelines().sync(sync(positions).setLimit(5).setLimitPerTimeline(3).build());
        int inThisOne = 0;
        more = false;
        for (int i = 0; i < TIMELINES.size(); i++) {
          SyncResult result = synced.getResults(i);
          String name = TIMELINES.get(i);
          assertThat(result.getTimeline()).isEqualTo(timeline(name));
          for (Entry entry : result.getEntriesList()) {
            assertThat(entry.getSequenceId()).isEqualTo(positions.get(name) + 1);
            positions.put(name, entry.getSequenceId());
            inThisOne++;
          }
          Coverage coverage = result.getCoverage();
          assertThat(coverage.getNextSequenceId()).isEqualTo(positions.get(name) + 1);
          assertThat(coverage.getHasMore()).isEqualTo(positions.get(name) < ENTRIES);
          assertThat(coverage.getStatus() == CoverageStatus.COVERAGE_STATUS_MORE)
              .isEqualTo(coverage.getHasMore());
          more |= coverage.getHasMore();
        }
        assertThat(inThisOne).isBetween(1, 5);
        entries += inThisOne;
      }
      assertThat(entries).isEqualTo(TIMELINES.size() * ENTRIES);
    }
  }

  @Test
  void metaIsListedInOrderPageByPageOnEveryNode() {
    for (TestNode node : cluster.nodes()) {
      for (int limit : new int[] {1, 2, 3, 4, 100}) {
        List<String> listed = new ArrayList<>();
        ByteString token = ByteString.EMPTY;
        do {
          ListMetaResponse page =
              node.metas()
                  .listMeta(
                      ListMetaRequest.newBuilder()
                          .setStore("spread")
                          .setStart(timeline("a2"))
                          .setEnd(timeline("p3"))
                          .setLimit(limit)
                          .setPageToken(token)
                          .build());
          page.getMetasList()
              .forEach(meta -> listed.add(meta.getTimeline().getFields(0).getStringValue()));
          assertThat(page.getMetasCount()).isLessThanOrEqualTo(limit);
          token = page.getNextPageToken();
        } while (!token.isEmpty());
        assertThat(listed).isEqualTo(TIMELINES.subList(1, TIMELINES.size() - 1));
      }
    }
  }

  @Test
  void metaIsReadAndUpdatedThroughEveryNode() {
    int round = 0;
    for (TestNode node : cluster.nodes()) {
      round++;
      var _ =
          node.metas()
              .updateMeta(
                  UpdateMetaRequest.newBuilder()
                      .setStore("spread")
                      .setTimeline(timeline("h1"))
                      .putSetFields("round", Value.newBuilder().setInt64Value(round).build())
                      .build());
      for (TestNode reader : cluster.nodes()) {
        assertThat(
                reader
                    .metas()
                    .getMeta(
                        GetMetaRequest.newBuilder()
                            .setStore("spread")
                            .setTimeline(timeline("h1"))
                            .build())
                    .getMeta()
                    .getFields()
                    .getFieldsOrThrow("round")
                    .getInt64Value())
            .isEqualTo(round);
      }
    }
  }

  @Test
  void editsGoThroughEveryNodeAndLeaveEqualReplicas() throws Exception {
    TestNode writer = cluster.node(0);
    for (TestNode node : cluster.nodes()) {
      for (String store : List.of("spread", "three")) {
        String name = "edited" + cluster.nodes().indexOf(node);
        for (int i = 1; i <= 3; i++) {
          assertThat(writer.append(store, name, "m" + i)).isEqualTo(i);
        }
        var updated =
            node.timelines()
                .update(
                    UpdateRequest.newBuilder()
                        .setStore(store)
                        .setTimeline(timeline(name))
                        .setSequenceId(1)
                        .putSetFields("more", Value.newBuilder().setInt64Value(1).build())
                        .build());
        assertThat(updated.getRevision()).isEqualTo(1);
        assertThat(
                node.timelines()
                    .recall(
                        RecallRequest.newBuilder()
                            .setStore(store)
                            .setTimeline(timeline(name))
                            .setSequenceId(2)
                            .setAnnounce(true)
                            .build())
                    .getChangeSequenceId())
            .isEqualTo(4);
        var deleted =
            node.timelines()
                .delete(
                    DeleteRequest.newBuilder()
                        .setStore(store)
                        .setTimeline(timeline(name))
                        .setSequenceId(3)
                        .build());
        assertThat(deleted.getChangeSequenceId()).isZero();
        for (TestNode reader : cluster.nodes()) {
          ScanResponse page =
              reader
                  .timelines()
                  .scan(
                      ScanRequest.newBuilder().setStore(store).setTimeline(timeline(name)).build());
          assertThat(page.getEntriesList())
              .extracting(Entry::getSequenceId)
              .containsExactly(1L, 2L, 4L);
          assertThat(page.getEntries(0).getMessage().getFieldsMap()).containsKey("more");
          assertThat(page.getEntries(1).getRecalled()).isTrue();
        }
        writer.append(store, name + "-dropped", "m");
        assertThat(
                node.timelines()
                    .deleteTimeline(
                        DeleteTimelineRequest.newBuilder()
                            .setStore(store)
                            .setTimeline(timeline(name + "-dropped"))
                            .build())
                    .getLastSequenceId())
            .isEqualTo(1);
      }
    }
    List<TestNode> holders =
        cluster.nodes().stream().filter(node -> !node.partitions("three").isEmpty()).toList();
    assertThat(holders).hasSize(3);
    long partition =
        holders.getFirst().partitions("three").getFirst().getPartition().getPartitionId();
    try (ReplicaHashes replicas =
        new ReplicaHashes(
            holders.stream().map(node -> node.server().info().address().grpcAddress()).toList())) {
      await()
          .atMost(LONG)
          .untilAsserted(
              () -> assertThat(new HashSet<>(replicas.ofPartition(partition))).hasSize(1));
    }
  }

  @Test
  void refusalsComeThroughAsTheyAre() {
    for (TestNode node : cluster.nodes()) {
      ErrorDetail absent =
          Refusals.assertRefused(
              ErrorReason.ERROR_REASON_ENTRY_NOT_FOUND,
              () ->
                  node.timelines()
                      .get(
                          GetRequest.newBuilder()
                              .setStore("spread")
                              .setTimeline(timeline("h2"))
                              .setSequenceId(99)
                              .build()));
      assertThat(absent.getField()).isEqualTo("sequence_id");
      assertThat(absent.getTimeline()).isEqualTo(timeline("h2"));
      Refusals.assertRefused(
          ErrorReason.ERROR_REASON_META_NOT_FOUND,
          () ->
              node.metas()
                  .updateMeta(
                      UpdateMetaRequest.newBuilder()
                          .setStore("spread")
                          .setTimeline(timeline("hx"))
                          .putSetFields("a", Value.newBuilder().setInt64Value(1).build())
                          .build()));
    }
  }

  @Test
  void aSessionIsCarriedThroughNodesThatHaveNothingOfIt() {
    SessionToken seen = SessionToken.newBuilder().addSeen(7_777).addSeen(1).build();
    for (TestNode node : cluster.nodes()) {
      ByteString token =
          node.timelines()
              .scan(
                  ScanRequest.newBuilder()
                      .setStore("spread")
                      .setTimeline(timeline("a1"))
                      .setRead(
                          ReadOptions.newBuilder()
                              .setConsistency(ReadConsistency.READ_CONSISTENCY_SESSION)
                              .setSessionToken(seen.toByteString()))
                      .build())
              .getSessionToken();
      assertThat(seen(token)).containsEntry(7_777L, 1L).hasSize(2);
    }
  }

  @Test
  void whatWasPassedOnIsNotPassedOnAgain() {
    Metadata header = new Metadata();
    header.put(PeerCalls.FORWARDED_BY, "n9");
    int answered = 0;
    for (TestNode node : cluster.nodes()) {
      TimelineServiceGrpc.TimelineServiceBlockingStub passedOn =
          TimelineServiceGrpc.newBlockingStub(
              ClientInterceptors.intercept(
                  node.channel(), MetadataUtils.newAttachHeadersInterceptor(header)));
      ScanRequest scan =
          ScanRequest.newBuilder().setStore("spread").setTimeline(timeline("a1")).build();
      if (node.partitions("spread").stream()
          .anyMatch(status -> status.getPartition().getStartKey().isEmpty())) {
        assertThat(passedOn.scan(scan).getEntriesCount()).isEqualTo(ENTRIES);
        answered++;
      } else {
        Refusals.assertRefused(
            ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE, () -> passedOn.scan(scan));
      }
    }
    assertThat(answered).isEqualTo(1);
  }

  /** The last one: it takes a node away. The first of the copies is the first to be asked. */
  @Test
  @Order(Integer.MAX_VALUE)
  void theLossOfOneCopyOfThreeIsNoTroubleToNodesWithoutACopy() {
    List<TestNode> without =
        cluster.nodes().stream().filter(node -> node.partitions("three").isEmpty()).toList();
    assertThat(without).hasSize(2);
    await()
        .atMost(LONG)
        .ignoreExceptions()
        .until(() -> without.getFirst().append("three", "t", "first") > 0);
    PartitionDescriptor partition =
        cluster.nodes().stream()
            .flatMap(node -> node.partitions("three").stream())
            .findFirst()
            .orElseThrow()
            .getPartition();
    String lost = partition.getReplicas(0).getNodeId();
    cluster.nodes().stream()
        .filter(node -> node.server().info().address().nodeId().equals(lost))
        .forEach(node -> node.server().stop());
    for (TestNode node : without) {
      await()
          .atMost(LONG)
          .ignoreExceptions()
          .untilAsserted(() -> assertThat(node.scanned("three", "t")).isPositive());
      await()
          .atMost(LONG)
          .ignoreExceptions()
          .untilAsserted(
              () ->
                  assertThat(
                          node.admin()
                              .transferLeader(
                                  TransferLeaderRequest.newBuilder()
                                      .setPartitionId(partition.getPartitionId())
                                      .build())
                              .getLeaderNodeId())
                      .isNotEmpty()
                      .isNotEqualTo(lost));
    }
  }

  private static SyncRequest.Builder sync(Map<String, Long> positions) {
    SyncRequest.Builder request = SyncRequest.newBuilder().setStore("spread");
    TIMELINES.forEach(
        name ->
            request.addPositions(
                SyncPosition.newBuilder()
                    .setTimeline(timeline(name))
                    .setAfterSequenceId(positions.get(name))));
    return request;
  }

  private static Map<Long, Long> seen(ByteString token) {
    return SessionTokenTest.parsed(token).seen();
  }
}
