package io.tideline.tools.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgressTest {

  @Test
  void terminalLineShowsBarCountRateAndRemainingTime() {
    TestSurroundings terminal = new TestSurroundings(true, Map.of());
    Progress progress = new Progress(terminal.context(), "import", "messages");

    terminal.advance(Duration.ofSeconds(10));
    progress.update(25_000, 0.25);

    assertThat(terminal.err())
        .contains(
            "\rimport  [######..................]  25%  25,000 messages  2,500/s  ETA 30.0 s");
  }

  @Test
  void redrawsAtMostFiveTimesASecond() {
    TestSurroundings terminal = new TestSurroundings(true, Map.of());
    Progress progress = new Progress(terminal.context(), "import", "messages");

    for (int i = 1; i <= 1_000; i++) {
      terminal.advance(Duration.ofMillis(1));
      progress.update(i, i / 1_000.0);
    }

    assertThat(terminal.err().chars().filter(c -> c == '\r').count()).isEqualTo(5);
  }

  @Test
  void withoutATerminalItPrintsWholeLinesNowAndThen() {
    TestSurroundings file = new TestSurroundings();
    Progress progress = new Progress(file.context(), "import", "messages");

    for (int second = 1; second <= 20; second++) {
      file.advance(Duration.ofSeconds(1));
      progress.update(second * 100L, -1);
    }
    progress.close();

    assertThat(file.err().lines())
        .hasSize(4)
        .allMatch(line -> line.startsWith("import  ") && line.contains("100/s"));
    assertThat(file.err()).doesNotContain("\r").doesNotContain("ETA");
  }

  @Test
  void rateFollowsAStallWithinSeconds() {
    TestSurroundings terminal = new TestSurroundings(true, Map.of());
    Progress progress = new Progress(terminal.context(), "import", "messages");
    terminal.advance(Duration.ofSeconds(1));
    progress.update(10_000, -1);

    for (int i = 0; i < 90; i++) {
      terminal.advance(Duration.ofSeconds(1));
      progress.update(10_000, -1);
    }

    assertThat(terminal.err()).endsWith("0.0/s\u001b[K");
  }

  @Test
  void nothingIsPrintedAfterClose() {
    TestSurroundings terminal = new TestSurroundings(true, Map.of());
    Progress progress = new Progress(terminal.context(), "import", "messages");
    progress.close();
    String before = terminal.err();

    terminal.advance(Duration.ofSeconds(10));
    progress.update(1, 0.5);

    assertThat(terminal.err()).isEqualTo(before);
  }
}
