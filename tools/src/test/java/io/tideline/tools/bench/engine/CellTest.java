package io.tideline.tools.bench.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CellTest {

  @Test
  void medianIsTheMiddleAndOfAnEvenNumberTheMeanOfTwo() {
    assertThat(Samples.median(List.of(5.0, 1.0, 3.0))).isEqualTo(3.0);
    assertThat(Samples.median(List.of(4.0, 1.0, 3.0, 100.0))).isEqualTo(3.5);
  }

  @Test
  void ratioIsTheBestPeersMedianByOurs() {
    Cell cell = Cell.empty(TestSpecs.tiny(Workload.COLD));
    for (double ours : new double[] {2, 1, 9}) {
      cell.add(RoundSpec.TIDELINE, Map.of("append.cpu_us", ours));
    }
    cell.add("rocksdb/a", Map.of("append.cpu_us", 7.0, "get.cpu_us", 1.0));
    cell.add("rocksdb/b", Map.of("append.cpu_us", 5.0));

    assertThat(cell.ratio("append.cpu_us").orElseThrow()).isCloseTo(2.5, within(1e-9));
    assertThat(cell.bestPeer("append.cpu_us")).contains("rocksdb/b");
    assertThat(cell.bestPeer("get.cpu_us")).contains("rocksdb/a");
  }

  @Test
  void thereIsNoRatioWithoutBothSides() {
    Cell alone = Cell.empty(TestSpecs.tiny(Workload.COLD));
    alone.add(RoundSpec.TIDELINE, Map.of("append.cpu_us", 2.0));
    assertThat(alone.ratio("append.cpu_us")).isEmpty();

    alone.add("rocksdb/a", Map.of("get.cpu_us", 2.0));
    assertThat(alone.ratio("append.cpu_us")).isEmpty();
    assertThat(alone.ratio("get.cpu_us")).isEmpty();
  }
}
