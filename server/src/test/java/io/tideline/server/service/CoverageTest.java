package io.tideline.server.service;

import static io.tideline.proto.v1.CoverageStatus.COVERAGE_STATUS_COMPLETE;
import static io.tideline.proto.v1.CoverageStatus.COVERAGE_STATUS_TRIMMED;
import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.Direction;
import io.tideline.manager.SequenceMode;
import io.tideline.proto.v1.Coverage;
import io.tideline.proto.v1.CoverageStatus;
import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.Filter;
import io.tideline.proto.v1.Projection;
import io.tideline.proto.v1.ScanResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a page says of its own completeness. Timelines here have ids 1..90; often 1..50 are gone.
 */
final class CoverageTest {

  private static final byte[] KEY = {1};
  private static final long LAST = 90;

  /** A page and its coverage. */
  private record Page(List<Long> ids, Coverage coverage) {}

  @ParameterizedTest
  @CsvSource({
    // from, to, limit, first and last id of the page (0: empty), status, next, has more
    "-, -, 100, 51, 90, COMPLETE, 91, false",
    "1, 60, 100, 51, 59, TRIMMED, 60, false",
    "0, -, 10, 51, 60, TRIMMED, 61, true",
    "50, -, 100, 51, 90, TRIMMED, 91, false",
    "51, -, 10, 51, 60, MORE, 61, true",
    "51, -, 40, 51, 90, COMPLETE, 91, false",
    "91, -, 10, 0, 0, COMPLETE, 91, false",
    "99, -, 10, 0, 0, COMPLETE, 99, false",
    "1, 10, 10, 0, 0, TRIMMED, 10, false",
    "60, 60, 10, 0, 0, COMPLETE, 60, false",
    "20, 20, 10, 0, 0, COMPLETE, 20, false"
  })
  void forwardPages(
      String from,
      String to,
      int limit,
      long first,
      long last,
      String status,
      long next,
      boolean more) {
    Page page = read(gone50(), Direction.FORWARD, from, to, limit, null);
    assertPage(page, first, last, status, next, more);
    assertThat(page.coverage().getFirstRetainedSequenceId()).isEqualTo(51);
    assertThat(page.coverage().getLastSequenceId()).isEqualTo(LAST);
  }

  @ParameterizedTest
  @CsvSource({
    "-, -, 100, 90, 51, COMPLETE, 50, false",
    "-, -, 10, 90, 81, MORE, 80, true",
    "-, 61, 10, 60, 51, COMPLETE, 50, false",
    "1, -, 100, 90, 51, TRIMMED, 0, false",
    "1, -, 10, 90, 81, MORE, 80, true",
    "51, 61, 10, 60, 51, COMPLETE, 50, false",
    "-, 51, 10, 0, 0, TRIMMED, 50, false",
    "-, 20, 10, 0, 0, TRIMMED, 19, false",
    "60, 60, 10, 0, 0, COMPLETE, 59, false"
  })
  void backwardPages(
      String from,
      String to,
      int limit,
      long first,
      long last,
      String status,
      long next,
      boolean more) {
    assertPage(
        read(gone50(), Direction.BACKWARD, from, to, limit, null), first, last, status, next, more);
  }

  @Test
  void everythingGoneIsTrimmedBelowTheNextIdAndCompleteFromIt() {
    FakeView view = timeline(0).trim(LAST);
    assertPage(read(view, Direction.FORWARD, "1", "-", 10, null), 0, 0, "TRIMMED", 91, false);
    assertPage(read(view, Direction.FORWARD, "90", "-", 10, null), 0, 0, "TRIMMED", 91, false);
    assertPage(read(view, Direction.FORWARD, "91", "-", 10, null), 0, 0, "COMPLETE", 91, false);
  }

  @Test
  void unknownTimelineIsCompleteAndSaysThatItDoesNotExist() {
    Page page = read(new FakeView(0), Direction.FORWARD, "1", "-", 10, null);
    assertPage(page, 0, 0, "COMPLETE", 1, false);
    assertThat(page.coverage().getTimelineExists()).isFalse();
    assertThat(page.coverage().getFirstRetainedSequenceId()).isEqualTo(1);
    assertThat(page.coverage().getLastSequenceId()).isZero();
  }

