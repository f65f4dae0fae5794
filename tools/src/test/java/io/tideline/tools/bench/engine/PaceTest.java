package io.tideline.tools.bench.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PaceTest {

  @Test
  void theRateIsHalfOfWhatTheSlowestSystemSustained() {
    Cell cell = Cell.empty(TestSpecs.tiny(Workload.COLD));
    for (double micros : new double[] {1, 2, 50}) {
      cell.add(RoundSpec.TIDELINE, Map.of("append.wall_us", micros));
    }
    cell.add("rocksdb/a", Map.of("append.wall_us", 4.0));

    assertThat(Pace.parse("auto").rate(cell)).hasValue(125_000);
    assertThat(Pace.parse("7000").rate(cell)).hasValue(7_000);
    assertThat(Pace.parse("none").rate(cell)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "1.5", "fast", ""})
  void whatIsNoRateIsRefused(String text) {
    assertThatThrownBy(() -> Pace.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--rate " + text + " is neither");
  }
}
