package io.tideline.tools.bench.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.OutputFormat;
import io.tideline.tools.cli.TestSurroundings;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportTest {
  private final TestSurroundings surroundings = new TestSurroundings();

  private static Cell cell(Workload workload, double append, double scan) {
    Cell cell = Cell.empty(TestSpecs.tiny(workload));
    cell.add(
        RoundSpec.TIDELINE,
        Map.of(
            "append.cpu_us", append,
            "tail_scan.cpu_us", scan,
            "append.disk_per_raw", 0.5,
            "append.write_amplification", 2.0,
            "poll.per_cpu_second", 3e6));
    cell.add(
        "rocksdb/a",
        Map.of("append.cpu_us", 6.0, "tail_scan.cpu_us", 20.0, "append.disk_per_raw", 0.6));
    return cell;
  }

  @Test
  void theLastLineOfJsonIsOneObjectWithTheHeadlines() {
    Report report =
        new Report(
            List.of(cell(Workload.COLD, 2, 99), cell(Workload.WARM, 99, 4)),
            Json.object().put("scale", "smoke"));

    report.print(new Output(surroundings.context(), OutputFormat.JSON));

    List<String> lines = surroundings.out().lines().toList();
    ObjectNode json = Json.parseObject(lines.getLast());
    assertThat(json.path("append_cpu_ratio").asDouble()).isEqualTo(3.0);
    assertThat(json.path("scan_cpu_ratio").asDouble()).isEqualTo(5.0);
    assertThat(json.path("empty_poll_per_second").asDouble()).isEqualTo(3e6);
    assertThat(json.path("disk_ratio").asDouble()).isEqualTo(1.2);
    assertThat(json.path("write_amplification").asDouble()).isEqualTo(2.0);
    assertThat(json.path("cells")).hasSize(2);
    assertThat(json.at("/cells/1/systems/tideline/tail_scan.cpu_us/median").asDouble())
        .isEqualTo(4.0);
    assertThat(json.at("/cells/0/best_peers/append.cpu_us").asText()).isEqualTo("rocksdb/a");
    assertThat(json.path("scale").asText()).isEqualTo("smoke");
  }

  @Test
  void withoutAPeerRatiosAreNull() {
    Cell alone = Cell.empty(TestSpecs.tiny(Workload.COLD));
    alone.add(RoundSpec.TIDELINE, Map.of("append.cpu_us", 2.0, "poll.per_cpu_second", 1e6));

    ObjectNode json = new Report(List.of(alone), Json.object()).toJson();

    assertThat(json.path("append_cpu_ratio").isNull()).isTrue();
    assertThat(json.path("disk_ratio").isNull()).isTrue();
    assertThat(json.path("empty_poll_per_second").asDouble()).isEqualTo(1e6);
  }

  @Test
  void theTableHasAColumnForEachSystemAndTheRatio() {
    Cell cell = cell(Workload.COLD, 2, 5);
    cell.add(RoundSpec.TIDELINE, Map.of("append.cpu_us", 4.0, MillionMeter.name(7), 1.5));

    new Report(List.of(cell), Json.object())
        .print(new Output(surroundings.context(), OutputFormat.TABLE));

    assertThat(surroundings.out())
        .contains("COLD 100 B", "rocksdb/a", "BEST/OURS")
        .containsPattern("append, CPU µs +3\\.00 \\(2\\.00–4\\.00\\) +6\\.00 +2\\.00")
        .containsPattern("append million 7, CPU µs +1\\.50");
  }

  @Test
  void figuresAreRoundedToFourDigits() {
    assertThat(Report.rounded(1234567.0)).isEqualTo(1235000.0);
    assertThat(Report.rounded(0.00123456)).isEqualTo(0.001235);
    assertThat(Report.rounded(Double.NaN)).isZero();
  }
}
