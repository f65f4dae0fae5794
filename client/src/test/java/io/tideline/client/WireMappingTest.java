package io.tideline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.tideline.client.testing.FakeServer;
import io.tideline.client.testing.Fault;
import io.tideline.proto.v1.AlterStoreRequest;
import io.tideline.proto.v1.AlterStoreResponse;
import io.tideline.proto.v1.BatchAppendRequest;
import io.tideline.proto.v1.CreateStoreRequest;
import io.tideline.proto.v1.CreateStoreResponse;
import io.tideline.proto.v1.DropStoreResponse;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.FlushPartitionsResponse;
import io.tideline.proto.v1.GetMetaResponse;
import io.tideline.proto.v1.GetNodeStatusResponse;
import io.tideline.proto.v1.LatestResponse;
import io.tideline.proto.v1.ListMetaRequest;
import io.tideline.proto.v1.ListMetaResponse;
import io.tideline.proto.v1.ListPartitionsResponse;
import io.tideline.proto.v1.PartitionDescriptor;
import io.tideline.proto.v1.PutMetaRequest;
import io.tideline.proto.v1.PutMetaResponse;
import io.tideline.proto.v1.PutRequest;
import io.tideline.proto.v1.PutResponse;
import io.tideline.proto.v1.Store;
import io.tideline.proto.v1.SyncRequest;
import io.tideline.proto.v1.SyncResponse;
import io.tideline.proto.v1.UpdateMetaRequest;
import io.tideline.proto.v1.UpdateMetaResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Each operation asks for what the caller said, and answers what the server said. */
class WireMappingTest {

  private static final TimelineKey ROOM = TimelineKey.of("chat", "room", 7);
  private static final Message HELLO = Message.of("text", "hello");

  private final FakeServer server = FakeServer.started();
  private final TidelineClient client = TidelineClient.connect(server.address());

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  private <Q extends com.google.protobuf.Message> Q asked(String method, Class<Q> type) {
    return server.services().received(method, type).get(0);
  }

  @Test
  void getTellsAbsentFromGone() {
    for (int i = 0; i < 3; i++) {
      client.append(ROOM, HELLO);
    }
    client.trim(ROOM, 1);
    Entry entry = client.get(ROOM, 2).orElseThrow();
    assertThat(entry.sequenceId()).isEqualTo(2);
    assertThat(entry.kind()).isEqualTo(EntryKind.MESSAGE);
    assertThat(entry.changeType()).isEqualTo(ChangeType.NONE);
    assertThat(entry.message()).isEqualTo(HELLO);
    assertThat(client.get(ROOM, 4)).isEmpty();
    TidelineException gone =
        catchThrowableOfType(TidelineException.class, () -> client.get(ROOM, 1));
    assertThat(gone.code()).isEqualTo(ErrorCode.NOT_RETAINED);
    TimelineHead head = client.head(ROOM);
    assertThat(head.lastSequenceId()).isEqualTo(3);
    assertThat(head.firstRetainedSequenceId()).isEqualTo(2);
    assertThat(head.trimmedThroughSequenceId()).isEmpty();
  }

  @Test
  void appendAllAnswersEachItemInOrder() {
    List<AppendOutcome> outcomes =
        client.appendAll(
            List.of(
                AppendItem.of(ROOM, HELLO),
                AppendItem.of(ROOM, HELLO).withExpectedLastSequenceId(5),
                AppendItem.of(ROOM, HELLO).withExpectedLastSequenceId(1)));
    assertThat(outcomes.get(0).orThrow().sequenceId()).isEqualTo(1);
    assertThat(outcomes.get(1).isSuccess()).isFalse();
    TidelineException refused =
        catchThrowableOfType(TidelineException.class, () -> outcomes.get(1).orThrow());
    assertThat(refused.code()).isEqualTo(ErrorCode.CONDITION_FAILED);
    assertThat(refused.value()).isEqualTo("1");
    assertThat(outcomes.get(2).orThrow().previousSequenceId()).isEqualTo(1);
    assertThatThrownBy(() -> client.appendAll(List.of())).hasMessageContaining("1..1000");
    assertThatThrownBy(
            () ->
                client.appendAll(
                    List.of(
                        AppendItem.of(ROOM, HELLO),
                        AppendItem.of(TimelineKey.of("inbox", 1), HELLO))))
        .hasMessageContaining("one store per call");
  }

