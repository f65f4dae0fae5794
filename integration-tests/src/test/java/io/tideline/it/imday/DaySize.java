package io.tideline.it.imday;

import java.time.Duration;

/**
 * How large a day is.
 *
 * @param linesPerLog messages of each log
 * @param senders threads that send; each has users of its own, so that a conversation has many
 * @param kills of the node while they send, spread over the whole of it
 * @param inboxTtl how long inboxes keep entries
 * @param slowRound how long slow devices rest; to outlast {@code inboxTtl} is to lose the inbox
 */
public record DaySize(
    int linesPerLog, int senders, int kills, Duration inboxTtl, Duration slowRound) {

  /** Inboxes that keep everything: all that was written to them can be compared. */
  private static final Duration FOR_LONG = Duration.ofDays(14);

  /** For every build: some seconds, and each thing happens a few times. */
  public static DaySize slice() {
    return new DaySize(300, 6, 2, FOR_LONG, Duration.ofMillis(300));
  }

  /** About a minute on two busy cores, with a kill every three seconds or so. */
  public static DaySize whole() {
    return new DaySize(1_400, 8, 14, FOR_LONG, Duration.ofMillis(500));
  }

  /** Slow devices come when their inboxes have expired, and the node is killed meanwhile. */
  public static DaySize withShortInboxes() {
    return new DaySize(700, 8, 8, Duration.ofSeconds(2), Duration.ofSeconds(4));
  }

  /** Whether inboxes still have everything at the end. */
  public boolean keepsInboxes() {
    return inboxTtl.equals(FOR_LONG);
  }
}
