package io.tideline.tools.bench.replication;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.tools.cli.Json;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DistributionTest {

  @Test
  void percentilesAreValuesThatWereMeasured() {
    Distribution fifty =
        new Distribution(IntStream.rangeClosed(1, 50).mapToObj(i -> (double) (51 - i)).toList());

    assertThat(fifty.percentile(50)).isEqualTo(25);
    assertThat(fifty.percentile(90)).isEqualTo(45);
    assertThat(fifty.percentile(98)).isEqualTo(49);
    assertThat(fifty.percentile(99)).as("of fifty the largest").isEqualTo(50);
    assertThat(fifty.percentile(100)).isEqualTo(50);
  }

  @Test
  void oneValueIsEveryPercentileAndNoneIsZero() {
    assertThat(new Distribution(List.of(7.0)).percentile(1)).isEqualTo(7);
    assertThat(new Distribution(List.of()).percentile(99)).isZero();
  }

  @Test
  void figuresAreWholeMilliseconds() {
    ObjectNode json = Json.object();
    new Distribution(List.of(1.4, 99.6)).putInto(json, "gap");

    assertThat(Json.write(json))
        .isEqualTo("{\"gap_p50_ms\":1,\"gap_p90_ms\":100,\"gap_p99_ms\":100,\"gap_max_ms\":100}");
  }
}