  @Test
  void appendAllAsksAgainForWhatIsNotSettledOnly() {
    server.faults().next("BatchAppend", Fault.loseAnswer(Status.Code.UNAVAILABLE));
    List<AppendOutcome> outcomes =
        client.appendAll(List.of(AppendItem.of(ROOM, HELLO), AppendItem.of(ROOM, HELLO)));
    assertThat(outcomes).allSatisfy(o -> assertThat(o.orThrow().duplicate()).isTrue());
    assertThat(outcomes.get(1).orThrow().sequenceId()).isEqualTo(2);
    assertThat(server.services().received("BatchAppend", BatchAppendRequest.class)).hasSize(2);
  }

  @Test
  void putSaysWhetherItReplaces() {
    server
        .services()
        .script(
            "Put",
            r ->
                PutResponse.newBuilder()
                    .setLastSequenceId(-3)
                    .setReplaced(((PutRequest) r).getOverwrite())
                    .setAppendTimeMs(5)
                    .build());
    assertThat(client.put(ROOM, -3, HELLO))
        .isEqualTo(new PutResult(-3, false, Instant.ofEpochMilli(5)));
    assertThat(client.putOrReplace(ROOM, -3, HELLO).replaced()).isTrue();
    assertThat(asked("Put", PutRequest.class).getSequenceId()).isEqualTo(-3);
  }

  @Test
  void latestHasAResultPerTimeline() {
    server
        .services()
        .script(
            "Latest",
            r ->
                LatestResponse.newBuilder()
                    .addResults(
                        io.tideline.proto.v1.LatestResult.newBuilder()
                            .setEntry(
                                io.tideline.proto.v1.Entry.newBuilder()
                                    .setSequenceId(8)
                                    .setKindValue(99)))
                    .addResults(io.tideline.proto.v1.LatestResult.getDefaultInstance())
                    .build());
    List<LatestResult> results = client.latest("chat", List.of(Identifier.of(1), Identifier.of(2)));
    assertThat(results.get(0).orThrow().orElseThrow().sequenceId()).isEqualTo(8);
    assertThat(results.get(0).orThrow().orElseThrow().kind()).isEqualTo(EntryKind.UNKNOWN);
    assertThat(results.get(1).orThrow()).isEmpty();
    assertThat(results.get(1).coverage().status()).isEqualTo(CoverageStatus.UNKNOWN);
  }

  @Test
  void syncMovesEachPositionPastWhatWasCovered() {
    server
        .services()
        .script(
            "Sync",
            r -> {
              SyncResponse.Builder out = SyncResponse.newBuilder();
              out.addResultsBuilder()
                  .setCoverage(coverage(12))
                  .addEntries(io.tideline.proto.v1.Entry.newBuilder().setSequenceId(11));
              out.addResultsBuilder().getErrorBuilder().setCode(Status.Code.UNAVAILABLE.value());
              return out.build();
            });
    SyncSpec spec =
        SyncSpec.builder("inbox")
            .after(Identifier.of("ana"), 10)
            .after(Identifier.of("bob"), 20)
            .limit(50)
            .limitPerTimeline(5)
            .limitBytes(1_000)
            .build();

    List<SyncResult> results = client.sync(spec);

    assertThat(results.get(0).timeline()).isEqualTo(TimelineKey.of("inbox", "ana"));
    assertThat(results.get(0).entries()).extracting(Entry::sequenceId).containsExactly(11L);
    assertThat(results.get(1).error()).isNotNull();
    assertThat(spec.advancedBy(results).positions())
        .containsEntry(Identifier.of("ana"), 11L)
        .containsEntry(Identifier.of("bob"), 20L);
    SyncRequest asked = asked("Sync", SyncRequest.class);
    assertThat(asked.getPositionsList())
        .extracting(p -> p.getAfterSequenceId())
        .containsExactly(10L, 20L);
    assertThat(asked.getLimit()).isEqualTo(50);
    assertThat(asked.getLimitPerTimeline()).isEqualTo(5);
    assertThat(asked.getLimitBytes()).isEqualTo(1_000);
  }

  private static io.tideline.proto.v1.Coverage coverage(long next) {
    return io.tideline.proto.v1.Coverage.newBuilder()
        .setStatus(io.tideline.proto.v1.CoverageStatus.COVERAGE_STATUS_COMPLETE)
        .setNextSequenceId(next)
        .build();
  }

