package io.tideline.tools.bench.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RoundTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @EnumSource(names = {"COLD", "WARM", "ZIPF", "GIANT"})
  void ourEngineAnswersRightlyAndEverythingIsMeasured(Workload workload) throws Exception {
    Map<String, Double> figures = run(TestSpecs.tiny(workload));

    assertThat(figures)
        .containsKeys(
            "append.cpu_us",
            "append.flush_cpu_us",
            "tail_scan.p999_us",
            "deep_scan.cpu_us",
            "open.wall_ms");
    assertThat(figures.get("append.cpu_us")).isPositive();
    assertThat(figures.get("append.disk_per_raw")).isBetween(0.3, 1.2);
    assertThat(figures.get("append.write_amplification")).isGreaterThanOrEqualTo(1.0);
    assertThat(figures.get("poll.per_cpu_second")).isPositive();
  }

  @ParameterizedTest
  @EnumSource
  void rocksDbAnswersRightlyInEveryConfiguration(RocksConfig config) throws Exception {
    Map<String, Double> figures =
        run(TestSpecs.tiny(Workload.COLD).withSystem(config.systemName()));

    assertThat(figures.containsKey("deep_scan.cpu_us")).isEqualTo(config.scansBackward());
    assertThat(figures.get("append.write_amplification")).isGreaterThanOrEqualTo(1.0);
    assertThat(figures.get("append.disk_per_raw")).isBetween(0.3, 1.2);
  }

  @Test
  void aWrongAnswerEndsTheRound() {
    RoundSpec spec = TestSpecs.tiny(Workload.WARM);
    RowPlan plan = RowPlan.draw(spec.workload(), spec.rows(), spec.timelines(), spec.seed());
    Subject.Factory forgetful = home -> new Forgetful(TidelineSubject.open(home, spec));

    assertThatThrownBy(() -> run(spec, plan, forgetful))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("answers wrongly");
  }

  private Map<String, Double> run(RoundSpec spec) throws Exception {
    RowPlan plan = RowPlan.draw(spec.workload(), spec.rows(), spec.timelines(), spec.seed());
    return run(spec, plan, BenchChild.factory(spec));
  }

  private Map<String, Double> run(RoundSpec spec, RowPlan plan, Subject.Factory factory)
      throws Exception {
    Values values = new TextValues(spec.valueBytes(), spec.seed());
    return new Round(spec, factory, plan, values, (phase, done) -> {})
        .run(directory.resolve("round"));
  }

  /** Loses the first row of every scan. */
  private static final class Forgetful extends ForwardingSubject {
    Forgetful(Subject real) {
      super(real);
    }

    @Override
    public long scanForward(byte[] timeline, long fromId, int limit) throws IOException {
      return super.scanForward(timeline, fromId + 1, limit);
    }

    @Override
    public long scanBackward(byte[] timeline, long fromId, int limit) throws IOException {
      return super.scanBackward(timeline, fromId - 1, limit);
    }
  }
}
