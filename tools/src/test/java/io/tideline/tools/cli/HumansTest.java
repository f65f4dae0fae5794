package io.tideline.tools.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HumansTest {

  @ParameterizedTest
  @CsvSource({
    "250ms, 250",
    "90s, 90000",
    "15m, 900000",
    "24h, 86400000",
    "14d, 1209600000",
    "2w, 1209600000"
  })
  void readsDurations(String text, long millis) {
    assertThat(Humans.parseDuration(text)).isEqualTo(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "14", "d", "-1d", "1.5h", "14 days", "999999999999999w"})
  void refusesOtherDurationsNamingThem(String text) {
    assertThatThrownBy(() -> Humans.parseDuration(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'");
  }

  @ParameterizedTest
  @CsvSource({"512, 512", "1B, 1", "64KiB, 65536", "8gib, 8589934592", "2 MiB, 2097152"})
  void readsSizes(String text, long bytes) {
    assertThat(Humans.parseSize(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "12MB", "-1", "1.5GiB", "999999999999999TiB"})
  void refusesOtherSizes(String text) {
    assertThatThrownBy(() -> Humans.parseSize(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "340, 340 ms",
    "4200, 4.2 s",
    "185000, 3 min 05 s",
    "7620000, 2 h 07 min",
    "1209600000, 14 d"
  })
  void writesDurationsWithTwoUnitsAtMost(long millis, String text) {
    assertThat(Humans.duration(Duration.ofMillis(millis))).isEqualTo(text);
  }

  @Test
  void writesSizesCountsRatesAndTimes() {
    assertThat(Humans.size(1023)).isEqualTo("1023 B");
    assertThat(Humans.size(1536)).isEqualTo("1.5 KiB");
    assertThat(Humans.size(64L << 30)).isEqualTo("64 GiB");
    assertThat(Humans.count(239_087)).isEqualTo("239,087");
    assertThat(Humans.rate(12_345.6)).isEqualTo("12,346/s");
    assertThat(Humans.rate(1.25)).isEqualTo("1.3/s");
    assertThat(Humans.time(1_767_603_600_250L)).isEqualTo("2026-01-05 09:00:00.250Z");
  }
}
