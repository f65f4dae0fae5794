package io.tideline.it.harness;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Chat in the shape of the public logs, for machines that do not have them: few conversations hold
 * most messages, few senders write most of them, texts are short with a long tail, and one in a
 * thousand lines has what breaks careless code (quotes, line breaks, characters outside the BMP,
 * nothing at all). Equal in every run.
 */
final class GeneratedChat {

  private static final long SEED = 20_041_115;
  private static final long START_MILLIS = 1_100_480_400_000L;
  private static final String[] ENGLISH = {
    "the",
    "apt",
    "kernel",
    "sudo",
    "anyone",
    "know",
    "how",
    "to",
    "install",
    "driver",
    "thanks",
    "it",
    "works",
    "now",
    "try",
    "reboot",
    "/etc/fstab",
    "http://paste.example/1234",
    "lol",
    "partition"
  };
  private static final String[] CHINESE = {
    "知道", "电影", "这部", "喜欢", "音乐", "旅行", "北京", "上映", "演员", "非常", "好看", "吗", "呀", "的", "是"
  };
  private static final String[] AWKWARD = {
    "",
    " ",
    "\"quoted\" \\ back\\slash",
    "line\nbreak\tand tab",
    "\uD83D\uDE00\uD83D\uDC4D",
    "\u0000nul",
    "a\u0301e\u0301"
  };

  private GeneratedChat() {}

  static List<String> lines(int count, int conversations, int senders, boolean chinese) {
    SplittableRandom random = new SplittableRandom(SEED);
    List<String> lines = new ArrayList<>(count);
    long timeMillis = START_MILLIS;
    for (int i = 0; i < count; i++) {
      timeMillis += random.nextInt(9_000);
      int conversation = skewed(random, conversations);
      // Participants of neighbouring conversations overlap; those of distant ones rarely do.
      int sender = (conversation * 3 + skewed(random, Math.max(2, senders / 2))) % senders;
      lines.add(
          ChatLog.line(
              (chinese ? "zh:" : "#room-") + conversation,
              "user" + sender,
              timeMillis,
              text(random, chinese)));
    }
    return lines;
  }

  /** An index in [0, n), small ones far more often than large ones. */
  private static int skewed(SplittableRandom random, int n) {
    return Math.min(n - 1, (int) (Math.pow(n, random.nextDouble()) - 1));
  }

  private static String text(SplittableRandom random, boolean chinese) {
    if (random.nextInt(1_000) == 0) {
      return AWKWARD[random.nextInt(AWKWARD.length)];
    }
    String[] words = chinese ? CHINESE : ENGLISH;
    int count = 1 + (int) (-11 * Math.log(1 - random.nextDouble()));
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(i == 0 || chinese ? "" : " ").append(words[random.nextInt(words.length)]);
    }
    return text.toString();
  }
}
