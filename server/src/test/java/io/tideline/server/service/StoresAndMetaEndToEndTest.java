package io.tideline.server.service;

import static io.tideline.server.node.TestNode.message;
import static io.tideline.server.node.TestNode.timeline;
import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.proto.v1.AlterStoreRequest;
import io.tideline.proto.v1.CoverageStatus;
import io.tideline.proto.v1.CreateStoreRequest;
import io.tideline.proto.v1.DeleteMetaRequest;
import io.tideline.proto.v1.DescribeStoreRequest;
import io.tideline.proto.v1.DescribeStoreResponse;
import io.tideline.proto.v1.DropStoreRequest;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.Filter;
import io.tideline.proto.v1.GetMetaRequest;
import io.tideline.proto.v1.IdentifierField;
import io.tideline.proto.v1.IdentifierType;
import io.tideline.proto.v1.IdentifierValue;
import io.tideline.proto.v1.ListMetaRequest;
import io.tideline.proto.v1.ListMetaResponse;
import io.tideline.proto.v1.ListStoresRequest;
import io.tideline.proto.v1.Meta;
import io.tideline.proto.v1.PutMetaRequest;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.proto.v1.Store;
import io.tideline.proto.v1.StoreOptions;
import io.tideline.proto.v1.UpdateMetaRequest;
import io.tideline.proto.v1.UpdateMetaResponse;
import io.tideline.server.node.TestNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stores and meta through real gRPC on a real node. */
final class StoresAndMetaEndToEndTest {

  @TempDir private static Path directory;

  private static TestNode node;