  @Test
  void metaIsPutUpdatedAndRead() {
    server.services().script("PutMeta", r -> PutMetaResponse.newBuilder().setRevision(1).build());
    server
        .services()
        .script("UpdateMeta", r -> UpdateMetaResponse.newBuilder().setRevision(2).build());
    server.services().script("GetMeta", r -> GetMetaResponse.newBuilder().setMeta(meta(7)).build());

    assertThat(client.meta().insert(ROOM, HELLO)).isEqualTo(1);
    assertThat(asked("PutMeta", PutMetaRequest.class).getMustNotExist()).isTrue();
    MetaUpdate update =
        MetaUpdate.builder()
            .set("topic", "news")
            .remove("old")
            .onlyIf(Filter.exists("old"))
            .expectedRevision(1)
            .build();
    assertThat(client.meta().update(ROOM, update)).isEqualTo(2);
    UpdateMetaRequest asked = asked("UpdateMeta", UpdateMetaRequest.class);
    assertThat(asked.getSetFieldsMap()).containsOnlyKeys("topic");
    assertThat(asked.getRemoveFieldsList()).containsExactly("old");
    assertThat(asked.getCondition().getExists()).isEqualTo("old");
    assertThat(asked.getExpectedRevision()).isEqualTo(1);
    Meta meta = client.meta().get(ROOM).orElseThrow();
    assertThat(meta)
        .isEqualTo(new Meta(TimelineKey.of("chat", "room", 7), HELLO, 3, Instant.ofEpochMilli(9)));
    server
        .faults()
        .next(
            "GetMeta",
            Fault.refuse(Status.Code.NOT_FOUND, ErrorReason.ERROR_REASON_META_NOT_FOUND));
    assertThat(client.meta().get(ROOM)).isEmpty();
    assertThatThrownBy(() -> MetaUpdate.builder().build()).hasMessageContaining("changes nothing");
  }

  private static io.tideline.proto.v1.Meta meta(long number) {
    return io.tideline.proto.v1.Meta.newBuilder()
        .setTimeline(WireValues.toWire(Identifier.of("room", number)))
        .setFields(WireValues.toWire(HELLO))
        .setRevision(3)
        .setUpdateTimeMs(9)
        .build();
  }

  @Test
  void metaIsListedPageByPage() {
    server.services().script("ListMeta", r -> metaPage((ListMetaRequest) r));
    MetaListSpec spec = MetaListSpec.of("chat").withPrefix("room").withPageSize(2);
    for (int pass = 0; pass < 2; pass++) {
      List<Object> numbers = new ArrayList<>();
      client
          .meta()
          .list(spec)
          .forEach(meta -> numbers.add(meta.timeline().identifier().values().get(1)));
      assertThat(numbers).containsExactly(Value.of(1), Value.of(2), Value.of(3));
    }
    ListMetaRequest asked = asked("ListMeta", ListMetaRequest.class);
    assertThat(asked.getPrefix(0).getStringValue()).isEqualTo("room");
    assertThat(asked.getLimit()).isEqualTo(2);
  }

  /** Metas 1 and 2, an empty page, then meta 3. */
  private static ListMetaResponse metaPage(ListMetaRequest request) {
    ListMetaResponse.Builder page = ListMetaResponse.newBuilder();
    return switch (request.getPageToken().toStringUtf8()) {
      case "" ->
          page.addMetas(meta(1))
              .addMetas(meta(2))
              .setNextPageToken(ByteString.copyFromUtf8("e"))
              .build();
      case "e" -> page.setNextPageToken(ByteString.copyFromUtf8("z")).build();
      default -> page.addMetas(meta(3)).build();
    };
  }

