package io.tideline.tools.chat;

/**
 * What generated chat looks like. The defaults follow public logs of real communities: text of 47
 * to 113 characters at the median and 247 to 1,822 at the 99th percentile, most conversations tiny
 * and one huge, peaks of hundreds of messages a minute in one channel.
 *
 * @param users people in the world, at least 2
 * @param conversations conversations in the world, at least 1; the first is a channel of everybody
 * @param chineseShare part of the conversations held in Chinese, 0 to 1
 * @param burstsAtOnce conversations that are lively at any moment, at least 1
 */
public record ChatShape(int users, int conversations, double chineseShare, int burstsAtOnce) {
  /** A community of 200 that fits a demo of some seconds. */
  public static final ChatShape DEFAULT = new ChatShape(200, 400, 0.25, 12);

  public ChatShape {
    if (users < 2 || conversations < 1 || burstsAtOnce < 1) {
      throw new IllegalArgumentException(
          "a chat needs 2 users, 1 conversation and 1 burst at once, got "
              + users
              + ", "
              + conversations
              + ", "
              + burstsAtOnce);
    }
    if (!(chineseShare >= 0 && chineseShare <= 1)) {
      throw new IllegalArgumentException("chineseShare must be 0 to 1, got " + chineseShare);
    }
  }
}
