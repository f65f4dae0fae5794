package io.tideline.tools.chat;

/** Makes message texts: sentences of vocabulary words, of a length drawn as in real chat. */
final class TextMaker {
  /** No chat program lets people type more; also bounds the tail of the distribution. */
  static final int LENGTH_MAX = 8_000;

  private static final double ENGLISH_MEDIAN = 64;
  private static final double ENGLISH_SIGMA = 0.95;

  /** A Chinese character says as much as two or three letters. */
  private static final double CHINESE_MEDIAN = 26;

  private static final double CHINESE_SIGMA = 0.85;

  /** Emoji end a message now and then; two of them need a surrogate pair, as real ones do. */
  private static final String[] EMOJI = {"👍", "😂", "❤", "🎉"};

  private final Draws draws;

  TextMaker(Draws draws) {
    this.draws = draws;
  }

  String make(boolean chinese) {
    double drawn =
        chinese
            ? draws.logNormal(CHINESE_MEDIAN, CHINESE_SIGMA)
            : draws.logNormal(ENGLISH_MEDIAN, ENGLISH_SIGMA);
    int length = Math.clamp(Math.round(drawn), 2, LENGTH_MAX);
    Vocabulary vocabulary = chinese ? Vocabulary.CHINESE : Vocabulary.ENGLISH;
    StringBuilder text = new StringBuilder(length + 16);
    while (text.length() < length) {
      sentence(text, length, vocabulary);
    }
    if (draws.chance(0.04)) {
      text.append(EMOJI[draws.zipf(EMOJI.length)]);
    }
    return text.toString().strip();
  }

  private void sentence(StringBuilder text, int length, Vocabulary vocabulary) {
    int words = 2 + draws.below(11);
    for (int i = 0; i < words && text.length() < length; i++) {
      if (i > 0) {
        text.append(draws.chance(0.08) ? vocabulary.comma() : vocabulary.joint());
      }
      text.append(vocabulary.words().get(draws.zipf(vocabulary.words().size())));
    }
    text.append(vocabulary.stops().get(draws.zipf(vocabulary.stops().size())));
  }
}
