package io.tideline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.tideline.client.testing.FakeServer;
import io.tideline.client.testing.FakeTimelines;
import io.tideline.client.testing.Fault;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.ScanResponse;
import io.tideline.proto.v1.TimelineId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Scans page through a range in both directions and never leave anything out silently. */
class ScanTest {

  private static final int ENTRIES = 25;
  private static final TimelineKey ROOM = TimelineKey.of("chat", "room");
  private static final TimelineId ROOM_ID = WireValues.toWire(ROOM.identifier());

  private final FakeServer server = FakeServer.started();
  private final FakeTimelines store = server.services().store("chat");
  private final TidelineClient client =
      TidelineClient.builder().addresses(server.address()).build(ManualClock.eager(0.5), () -> {});

  @BeforeEach
  void fill() {
    for (int i = 1; i <= ENTRIES; i++) {
      client.append(ROOM, Message.of("text", "m" + i));
    }
  }

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  private static ScanSpec.Builder room() {
    return ScanSpec.builder(ROOM).pageSize(10);
  }

  private static List<Long> ids(Scan scan) {
    return StreamSupport.stream(scan.spliterator(), false).map(Entry::sequenceId).toList();
  }

  private static List<Long> upTo(long first, long last) {
    return LongStream.rangeClosed(first, last).boxed().toList();
  }

  private static List<Long> downTo(long first, long last) {
    return LongStream.rangeClosed(last, first).map(id -> first + last - id).boxed().toList();
  }

  private List<ScanRequest> asked() {
    return server.services().received("Scan", ScanRequest.class);
  }

  @Test
  void forwardReadsEveryPageInOrder() {
    Scan scan = client.scan(room().build());
    assertThat(asked()).as("nothing is read before the iteration").isEmpty();

    assertThat(ids(scan)).isEqualTo(upTo(1, ENTRIES));

    assertThat(asked()).hasSize(3);
    assertThat(scan.coverage().status()).isEqualTo(CoverageStatus.COMPLETE);
    assertThat(scan.coverage().nextSequenceId()).isEqualTo(ENTRIES + 1);
    assertThat(scan.coverage().lastSequenceId()).isEqualTo(ENTRIES);
    assertThat(scan.gaps()).isEmpty();
  }

  @Test
  void backwardReadsEveryPageInDescendingOrder() {
    Scan scan = client.scan(room().backward().build());
    assertThat(ids(scan)).isEqualTo(downTo(ENTRIES, 1));
    assertThat(scan.coverage().status()).isEqualTo(CoverageStatus.COMPLETE);
  }

  @Test
  void rangesAreHalfOpenInBothDirections() {
    assertThat(ids(client.scan(room().from(5).to(22).build()))).isEqualTo(upTo(5, 21));
    assertThat(ids(client.scan(room().from(5).to(22).backward().build()))).isEqualTo(downTo(21, 5));
    assertThat(ids(client.scan(room().from(7).to(7).build()))).isEmpty();
  }

  @Test
  void theLimitCountsOverAllPagesAndReadsNoMoreThanThat() {
    Scan scan = client.scan(room().limit(13).build());
    assertThat(ids(scan)).isEqualTo(upTo(1, 13));
    assertThat(scan.coverage().status()).isEqualTo(CoverageStatus.MORE);
    assertThat(scan.coverage().hasMore()).isTrue();
    assertThat(scan.coverage().nextSequenceId()).isEqualTo(14);
    assertThat(asked()).extracting(ScanRequest::getLimit).containsExactly(10, 3);

    assertThat(ids(client.scan(room().backward().limit(3).build()))).isEqualTo(downTo(25, 23));
  }

  @Test
  void onePageHasNoMoreThanTheLimit() {
    ScanSpec.Builder anyPageSize = ScanSpec.builder(ROOM);
    assertThat(client.scanPage(anyPageSize.limit(3).build()).entries()).hasSize(3);
    assertThat(client.scanPage(room().limit(3).build()).entries()).hasSize(3);
    assertThat(client.scanPage(room().limit(13).build()).entries()).hasSize(10);
  }

  @Test
  void coverageOfABrokenOffScanSaysWhereToGoOn() {
    Scan scan = client.scan(room().build());
    Iterator<Entry> entries = scan.iterator();
    for (int i = 0; i < 4; i++) {
      entries.next();
    }
    assertThat(scan.coverage().status()).isEqualTo(CoverageStatus.MORE);
    assertThat(scan.coverage().nextSequenceId()).isEqualTo(5);
    assertThat(ids(scan)).as("the same pass goes on").isEqualTo(upTo(5, ENTRIES));
  }

  @Test
  void aTrimmedStartIsToldBeforeTheEntriesThatFollow() {
    client.trim(ROOM, 8);
    List<Object> events = new ArrayList<>();
    Scan scan = client.scan(room().from(3).onGap(events::add).build());
    scan.forEach(entry -> events.add(entry.sequenceId()));

    Gap gap = new Gap(ROOM, OptionalLong.of(3), 9);
    assertThat(events.get(0)).isEqualTo(gap);
    assertThat(events.subList(1, events.size())).isEqualTo(upTo(9, ENTRIES));
    assertThat(scan.gaps()).containsExactly(gap);
    assertThat(scan.coverage().status()).isEqualTo(CoverageStatus.TRIMMED);
    assertThat(scan.coverage().isTrimmed()).isTrue();
    assertThat(scan.coverage().hasMore()).isFalse();
    assertThat(scan.coverage().firstRetainedSequenceId()).isEqualTo(9);
  }

