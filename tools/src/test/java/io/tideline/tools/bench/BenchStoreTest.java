package io.tideline.tools.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchStoreTest {

  @ParameterizedTest
  @CsvSource({"1,1", "1,64", "30,64", "30,30", "7,100", "300,301"})
  void timelinesAreSpreadEvenlyOverPartitionsInOrder(int partitions, int timelines) {
    int[] counts = new int[partitions];
    int before = 0;
    for (int timeline = 0; timeline < timelines; timeline++) {
      int partition = BenchStore.partitionOf(timeline, partitions, timelines);
      assertThat(partition).isBetween(before, before + 1);
      before = partition;
      counts[partition]++;
    }
    assertThat(Arrays.stream(counts).boxed())
        .allSatisfy(
            count ->
                assertThat(count)
                    .isBetween(timelines / partitions, (timelines + partitions - 1) / partitions));
  }

  @Test
  void namesSortAsTheirNumbers() {
    assertThat(
            IntStream.of(0, 9, 10, 99, 100_000)
                .mapToObj(i -> BenchStore.timeline(i).toString())
                .toList())
        .isSorted();
  }
}
