package io.tideline.lsm.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.compaction.Retention.Verdict;
import io.tideline.lsm.row.RowType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The watermark is 1000, the engine's time 5000, the trim mark 10. */
class RetentionTest {

  private static final TimelineHead HEAD = new TimelineHead(100, 10, 100, 0, 2000);

  @ParameterizedTest
  @CsvSource({
    "11, 1000, 0, false, KEEP",
    "11, 999, 0, false, DROP",
    "10, 1000, 0, false, DROP",
    "11, 999, 1, false, BURY",
    "11, 999, 1, true, DROP",
    "11, 1000, 1, false, KEEP",
    "11, 0, 2, false, KEEP",
    "11, 0, 2, true, DROP",
    "10, 0, 2, false, DROP",
  })
  void rows(long id, long millis, int type, boolean oldest, Verdict expected) {
    Retention retention = new Retention(1000, 5000, oldest);
    assertThat(retention.ofRow(HEAD, id, millis, RowType.meta(type, 7))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "5001, 1, false, KEEP",
    "5000, 1, false, BURY",
    "5000, 1, true, DROP",
    "0, 2, false, KEEP",
    "0, 2, true, DROP",
  })
  void records(long expires, int type, boolean oldest, Verdict expected) {
    Retention retention = new Retention(1000, 5000, oldest);
    assertThat(retention.ofRecord(expires, RowType.meta(type, 0))).isEqualTo(expected);
  }
}