  @Test
  void whatWasDeletedOneByOneIsNotMissed() throws Exception {
    FakeView view = new FakeView(0).append(3, message(3)).append(5, message(5));
    assertThat(statusFrom1(view, SequenceMode.DENSE)).isEqualTo(COVERAGE_STATUS_COMPLETE);
    FakeView mayHaveExpired = new FakeView(10).append(3, message(3)).append(5, message(5));
    assertThat(statusFrom1(mayHaveExpired, SequenceMode.DENSE)).isEqualTo(COVERAGE_STATUS_TRIMMED);
    FakeView trimmed = new FakeView(0).append(3, message(3)).append(5, message(5)).trim(1);
    assertThat(statusFrom1(trimmed, SequenceMode.DENSE)).isEqualTo(COVERAGE_STATUS_TRIMMED);
  }

  @Test
  void gapsBelowTheFirstIdOfAMonotonicTimelineAreNotCalledTrimmed() throws Exception {
    FakeView whole = new FakeView(0).append(40, message(40)).append(70, message(70));
    assertThat(statusFrom1(whole, SequenceMode.MONOTONIC)).isEqualTo(COVERAGE_STATUS_COMPLETE);
    FakeView trimmed = new FakeView(0).append(40, message(40)).append(70, message(70)).trim(40);
    assertThat(statusFrom1(trimmed, SequenceMode.MONOTONIC)).isEqualTo(COVERAGE_STATUS_TRIMMED);
  }

  @Test
  void expiryOfAMonotonicTimelineIsToldByItsCount() throws Exception {
    // The store was made at 1,000 ms, which is id 100 of the fake; watermarks before it say
    // nothing.
    FakeView expired = new FakeView(1_500).append(140, message(1)).append(170, message(1));
    assertThat(statusFrom1(expired, SequenceMode.MONOTONIC)).isEqualTo(COVERAGE_STATUS_TRIMMED);
    FakeView whole = new FakeView(1_500).append(150, message(1)).append(170, message(1));
    assertThat(statusFrom1(whole, SequenceMode.MONOTONIC)).isEqualTo(COVERAGE_STATUS_COMPLETE);
    FakeView manual = new FakeView(1_500).append(150, message(1));
    assertThat(statusFrom1(manual, SequenceMode.MANUAL)).isEqualTo(COVERAGE_STATUS_TRIMMED);
    FakeView young = new FakeView(900).append(150, message(1));
    assertThat(statusFrom1(young, SequenceMode.MANUAL)).isEqualTo(COVERAGE_STATUS_COMPLETE);
  }

  @Test
  void filteredPageSaysHowFarItLooked() {
    Filter none = Filter.newBuilder().setExists("absent").build();
    Page page = read(gone50(), Direction.FORWARD, "51", "-", 10, none);
    assertPage(page, 0, 0, "COMPLETE", 91, false);

    FakeView large = new FakeView(0);
    long rows = Limits.FILTERED_ROWS_MAX + 10L;
    for (long id = 1; id <= rows; id++) {
      large.append(id, message(id));
    }
    Page first = read(large, Direction.FORWARD, "1", "-", 10, none);
    assertPage(first, 0, 0, "MORE", Limits.FILTERED_ROWS_MAX + 1L, true);
    Page rest = read(large, Direction.FORWARD, "" + (Limits.FILTERED_ROWS_MAX + 1L), "-", 10, none);
    assertPage(rest, 0, 0, "COMPLETE", rows + 1, false);
  }

  @Test
  void timeIsSoughtAmongWhatIsRetained() throws Exception {
    FakeView view = gone50();
    TimelineFacts facts = TimelineFacts.read(view, KEY, Samples.store(SequenceMode.DENSE));
    for (long id = 51; id <= LAST; id++) {
      long time = id * FakeView.MILLIS_PER_ID;
      assertThat(PageReader.firstAtOrAfter(view, KEY, facts, time)).isEqualTo(id);
      assertThat(PageReader.firstAtOrAfter(view, KEY, facts, time - 9)).isEqualTo(id);
      assertThat(PageReader.firstAtOrAfter(view, KEY, facts, time + 1)).isEqualTo(id + 1);
    }
    assertThat(PageReader.firstAtOrAfter(view, KEY, facts, 0)).isEqualTo(51);
    assertThat(PageReader.firstAtOrAfter(view, KEY, facts, Long.MAX_VALUE)).isEqualTo(LAST + 1);
  }