  @Test
  void storesAreCreatedAsSpecified() {
    server
        .services()
        .script(
            "CreateStore",
            r -> {
              CreateStoreRequest request = (CreateStoreRequest) r;
              return CreateStoreResponse.newBuilder()
                  .setStore(
                      Store.newBuilder()
                          .setName(request.getName())
                          .setStoreId(4)
                          .addAllIdentifierSchema(request.getIdentifierSchemaList())
                          .setOptions(request.getOptions())
                          .setCreateTimeMs(11))
                  .addPartitions(
                      PartitionDescriptor.newBuilder()
                          .setPartitionId(9)
                          .setEndKey(ByteString.copyFrom(new byte[] {1, (byte) 0xfe})))
                  .build();
            });
    StoreDescription created =
        client
            .stores()
            .create(
                StoreSpec.builder("inbox")
                    .identifierField("user", IdentifierType.STRING)
                    .identifierField("device", IdentifierType.INT64)
                    .sequenceMode(SequenceMode.MONOTONIC)
                    .storageType(StorageType.SSD)
                    .ttl(Duration.ofDays(14))
                    .retentionMaxEntries(1_000)
                    .replicas(3)
                    .dedupWindow(Duration.ofHours(2))
                    .splitPoint(Identifier.of("m", 0))
                    .build());

    assertThat(created.store())
        .isEqualTo(
            new StoreInfo(
                "inbox",
                4,
                List.of(
                    new IdentifierField("user", IdentifierType.STRING),
                    new IdentifierField("device", IdentifierType.INT64)),
                new StoreOptions(
                    SequenceMode.MONOTONIC,
                    Optional.of(Duration.ofDays(14)),
                    OptionalLong.of(1_000),
                    OptionalLong.empty(),
                    StorageType.SSD,
                    3,
                    Duration.ofHours(2)),
                Instant.ofEpochMilli(11),
                Optional.empty()));
    assertThat(created.partitions().get(0).endKey()).isEqualTo("01fe");
    assertThat(
            asked("CreateStore", CreateStoreRequest.class)
                .getInitialPartitions()
                .getSplitPointsCount())
        .isEqualTo(1);
    assertThatThrownBy(() -> StoreSpec.builder("x").build()).hasMessageContaining("1..4");
  }

  @Test
  void alterNamesOnlyWhatChanges() {
    server.services().script("AlterStore", r -> AlterStoreResponse.getDefaultInstance());
    StoreInfo altered =
        client.stores().alter("inbox", StoreAlteration.builder().ttl(Duration.ZERO).build());
    assertThat(altered.options().ttl()).isEmpty();
    AlterStoreRequest asked = asked("AlterStore", AlterStoreRequest.class);
    assertThat(asked.getUpdateFieldsList()).containsExactly("ttl_ms");
    assertThatThrownBy(() -> StoreAlteration.builder().build())
        .hasMessageContaining("changes nothing");
  }

  @Test
  void dropAndAdminCallsAnswer() {
    server
        .services()
        .script("DropStore", r -> DropStoreResponse.newBuilder().setRecoverableUntilMs(77).build());
    server
        .services()
        .script(
            "GetNodeStatus",
            r ->
                GetNodeStatusResponse.newBuilder()
                    .setNodeId("n1")
                    .setStartupMs(1_200)
                    .setFailedPartitionCount(1)
                    .setDamagedTableCount(2)
                    .build());
    server
        .services()
        .script(
            "FlushPartitions",
            r -> FlushPartitionsResponse.newBuilder().setFlushedPartitions(2).build());
    server
        .services()
        .script(
            "ListPartitions",
            r ->
                ListPartitionsResponse.newBuilder()
                    .addPartitions(
                        io.tideline.proto.v1.PartitionStatus.newBuilder()
                            .setRole("LEADER")
                            .setTerm(3)
                            .addDamage(
                                io.tideline.proto.v1.TableDamage.newBuilder()
                                    .setFile("/data/7.sst")
                                    .setOffset(-1)
                                    .setProblem("expected this, found that")
                                    .setFirstKey("timeline 61")
                                    .setLastKey("timeline 62"))
                            .setDamagedTableCount(101))
                    .addPartitions(
                        io.tideline.proto.v1.PartitionStatus.newBuilder()
                            .setRole("FAILED")
                            .setFailure("damaged"))
                    .build());
    assertThat(client.stores().drop("inbox")).isEqualTo(Instant.ofEpochMilli(77));
    assertThat(client.admin().nodeStatus().startup()).isEqualTo(Duration.ofMillis(1_200));
    assertThat(client.admin().nodeStatus().failedPartitionCount()).isEqualTo(1);
    assertThat(client.admin().nodeStatus().damagedTableCount()).isEqualTo(2);
    PartitionStatus damaged = client.admin().partitions().get(0);
    assertThat(damaged.damage())
        .containsExactly(
            new TableDamage(
                "/data/7.sst", -1, "expected this, found that", "timeline 61", "timeline 62"));
    assertThat(damaged.damagedTableCount()).isEqualTo(101);
    assertThat(client.admin().flushPartitions()).isEqualTo(2);
    assertThat(client.admin().partitions().get(1).failure()).isEqualTo("damaged");
    assertThat(client.admin().partitions().get(0).role()).isEqualTo("LEADER");
    assertThat(client.admin().nodes()).isEmpty();
    assertThat(client.stores().list()).isEmpty();
  }
}
