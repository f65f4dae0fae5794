package io.tideline.tools.demo;

import io.tideline.tools.cli.ToolContext;
import java.io.PrintWriter;

/** Tells the steps of the demo: on standard output for people, beside the JSON for programs. */
final class Narrator {
  private final PrintWriter writer;
  private final boolean colour;
  private int step;

  Narrator(ToolContext context, boolean json) {
    this.writer = json ? context.err() : context.out();
    this.colour = context.colour();
  }

  /** Begins a step. */
  void step(String title) {
    step++;
    String line = step + ". " + title;
    writer.println();
    writer.println(colour ? "\u001b[1m" + line + "\u001b[0m" : line);
    writer.flush();
  }

  /** Says something within a step. */
  void say(String sentence) {
    writer.println("   " + sentence);
    writer.flush();
  }
}
