package io.tideline.server.service;

/** Text of callers made fit for error messages. */
final class Texts {

  private static final String ELLIPSIS = "…";

  private Texts() {}

  /**
   * The text without control characters, cut to {@code charsMax} characters; never through the
   * middle of a surrogate pair.
   */
  static String shorten(String text, int charsMax) {
    String cut = text;
    if (text.length() > charsMax) {
      int end = charsMax - ELLIPSIS.length();
      if (Character.isHighSurrogate(text.charAt(end - 1))) {
        end--;
      }
      cut = text.substring(0, end) + ELLIPSIS;
    }
    return cut.codePoints().anyMatch(Character::isISOControl) ? withoutControls(cut) : cut;
  }

  private static String withoutControls(String text) {
    StringBuilder clean = new StringBuilder(text.length());
    text.codePoints().forEach(c -> clean.appendCodePoint(Character.isISOControl(c) ? 0xfffd : c));
    return clean.toString();
  }
}
