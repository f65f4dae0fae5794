package io.tideline.it.badinput;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.tideline.it.harness.NodeConfig;
import io.tideline.it.harness.Nodes;
import io.tideline.it.harness.Refusal;
import io.tideline.it.harness.ServerProcess;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.AppendResponse;
import io.tideline.proto.v1.DropStoreRequest;
import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.ListStoresRequest;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.Store;
import io.tideline.proto.v1.StoreOptions;
import io.tideline.proto.v1.TimelineHead;
import io.tideline.proto.v1.TimelineId;
import io.tideline.proto.v1.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every wrong request gets its own error, which names field, value and limit in the detail and in
 * the text; and after each the node serves and holds exactly what it held before.
 */
class BadInputIT {

  private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?");

  @RegisterExtension static final Nodes NODES = new Nodes();

  private static ServerProcess node;
  private static Content before;

  /** All that wrong requests must leave as it is. */
  private record Content(List<Store> stores, List<TimelineHead> heads, List<List<Entry>> entries) {}

  @BeforeAll
  static void startNode() {
    node = NODES.start(NodeConfig.defaults());
    Samples.create(node.wire());
    before = content();
  }

  private static Content content() {
    Wire wire = node.wire();
    List<TimelineHead> heads = new ArrayList<>();
    List<List<Entry>> entries = new ArrayList<>();
    List<TimelineId> dense =
        List.of(Samples.TIMELINE, Samples.SECOND_TIMELINE, Wire.id("nobody"), Wire.id("okok"));
    for (TimelineId timeline : dense) {
      heads.add(wire.head(Samples.DENSE, timeline));
      entries.add(wire.scanAll(Samples.DENSE, timeline));
    }
    heads.add(wire.head(Samples.TYPED, Samples.TYPED_TIMELINE));
    entries.add(wire.scanAll(Samples.TYPED, Samples.TYPED_TIMELINE));
    heads.add(wire.head(Samples.MANUAL, Samples.MANUAL_TIMELINE));
    entries.add(wire.scanAll(Samples.MANUAL, Samples.MANUAL_TIMELINE));
    List<Store> stores =
        wire.stores().listStores(ListStoresRequest.getDefaultInstance()).getStoresList();
    return new Content(stores, heads, entries);
  }

  static Stream<BadRequest> badRequests() {
    return Stream.of(
            BadStoreRequests.all(),
            BadIdentifiers.all(),
            BadWrites.all(),
            BadFanOuts.all(),
            BadCursors.all(),
            BadTails.all(),
            BadEdits.all(),
            BadReads.all(),
            BadMetaRequests.all(),
            BadBytes.all())
        .flatMap(rows -> rows);
  }

  @ParameterizedTest
  @MethodSource("badRequests")
  void isRefusedByNameAndLeavesNothing(BadRequest bad) {
    Refusal refusal = Wire.refusalOf(() -> bad.send().accept(node.wire()));

    assertThat(refusal.reason()).as(refusal.toString()).isEqualTo(bad.reason());
    assertThat(refusal.code()).as(refusal.toString()).isEqualTo(bad.code());
    if (!bad.field().isEmpty()) {
      assertThat(refusal.detail().getField()).isEqualTo(bad.field());
    }
    if (bad.code() == Status.Code.INVALID_ARGUMENT) {
      assertThat(refusal.message()).contains(bad.field());
    }
    if (!bad.value().isEmpty()) {
      assertThat(refusal.detail().getValue()).isEqualTo(bad.value());
      assertNumbersAreIn(refusal.message(), bad.value());
    }
    if (!bad.limit().isEmpty()) {
      assertThat(refusal.detail().getLimit()).isEqualTo(bad.limit());
      assertNumbersAreIn(refusal.message(), bad.limit());
    }
    assertThat(content()).isEqualTo(before);
    assertServes();
  }

  /** The text for people must say the same numbers as the detail for programs. */
  private static void assertNumbersAreIn(String message, String detail) {
    if (!detail.matches("[-0-9.]+( bytes| fields| levels)?")) {
      return;
    }
    Matcher numbers = NUMBER.matcher(detail.replace("..", " "));
    while (numbers.find()) {
      assertThat(message).contains(numbers.group());
    }
  }

