package io.tideline.tools.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;

/**
 * Progress of long work, on standard error: on a terminal one line that is redrawn, otherwise a
 * line now and then.
 *
 * <p>Threading: {@link #update} and {@link #close} from any thread; they take this object's lock,
 * which guards all fields. Cheap enough to call for each item: it looks at the clock and returns.
 */
public final class Progress implements AutoCloseable {
  private static final long REDRAW_NANOS = 200_000_000L;
  private static final long LINE_NANOS = 5_000_000_000L;

  /** The rate shown is that of about the last this long, so that a stall is seen soon. */
  private static final double RATE_WINDOW_SECONDS = 5;

  private static final int BAR_WIDTH = 24;

  private final ToolContext context;
  private final String title;
  private final String unit;
  private final long startNanos;

  private long drawnNanos;
  private long drawnCount;
  private double recentRate = -1;
  private long count;
  private double fraction = -1;
  private boolean open = true;

  /**
   * @param title what is being done, for example {@code import}
   * @param unit what is counted, for example {@code messages}
   */
  public Progress(ToolContext context, String title, String unit) {
    this.context = context;
    this.title = title;
    this.unit = unit;
    this.startNanos = context.nanoClock().getAsLong();
    this.drawnNanos = startNanos;
  }

  /**
   * Tells how far the work is.
   *
   * @param count items done so far
   * @param fraction part of the whole that is done, 0 to 1; negative if the whole is unknown
   */
  public synchronized void update(long count, double fraction) {
    this.count = count;
    this.fraction = fraction;
    long now = context.nanoClock().getAsLong();
    long sinceDrawn = now - drawnNanos;
    if (open && sinceDrawn >= (context.terminal() ? REDRAW_NANOS : LINE_NANOS)) {
      double seconds = sinceDrawn / 1e9;
      double rate = (count - drawnCount) / seconds;
      double weight = recentRate < 0 ? 1 : 1 - Math.exp(-seconds / RATE_WINDOW_SECONDS);
      recentRate = recentRate < 0 ? rate : recentRate + weight * (rate - recentRate);
      drawnNanos = now;
      drawnCount = count;
      draw(line(now));
    }
  }

  private void draw(String line) {
    PrintWriter err = context.err();
    if (context.terminal()) {
      String cut =
          line.length() >= context.columns() ? line.substring(0, context.columns() - 1) : line;
      err.print("\r" + cut + "\u001b[K");
    } else {
      err.println(line);
    }
    err.flush();
  }

  private String line(long now) {
    StringBuilder line = new StringBuilder(title).append("  ");
    if (fraction >= 0) {
      double part = Math.min(1, fraction);
      if (context.terminal()) {
        int filled = (int) (part * BAR_WIDTH);
        line.append('[')
            .append("#".repeat(filled))
            .append(".".repeat(BAR_WIDTH - filled))
            .append("] ");
      }
      line.append(String.format(Locale.ROOT, "%3d%%  ", (int) (part * 100)));
    }
    line.append(Humans.count(count)).append(' ').append(unit);
    line.append("  ").append(Humans.rate(Math.max(0, recentRate)));
    if (fraction > 0 && fraction < 1) {
      double elapsed = (now - startNanos) / 1e9;
      long remaining = Math.round(elapsed * (1 - fraction) / fraction);
      line.append("  ETA ");
      line.append(remaining == 0 ? "< 1 s" : Humans.duration(Duration.ofSeconds(remaining)));
    }
    return line.toString();
  }

  /** Takes the line off a terminal while {@code printing} prints something of its own. */
  public synchronized void interject(Runnable printing) {
    clear();
    context.err().flush();
    printing.run();
  }

  private void clear() {
    if (context.terminal()) {
      context.err().print("\r\u001b[K");
    }
  }

  /** Removes the line from a terminal; nothing is printed afterwards. */
  @Override
  public synchronized void close() {
    if (open) {
      open = false;
      clear();
      context.err().flush();
    }
  }
}