  @Test
  void readingOnFromNextMissesNothingAndRepeatsNothing() {
    long seed = Long.getLong("seed", new Random().nextLong());
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      FakeView view = timeline(0).trim(random.nextLong(1, LAST));
      long first = view.firstRetainedSequenceId(KEY).orElseThrow();
      List<Long> expected = LongStream.rangeClosed(first, LAST).boxed().toList();

      List<Long> forward = new ArrayList<>();
      String from = Long.toString(random.nextLong(0, LAST));
      Coverage coverage;
      long start = Math.max(first, Long.parseLong(from));
      do {
        Page page = read(view, Direction.FORWARD, from, "-", random.nextInt(1, 40), null);
        forward.addAll(page.ids());
        coverage = page.coverage();
        from = Long.toString(coverage.getNextSequenceId());
      } while (coverage.getHasMore());
      assertThat(forward)
          .as("seed %d round %d", seed, round)
          .isEqualTo(expected.stream().filter(id -> id >= start).toList());
      assertThat(coverage.getNextSequenceId()).isEqualTo(LAST + 1);

      List<Long> backward = new ArrayList<>();
      String to = "-";
      do {
        Page page = read(view, Direction.BACKWARD, "-", to, random.nextInt(1, 40), null);
        backward.addAll(page.ids());
        coverage = page.coverage();
        to = Long.toString(coverage.getNextSequenceId() + 1);
      } while (coverage.getHasMore());
      assertThat(backward).as("seed %d round %d", seed, round).isEqualTo(expected.reversed());
    }
  }

  private static FakeView timeline(long expireBefore) {
    FakeView view = new FakeView(expireBefore);
    for (long id = 1; id <= LAST; id++) {
      view.append(id, message(id));
    }
    return view;
  }

  private static FakeView gone50() {
    return timeline(51 * FakeView.MILLIS_PER_ID);
  }

  private static io.tideline.proto.v1.Message message(long id) {
    return Samples.message("m" + id);
  }

  private static CoverageStatus statusFrom1(FakeView view, SequenceMode mode) throws Exception {
    TimelineFacts facts = TimelineFacts.read(view, KEY, Samples.store(mode));
    PageRequest request =
        new PageRequest(
            Direction.FORWARD,
            1,
            Long.MAX_VALUE,
            true,
            10,
            1 << 20,
            null,
            Projection.getDefaultInstance());
    return new PageReader(request, facts, new ReplyBuffer(), 1).read(view, KEY).getStatus();
  }

  /**
   * Reads a page of a DENSE timeline.
   *
   * @param from "-" for not given
   * @param to "-" for not given
   */
  private static Page read(
      FakeView view,
      Direction direction,
      String from,
      String to,
      int limit,
      @Nullable Filter filter) {
    boolean fromGiven = !from.equals("-");
    PageRequest request =
        new PageRequest(
            direction,
            fromGiven ? Math.max(1, Long.parseLong(from)) : 1,
            to.equals("-") ? Long.MAX_VALUE : Long.parseLong(to),
            fromGiven,
            limit,
            1 << 20,
            filter,
            Projection.getDefaultInstance());
    try {
      TimelineFacts facts = TimelineFacts.read(view, KEY, Samples.store(SequenceMode.DENSE));
      ReplyBuffer reply = new ReplyBuffer();
      PageReader reader = new PageReader(request, facts, reply, ScanResponse.ENTRIES_FIELD_NUMBER);
      Coverage coverage = reader.read(view, KEY);
      Marshallers.Reply bytes = reply.toReply();
      List<Entry> entries =
          ScanResponse.parser().parseFrom(bytes.bytes(), 0, bytes.size()).getEntriesList();
      assertThat(entries).hasSize(reader.entries());
      return new Page(entries.stream().map(Entry::getSequenceId).toList(), coverage);
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertPage(
      Page page, long first, long last, String status, long next, boolean more) {
    if (first == 0) {
      assertThat(page.ids()).isEmpty();
    } else {
      assertThat(page.ids()).startsWith(first).endsWith(last);
    }
    assertThat(page.coverage().getStatus())
        .isEqualTo(CoverageStatus.valueOf("COVERAGE_STATUS_" + status));
    assertThat(page.coverage().getNextSequenceId()).isEqualTo(next);
    assertThat(page.coverage().getHasMore()).isEqualTo(more);
  }
}