  @BeforeAll
  static void start() throws Exception {
    node = TestNode.start(directory.resolve("data"));
    node.createStore("meta", SequenceMode.SEQUENCE_MODE_DENSE, "g", "p");
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @Test
  void storeIsDescribedAsCreatedAlteredAndGoneAfterItsDrop() {
    node.createStore(
        "inbox",
        StoreOptions.newBuilder()
            .setSequenceMode(SequenceMode.SEQUENCE_MODE_MONOTONIC)
            .setTtlMs(60_000)
            .build(),
        "m");
    DescribeStoreResponse described = describe("inbox");
    assertThat(described.getStore().getOptions().getTtlMs()).isEqualTo(60_000);
    assertThat(described.getStore().getOptions().getDedupWindowMs()).isEqualTo(86_400_000);
    assertThat(described.getPartitionsCount()).isEqualTo(2);
    assertThat(described.getPartitions(0).getStartKey().isEmpty()).isTrue();
    assertThat(described.getPartitions(0).getEndKey())
        .isEqualTo(described.getPartitions(1).getStartKey());
    assertThat(described.getPartitions(1).getEndKey().isEmpty()).isTrue();
    assertThat(described.getPartitions(1).getLeaderNodeId()).isEqualTo("node-1");

    Store altered =
        node.stores()
            .alterStore(
                AlterStoreRequest.newBuilder()
                    .setName("inbox")
                    .setOptions(StoreOptions.newBuilder().setTtlMs(120_000))
                    .addUpdateFields("ttl_ms")
                    .build())
            .getStore();
    assertThat(altered.getOptions().getTtlMs()).isEqualTo(120_000);
    assertThat(altered.getOptions().getSequenceMode())
        .isEqualTo(SequenceMode.SEQUENCE_MODE_MONOTONIC);
    assertThat(describe("inbox").getStore()).isEqualTo(altered);

    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_STORE_ALREADY_EXISTS,
        () -> node.createStore("inbox", SequenceMode.SEQUENCE_MODE_DENSE));
    long until =
        node.stores()
            .dropStore(DropStoreRequest.newBuilder().setName("inbox").build())
            .getRecoverableUntilMs();
    assertThat(until).isPositive();
    Refusals.assertRefused(ErrorReason.ERROR_REASON_STORE_NOT_FOUND, () -> describe("inbox"));
    assertThat(names(false)).doesNotContain("inbox").contains("meta");
    assertThat(names(true)).contains("inbox");
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_STORE_ALREADY_EXISTS,
        () -> node.createStore("inbox", SequenceMode.SEQUENCE_MODE_DENSE));
  }

  @Test
  void metaIsPutUpdatedAndDeleted() {
    assertThat(put("u1", "a").getRevision()).isEqualTo(1);
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_META_ALREADY_EXISTS,
        () ->
            node.metas()
                .putMeta(
                    PutMetaRequest.newBuilder()
                        .setStore("meta")
                        .setTimeline(timeline("u1"))
                        .setFields(message("b"))
                        .setMustNotExist(true)
                        .build()));
    UpdateMetaRequest update =
        UpdateMetaRequest.newBuilder()
            .setStore("meta")
            .setTimeline(timeline("u1"))
            .putSetFields("topic", Samples.text("t"))
            .build();
    UpdateMetaResponse updated = node.metas().updateMeta(update);
    assertThat(updated.getRevision()).isEqualTo(2);
    Meta meta = get("u1");
    assertThat(meta.getFields().getFieldsMap()).containsOnlyKeys("text", "topic");
    assertThat(meta.getRevision()).isEqualTo(2);

    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_CONDITION_FAILED,
        () -> node.metas().updateMeta(update.toBuilder().setExpectedRevision(1).build()));
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_CONDITION_FAILED,
        () ->
            node.metas()
                .updateMeta(
                    update.toBuilder()
                        .setCondition(Filter.newBuilder().setExists("absent"))
                        .build()));
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_REQUIRED,
        () ->
            node.metas()
                .updateMeta(
                    UpdateMetaRequest.newBuilder()
                        .setStore("meta")
                        .setTimeline(timeline("u1"))
                        .addRemoveFields("text")
                        .addRemoveFields("topic")
                        .build()));

    DeleteMetaRequest delete =
        DeleteMetaRequest.newBuilder().setStore("meta").setTimeline(timeline("u1")).build();
    assertThat(node.metas().deleteMeta(delete).getExisted()).isTrue();
    assertThat(node.metas().deleteMeta(delete).getExisted()).isFalse();
    Refusals.assertRefused(ErrorReason.ERROR_REASON_META_NOT_FOUND, () -> get("u1"));
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_META_NOT_FOUND, () -> node.metas().updateMeta(update));
  }

  @Test
  void listingWalksPartitionsInOrderPageByPage() {
    List<String> names = List.of("l-a", "l-h", "l-z", "l-b");
    names.forEach(name -> put(name, name));
    put("h-list", "x");
    ListMetaRequest.Builder request =
        ListMetaRequest.newBuilder()
            .setStore("meta")
            .setStart(timeline("l-a"))
            .setEnd(timeline("l-zz"))
            .setLimit(3);
    List<String> listed = new ArrayList<>();
    ListMetaResponse first = node.metas().listMeta(request.build());
    assertThat(first.getStatus()).isEqualTo(CoverageStatus.COVERAGE_STATUS_MORE);
    first.getMetasList().forEach(meta -> listed.add(name(meta)));
    ListMetaResponse last =
        node.metas().listMeta(request.setPageToken(first.getNextPageToken()).build());
    assertThat(last.getStatus()).isEqualTo(CoverageStatus.COVERAGE_STATUS_COMPLETE);
    assertThat(last.getNextPageToken().isEmpty()).isTrue();
    last.getMetasList().forEach(meta -> listed.add(name(meta)));
    assertThat(listed).containsExactly("l-a", "l-b", "l-h", "l-z");

    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_INVALID_TOKEN,
        () -> node.metas().listMeta(request.setEnd(timeline("l-b")).build()));
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_INVERTED_RANGE,
        () -> node.metas().listMeta(request.clearPageToken().setEnd(timeline("a")).build()));
    ListMetaResponse exact =
        node.metas()
            .listMeta(
                ListMetaRequest.newBuilder()
                    .setStore("meta")
                    .addPrefix(IdentifierValue.newBuilder().setStringValue("h-list"))
                    .build());
    assertThat(exact.getMetasList()).extracting(m -> name(m)).containsExactly("h-list");
  }

  @Test
  void identifierOfSeveralTypedFieldsIsChecked() {
    var unused =
        node.stores()
            .createStore(
                CreateStoreRequest.newBuilder()
                    .setName("typed")
                    .addIdentifierSchema(field("kind", IdentifierType.IDENTIFIER_TYPE_STRING))
                    .addIdentifierSchema(field("id", IdentifierType.IDENTIFIER_TYPE_INT64))
                    .build());
    var detail =
        Refusals.assertRefused(
            ErrorReason.ERROR_REASON_IDENTIFIER_ARITY,
            () ->
                node.metas()
                    .getMeta(
                        GetMetaRequest.newBuilder()
                            .setStore("typed")
                            .setTimeline(timeline("x"))
                            .build()));
    assertThat(detail.getField()).isEqualTo("timeline");
    assertThat(detail.getLimit()).isEqualTo("2 fields");
  }

  private static IdentifierField field(String name, IdentifierType type) {
    return IdentifierField.newBuilder().setName(name).setType(type).build();
  }

  private static DescribeStoreResponse describe(String name) {
    return node.stores().describeStore(DescribeStoreRequest.newBuilder().setName(name).build());
  }

  private static List<String> names(boolean dropped) {
    return node
        .stores()
        .listStores(ListStoresRequest.newBuilder().setIncludeDropped(dropped).build())
        .getStoresList()
        .stream()
        .map(Store::getName)
        .toList();
  }

  private static io.tideline.proto.v1.PutMetaResponse put(String name, String text) {
    return node.metas()
        .putMeta(
            PutMetaRequest.newBuilder()
                .setStore("meta")
                .setTimeline(timeline(name))
                .setFields(message(text))
                .build());
  }

  private static Meta get(String name) {
    return node.metas()
        .getMeta(GetMetaRequest.newBuilder().setStore("meta").setTimeline(timeline(name)).build())
        .getMeta();
  }

  private static String name(Meta meta) {
    return meta.getTimeline().getFields(0).getStringValue();
  }
}
