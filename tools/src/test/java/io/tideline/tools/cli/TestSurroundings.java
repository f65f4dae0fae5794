package io.tideline.tools.cli;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/** A {@link ToolContext} whose output can be read and whose clocks stand still until moved. */
public final class TestSurroundings {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final ToolContext context;
  private long nanos;

  public TestSurroundings() {
    this(false, Map.of());
  }

  public TestSurroundings(boolean terminal, Map<String, String> environment) {
    this.context =
        new ToolContext(
            InputStream.nullInputStream(),
            OutputStream.nullOutputStream(),
            new PrintWriter(out, true),
            new PrintWriter(err, true),
            terminal,
            100,
            environment,
            () -> Instant.ofEpochMilli(1_767_603_600_000L).plusNanos(nanos),
            () -> nanos);
  }

  public ToolContext context() {
    return context;
  }

  public void advance(Duration duration) {
    nanos += duration.toNanos();
  }

  public String out() {
    return out.toString();
  }

  public String err() {
    return err.toString();
  }
}