  private static void assertServes() {
    assertThat(node.wire().health().check(HealthCheckRequest.getDefaultInstance()).getStatus())
        .isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void errorsNameStoreAndTimelineWhereTheyAreKnown() {
    Refusal unknownStore =
        Wire.refusalOf(() -> node.wire().append("absent", Samples.TIMELINE, Wire.text("x")));
    Refusal unknownEntry =
        Wire.refusalOf(() -> node.wire().append(Samples.MANUAL, Samples.TIMELINE, Wire.text("x")));

    assertThat(unknownStore.detail().getStore()).isEqualTo("absent");
    assertThat(unknownStore.message()).contains("absent");
    assertThat(unknownEntry.detail().getStore()).isEqualTo(Samples.MANUAL);
    assertThat(unknownEntry.message()).contains(Samples.MANUAL).contains("MANUAL");
  }

  @Test
  void requestBeyondTheLargestIsRefusedByName() {
    byte[] huge = new byte[20 << 20];
    Value value = Value.newBuilder().setBytesValue(ByteString.copyFrom(huge)).build();
    Message message = Message.newBuilder().putFields("blob", value).build();

    Refusal refusal =
        Wire.refusalOf(() -> node.wire().append(Samples.DENSE, Samples.TIMELINE, message));

    assertThat(refusal.code()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refusal.detail().getReason()).isEqualTo(ErrorReason.ERROR_REASON_TOO_LARGE);
    assertThat(refusal.detail().getField()).isEqualTo("request");
    assertThat(refusal.detail().getValue()).isEqualTo("more than 8388608 bytes");
    assertThat(refusal.detail().getLimit()).isEqualTo("8388608 bytes");
    assertThat(content()).isEqualTo(before);
    assertServes();
  }

  @Test
  void whatIsExactlyAtTheLimitIsAccepted() {
    Wire wire = node.wire();
    TimelineId timeline = Wire.id("x".repeat(4_000));
    String store = "at-the-limit-".concat("a".repeat(50));
    wire.createStore(store, StoreOptions.getDefaultInstance());

    AppendResponse largest = wire.append(store, timeline, Samples.mebibytePlus(0));
    AppendResponse most = wire.append(store, timeline, Samples.fields(1_024));
    AppendResponse longest =
        wire.timelines()
            .append(
                Samples.appendField("n".repeat(255), Value.newBuilder().setBoolValue(true))
                    .setStore(store)
                    .setTimeline(timeline)
                    .setMessageKey("k".repeat(128))
                    .build());
    List<Entry> read = wire.scanAll(store, timeline);
    int filtered =
        wire.timelines()
            .scan(
                Samples.scan()
                    .setStore(store)
                    .setTimeline(timeline)
                    .setFilter(Samples.filter(10))
                    .setLimitBytes(4 << 20)
                    .build())
            .getEntriesCount();

    assertThat(List.of(largest, most, longest))
        .extracting(AppendResponse::getSequenceId)
        .containsExactly(1L, 2L, 3L);
    assertThat(read.get(0).getMessage()).isEqualTo(Samples.mebibytePlus(0));
    assertThat(read.get(1).getMessage()).isEqualTo(Samples.fields(1_024));
    assertThat(filtered).as("entries without a text, by a filter of 10 levels").isEqualTo(3);
    wire.stores().dropStore(DropStoreRequest.newBuilder().setName(store).build());
    assertThat(content().entries()).isEqualTo(before.entries());
  }

  static Stream<BadRequest> unbuilt() {
    return UnbuiltOperations.all();
  }

  @ParameterizedTest
  @MethodSource("unbuilt")
  void whatIsNotBuiltYetSaysSo(BadRequest call) {
    Refusal refusal = Wire.refusalOf(() -> call.send().accept(node.wire()));

    assertThat(refusal.code()).isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_NOT_IMPLEMENTED);
    assertThat(refusal.message()).isNotBlank();
  }
}
