package io.tideline.tools.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Function;

/**
 * One column of a table that shows JSON objects.
 *
 * @param title heading
 * @param right whether cells are set flush right, as numbers are
 * @param cell the cell's text for an object
 */
public record Column(String title, boolean right, Function<ObjectNode, String> cell) {

  /** A text field as it is; empty if absent. */
  public static Column text(String title, String field) {
    return new Column(title, false, row -> row.path(field).asText());
  }

  /** A whole number with thousands separators; empty if absent. */
  public static Column number(String title, String field) {
    return new Column(title, true, row -> number(row.path(field)));
  }

  /** A point in time in milliseconds since the Unix epoch, as UTC; empty if absent or 0. */
  public static Column time(String title, String field) {
    return new Column(
        title,
        false,
        row -> row.path(field).asLong() == 0 ? "" : Humans.time(row.path(field).asLong()));
  }

  /** A number of bytes; empty if absent. */
  public static Column size(String title, String field) {
    return new Column(
        title,
        true,
        row -> row.path(field).isNumber() ? Humans.size(row.path(field).asLong()) : "");
  }

  private static String number(JsonNode node) {
    return node.isNumber() ? Humans.count(node.asLong()) : node.asText();
  }
}
