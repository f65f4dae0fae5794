package io.tideline.tools.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * Lays rows of text out in columns. Widths are counted in terminal cells, of which Chinese,
 * Japanese and Korean characters take two; control characters are shown as spaces so that no
 * content can move the cursor.
 */
final class TableText {
  private static final String GAP = "  ";

  /** Cells longer than this are cut with an ellipsis: one long message must not ruin the table. */
  private static final int CELL_WIDTH_MAX = 100;

  private TableText() {}

  /** Lines of the table, heading first. */
  static List<String> lines(List<Column> columns, List<List<String>> rows) {
    int[] widths = new int[columns.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = width(columns.get(i).title());
    }
    List<List<String>> cells = new ArrayList<>();
    for (List<String> row : rows) {
      List<String> cut = row.stream().map(TableText::printable).toList();
      cells.add(cut);
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], width(cut.get(i)));
      }
    }
    List<String> lines = new ArrayList<>();
    lines.add(line(columns, columns.stream().map(Column::title).toList(), widths));
    cells.forEach(row -> lines.add(line(columns, row, widths)));
    return lines;
  }

  private static String line(List<Column> columns, List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String padding = " ".repeat(widths[i] - width(cells.get(i)));
      line.append(i == 0 ? "" : GAP);
      line.append(columns.get(i).right() ? padding + cells.get(i) : cells.get(i) + padding);
    }
    return line.toString().stripTrailing();
  }

  /** {@code text} on one line, cut to the widest cell allowed. */
  static String printable(String text) {
    StringBuilder kept = new StringBuilder();
    int width = 0;
    for (int i = 0; i < text.length(); ) {
      int codePoint = text.codePointAt(i);
      width += width(codePoint);
      if (width > CELL_WIDTH_MAX) {
        return kept.append('…').toString();
      }
      kept.appendCodePoint(Character.isISOControl(codePoint) ? ' ' : codePoint);
      i += Character.charCount(codePoint);
    }
    return kept.toString();
  }

  /** Terminal cells {@code text} takes. */
  static int width(String text) {
    return text.codePoints().map(TableText::width).sum();
  }

  private static int width(int codePoint) {
    if (codePoint < 0x300) {
      return 1;
    }
    int type = Character.getType(codePoint);
    if (type == Character.NON_SPACING_MARK
        || type == Character.ENCLOSING_MARK
        || type == Character.FORMAT) {
      return 0;
    }
    return isWide(codePoint) ? 2 : 1;
  }

  /**
   * Blocks of East Asian wide characters and emoji (Unicode Standard Annex 11, wide and fullwidth).
   */
  private static boolean isWide(int codePoint) {
    return (codePoint >= 0x1100 && codePoint <= 0x115F)
        || (codePoint >= 0x2E80 && codePoint <= 0xA4CF)
        || (codePoint >= 0xAC00 && codePoint <= 0xD7A3)
        || (codePoint >= 0xF900 && codePoint <= 0xFAFF)
        || (codePoint >= 0xFE30 && codePoint <= 0xFE6F)
        || (codePoint >= 0xFF00 && codePoint <= 0xFF60)
        || (codePoint >= 0xFFE0 && codePoint <= 0xFFE6)
        || (codePoint >= 0x1F300 && codePoint <= 0x1FAFF)
        || (codePoint >= 0x20000 && codePoint <= 0x3FFFD);
  }
}
