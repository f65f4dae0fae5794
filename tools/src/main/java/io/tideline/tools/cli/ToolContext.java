package io.tideline.tools.cli;

import java.io.Console;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The surroundings of one run: streams, environment, clocks. Commands take everything of this kind
 * from here, so that tests can give them other ones.
 *
 * @param in standard input
 * @param rawOut standard output as bytes, for bulk data; whoever writes here flushes, and writes
 *     nothing to {@code out} meanwhile
 * @param out standard output: results only
 * @param err standard error: progress, notes, errors
 * @param terminal whether a person is looking: both streams go to a terminal
 * @param columns width of that terminal in characters
 * @param environment environment variables
 * @param wallClock the time of day
 * @param nanoClock a monotonic clock, nanoseconds
 */
public record ToolContext(
    InputStream in,
    OutputStream rawOut,
    PrintWriter out,
    PrintWriter err,
    boolean terminal,
    int columns,
    Map<String, String> environment,
    InstantSource wallClock,
    LongSupplier nanoClock) {

  private static final int COLUMNS_DEFAULT = 80;

  /** The real surroundings of this process. */
  public static ToolContext ofProcess() {
    Map<String, String> environment = System.getenv();
    Console console = System.console();
    boolean terminal =
        console != null && console.isTerminal() && !"dumb".equals(environment.get("TERM"));
    return new ToolContext(
        System.in,
        System.out,
        new PrintWriter(System.out, true, StandardCharsets.UTF_8),
        new PrintWriter(System.err, true, StandardCharsets.UTF_8),
        terminal,
        columns(environment.get("COLUMNS")),
        environment,
        InstantSource.system(),
        System::nanoTime);
  }

  private static int columns(@Nullable String text) {
    try {
      return text == null ? COLUMNS_DEFAULT : Math.max(40, Integer.parseInt(text.strip()));
    } catch (NumberFormatException notANumber) {
      return COLUMNS_DEFAULT;
    }
  }

  /** Milliseconds since the Unix epoch. */
  public long nowMillis() {
    return wallClock.millis();
  }

  /** Whether colour helps: on a terminal, unless {@code NO_COLOR} is set. */
  public boolean colour() {
    return terminal && !environment.containsKey("NO_COLOR");
  }
}
