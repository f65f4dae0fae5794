package io.tideline.tools.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class OutputTest {
  private static final List<Column> COLUMNS =
      List.of(Column.text("NAME", "name"), Column.number("ENTRIES", "entries"));

  private final TestSurroundings surroundings = new TestSurroundings();

  @Test
  void tableAlignsTextLeftAndNumbersRight() {
    output(OutputFormat.TABLE).list(COLUMNS, Stream.of(row("inbox", 7), row("c", 123_456)), "");

    assertThat(surroundings.out().lines())
        .containsExactly("NAME   ENTRIES", "inbox        7", "c      123,456");
  }

  @Test
  void wideCharactersCountTwoCells() {
    output(OutputFormat.TABLE).list(COLUMNS, Stream.of(row("你好", 1), row("abcd", 2)), "");

    assertThat(surroundings.out().lines())
        .containsExactly("NAME  ENTRIES", "你好        1", "abcd        2");
  }

  @Test
  void controlCharactersCannotReachTheTerminal() {
    output(OutputFormat.TABLE).list(COLUMNS, Stream.of(row("a\u001b[2J\nb", 1)), "");

    assertThat(surroundings.out()).doesNotContain("\u001b").contains("a [2J b");
  }

  @Test
  void longCellsAreCutWithAnEllipsis() {
    output(OutputFormat.TABLE).list(COLUMNS, Stream.of(row("x".repeat(5_000), 1)), "");

    assertThat(surroundings.out()).contains("x…").hasSizeLessThan(300);
  }

  @Test
  void jsonIsOneObjectPerLineWithFieldsInOrder() {
    output(OutputFormat.JSON).list(COLUMNS, Stream.of(row("你好", 7), row("b", 8)), "nothing");

    assertThat(surroundings.out().lines())
        .containsExactly("{\"name\":\"你好\",\"entries\":7}", "{\"name\":\"b\",\"entries\":8}");
  }

  @Test
  void emptyListSaysSoToPeopleAndNothingToPrograms() {
    output(OutputFormat.TABLE).list(COLUMNS, Stream.empty(), "There is no store yet.");
    output(OutputFormat.JSON).list(COLUMNS, Stream.empty(), "There is no store yet.");

    assertThat(surroundings.out().lines()).containsExactly("There is no store yet.");
  }

  @Test
  void longListsKeepEveryRow() {
    output(OutputFormat.TABLE)
        .list(COLUMNS, IntStream.range(0, 2_500).mapToObj(i -> row("n" + i, i)), "");

    assertThat(surroundings.out().lines().filter(line -> line.startsWith("n"))).hasSize(2_500);
  }

  @Test
  void recordsAreTitleAndValueAndSkipWhatIsAbsent() {
    output(OutputFormat.TABLE)
        .record(
            List.of(Column.text("Store", "name"), Column.text("Ttl", "ttl"), COLUMNS.get(1)),
            row("inbox", 3));

    assertThat(surroundings.out().lines()).containsExactly("Store    inbox", "ENTRIES  3");
  }

  @Test
  void headingsAreBoldOnATerminalOnly() {
    TestSurroundings terminal = new TestSurroundings(true, Map.of());
    new Output(terminal.context(), OutputFormat.TABLE).list(COLUMNS, Stream.of(row("a", 1)), "");
    TestSurroundings plain = new TestSurroundings(true, Map.of("NO_COLOR", "1"));
    new Output(plain.context(), OutputFormat.TABLE).list(COLUMNS, Stream.of(row("a", 1)), "");

    assertThat(terminal.out()).contains("\u001b[1m");
    assertThat(plain.out()).doesNotContain("\u001b");
  }

  private Output output(OutputFormat format) {
    return new Output(surroundings.context(), format);
  }

  private static ObjectNode row(String name, int entries) {
    return Json.object().put("name", name).put("entries", entries);
  }
}
