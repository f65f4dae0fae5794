package io.tideline.tools.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Prints results. The JSON object is the truth; a table is a view of it, so both always say the
 * same.
 *
 * <p>Not thread-safe.
 */
public final class Output {
  /** Rows laid out together; a longer list is printed in pieces, so that memory stays bounded. */
  private static final int TABLE_ROWS_MAX = 1_000;

  private final ToolContext context;
  private final OutputFormat format;

  public Output(ToolContext context, OutputFormat format) {
    this.context = context;
    this.format = format;
  }

  public boolean isJson() {
    return format == OutputFormat.JSON;
  }

  /**
   * A list: a table, or one JSON object per line. {@code whenEmpty} is shown instead of no table.
   */
  public void list(List<Column> columns, Stream<ObjectNode> rows, String whenEmpty) {
    if (isJson()) {
      rows.forEachOrdered(row -> context.out().println(Json.write(row)));
    } else {
      table(columns, rows, whenEmpty);
    }
    context.out().flush();
  }

  private void table(List<Column> columns, Stream<ObjectNode> rows, String whenEmpty) {
    List<List<String>> piece = new ArrayList<>();
    boolean[] any = {false};
    rows.forEachOrdered(
        row -> {
          any[0] = true;
          piece.add(columns.stream().map(column -> column.cell().apply(row)).toList());
          if (piece.size() == TABLE_ROWS_MAX) {
            print(columns, piece);
            piece.clear();
          }
        });
    if (!piece.isEmpty()) {
      print(columns, piece);
    }
    if (!any[0] && !whenEmpty.isEmpty()) {
      context.out().println(whenEmpty);
    }
  }

  private void print(List<Column> columns, List<List<String>> rows) {
    List<String> lines = TableText.lines(columns, rows);
    PrintWriter out = context.out();
    out.println(context.colour() ? "\u001b[1m" + lines.getFirst() + "\u001b[0m" : lines.getFirst());
    lines.stream().skip(1).forEachOrdered(out::println);
  }

  /** One result: lines of {@code title value}, or one JSON object. */
  public void record(List<Column> columns, ObjectNode record) {
    if (isJson()) {
      context.out().println(Json.write(record));
    } else {
      int width = columns.stream().mapToInt(c -> TableText.width(c.title())).max().orElse(0);
      for (Column column : columns) {
        String value = TableText.printable(column.cell().apply(record));
        if (!value.isEmpty()) {
          String padding = " ".repeat(width - TableText.width(column.title()));
          context.out().println(column.title() + padding + "  " + value);
        }
      }
    }
    context.out().flush();
  }

  /** A sentence about what was done, or the JSON object that says it. */
  public void done(String sentence, ObjectNode json) {
    context.out().println(isJson() ? Json.write(json) : sentence);
    context.out().flush();
  }

  /** An empty line between tables; nothing in JSON mode. */
  public void gap() {
    if (!isJson()) {
      context.out().println();
    }
  }

  /** A remark for people beside the result, on standard error; nothing in JSON mode. */
  public void note(String sentence) {
    if (!isJson()) {
      context.err().println(sentence);
      context.err().flush();
    }
  }
}