  @Test
  void aTrimmedStartIsToldBackwardToo() {
    client.trim(ROOM, 8);
    Scan scan = client.scan(room().from(3).backward().build());
    assertThat(ids(scan)).isEqualTo(downTo(ENTRIES, 9));
    assertThat(scan.coverage().status()).isEqualTo(CoverageStatus.TRIMMED);
    assertThat(scan.gaps()).containsExactly(new Gap(ROOM, OptionalLong.of(3), 9));
  }

  @Test
  void entriesRemovedBetweenTwoPagesAreAGap() {
    Scan scan = client.scan(room().from(1).build());
    Iterator<Entry> entries = scan.iterator();
    for (int i = 0; i < 10; i++) {
      entries.next();
    }
    store.trim(ROOM_ID, 14);

    assertThat(entries.next().sequenceId()).isEqualTo(15);
    assertThat(scan.gaps()).containsExactly(new Gap(ROOM, OptionalLong.of(11), 15));
  }

  @Test
  void nothingRetainedIsAGapWithoutEntries() {
    client.trim(ROOM, ENTRIES);
    Scan scan = client.scan(room().from(1).build());
    assertThat(ids(scan)).isEmpty();
    assertThat(scan.coverage().status()).isEqualTo(CoverageStatus.TRIMMED);
    assertThat(scan.coverage().firstRetainedSequenceId()).isEqualTo(ENTRIES + 1);
  }

  @Test
  void anUnknownTimelineIsCompleteAndDoesNotExist() {
    Scan scan = client.scan(ScanSpec.of(TimelineKey.of("chat", "nobody")));
    assertThat(ids(scan)).isEmpty();
    assertThat(scan.coverage().timelineExists()).isFalse();
    assertThat(scan.coverage().status()).isEqualTo(CoverageStatus.COMPLETE);
  }

  @Test
  void timeNamesTheBeginningOfTheFirstPageOnly() {
    Instant fifth = client.get(ROOM, 5).orElseThrow().appendTime();
    assertThat(ids(client.scan(room().fromTime(fifth).build()))).isEqualTo(upTo(5, ENTRIES));
    assertThat(asked().get(0).hasFromTimeMs()).isTrue();
    assertThat(asked().get(1).hasFromTimeMs()).isFalse();
    assertThat(asked().get(1).getFromSequenceId()).isEqualTo(15);
  }

  @Test
  void filterProjectionAndPageBytesGoToTheServer() {
    ids(
        client.scan(
            room()
                .filter(Filter.and(Filter.equal("type", "image"), Filter.greater("size", 10)))
                .projection(Projection.of("text"))
                .pageBytes(4_096)
                .limit(1)
                .build()));
    ScanRequest request = asked().get(0);
    assertThat(request.getFilter().getAnd().getFiltersCount()).isEqualTo(2);
    assertThat(request.getProjection().getFieldNamesList()).containsExactly("text");
    assertThat(request.getLimitBytes()).isEqualTo(4_096);
  }

  @Test
  void emptyPagesOfAFilterAreReadOn() {
    server
        .services()
        .script(
            "Scan",
            message -> {
              ScanRequest request = (ScanRequest) message;
              ScanResponse page = store.page(request);
              return request.getFromSequenceId() == 21
                  ? page
                  : page.toBuilder().clearEntries().build();
            });
    assertThat(ids(client.scan(room().from(1).build()))).isEqualTo(upTo(21, ENTRIES));
  }

  @Test
  void aPageThatFailsIsRetriedAndTheScanGoesOn() {
    Scan scan = client.scan(room().build());
    Iterator<Entry> entries = scan.iterator();
    entries.next();
    server.faults().next("Scan", Fault.refuse(Status.Code.UNAVAILABLE));
    assertThat(ids(scan)).isEqualTo(upTo(2, ENTRIES));
  }

  @Test
  void afterAFailureTheIterationCanBeContinued() {
    Scan scan = client.withRetryPolicy(RetryPolicy.never()).scan(room().build());
    Iterator<Entry> entries = scan.iterator();
    for (int i = 0; i < 10; i++) {
      entries.next();
    }
    server.faults().next("Scan", Fault.refuse(Status.Code.UNAVAILABLE));
    assertThatThrownBy(entries::hasNext).isInstanceOf(TidelineException.class);
    assertThat(ids(scan)).isEqualTo(upTo(11, ENTRIES));
  }

  @Test
  void aPageThatDoesNotAdvanceIsAnErrorAndNotAnEndlessLoop() {
    server
        .services()
        .script(
            "Scan",
            message ->
                ScanResponse.newBuilder()
                    .setCoverage(
                        io.tideline.proto.v1.Coverage.newBuilder()
                            .setStatus(io.tideline.proto.v1.CoverageStatus.COVERAGE_STATUS_MORE)
                            .setHasMore(true)
                            .setNextSequenceId(5))
                    .build());
    TidelineException e =
        catchThrowableOfType(TidelineException.class, () -> ids(client.scan(room().build())));
    assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(e).hasMessageContaining("does not advance");
  }

  @Test
  void theIteratorEndsProperlyAndCoverageNeedsAPage() {
    Scan scan = client.scan(room().limit(1).build());
    assertThatThrownBy(scan::coverage).isInstanceOf(IllegalStateException.class);
    Iterator<Entry> entries = scan.iterator();
    entries.next();
    assertThat(entries.hasNext()).isFalse();
    assertThatThrownBy(entries::next).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void contradictorySpecsAreRefused() {
    assertThatThrownBy(() -> room().from(5).to(4).build()).hasMessageContaining("5");
    assertThatThrownBy(() -> room().from(5).fromTime(Instant.EPOCH).build())
        .hasMessageContaining("choose one");
    assertThatThrownBy(() -> room().limit(0)).hasMessageContaining("limit 0");
    assertThatThrownBy(() -> room().pageSize(1_001)).hasMessageContaining("1..1000");
  }
}
