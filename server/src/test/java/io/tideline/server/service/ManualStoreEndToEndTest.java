package io.tideline.server.service;

import static io.tideline.server.node.TestNode.message;
import static io.tideline.server.node.TestNode.timeline;
import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.PutRequest;
import io.tideline.proto.v1.PutResponse;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.proto.v1.TrimRequest;
import io.tideline.server.node.TestNode;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is particular to MANUAL stores, through real gRPC on a real node. */
final class ManualStoreEndToEndTest {

  private static final String STORE = "manual";

  @TempDir private static Path directory;

  private static TestNode node;

  @BeforeAll
  static void start() throws Exception {
    node = TestNode.start(directory.resolve("data"));
    node.createStore(STORE, SequenceMode.SEQUENCE_MODE_MANUAL);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @Test
  void putAtOrBelowTheTrimMarkIsRefusedAndAboveItAccepted() {
    for (long id : new long[] {-5, 10, 20}) {
      put("a", id);
    }
    var trimmed =
        node.timelines()
            .trim(
                TrimRequest.newBuilder()
                    .setStore(STORE)
                    .setTimeline(timeline("a"))
                    .setThroughSequenceId(15)
                    .build());
    assertThat(trimmed.getFirstRetainedSequenceId()).isEqualTo(20);

    for (long id : new long[] {-5, 3, 15}) {
      ErrorDetail detail =
          Refusals.assertRefused(ErrorReason.ERROR_REASON_NOT_RETAINED, () -> put("a", id));
      assertThat(detail.getField()).isEqualTo("sequence_id");
      assertThat(detail.getValue()).isEqualTo(Long.toString(id));
      assertThat(detail.getLimit()).isEqualTo("above 15");
      assertThat(detail.getStore()).isEqualTo(STORE);
      assertThat(detail.getTimeline()).isEqualTo(timeline("a"));
    }
    assertThat(put("a", 16).getLastSequenceId()).isEqualTo(20);
    assertThat(
            node.timelines()
                .scan(ScanRequest.newBuilder().setStore(STORE).setTimeline(timeline("a")).build())
                .getEntriesList())
        .extracting(Entry::getSequenceId)
        .containsExactly(16L, 20L);
  }

  @Test
  void scanByTimeNeedsIdsThatRiseWithTime() {
    put("b", 1);
    ErrorDetail detail =
        Refusals.assertRefused(
            ErrorReason.ERROR_REASON_SEQUENCE_MODE,
            () ->
                node.timelines()
                    .scan(
                        ScanRequest.newBuilder()
                            .setStore(STORE)
                            .setTimeline(timeline("b"))
                            .setFromTimeMs(5)
                            .build()));
    assertThat(detail.getField()).isEqualTo("from_time_ms");
    assertThat(detail.getValue()).isEqualTo("5");
    assertThat(detail.getLimit()).isEqualTo("DENSE or MONOTONIC stores");
  }

  private static PutResponse put(String conversation, long id) {
    return node.timelines()
        .put(
            PutRequest.newBuilder()
                .setStore(STORE)
                .setTimeline(timeline(conversation))
                .setSequenceId(id)
                .setMessage(message("m" + id))
                .build());
  }
}
