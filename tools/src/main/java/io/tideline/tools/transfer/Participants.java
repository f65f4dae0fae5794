package io.tideline.tools.transfer;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;

/**
 * Who has spoken in each conversation, the most recent speakers first to be kept. Decides whose
 * inboxes a message goes to.
 *
 * <p>A pure function of the messages seen, in order: reading the same prefix of a log again gives
 * the same recipients, which is what makes a resumed import equal to an uninterrupted one. Memory:
 * the cap times the number of conversations.
 *
 * <p>Not thread-safe.
 */
public final class Participants {
  private final int cap;
  private final Map<String, LinkedHashSet<String>> speakers = new HashMap<>();

  /**
   * @param cap people remembered per conversation; 0 for none
   */
  public Participants(int cap) {
    this.cap = cap;
  }

  /**
   * Notes that {@code sender} speaks.
   *
   * @return the inboxes this message goes to, the sender's included, longest silent first
   */
  public List<String> speak(String conversation, String sender) {
    if (cap == 0) {
      return List.of();
    }
    SequencedSet<String> known =
        speakers.computeIfAbsent(conversation, absent -> new LinkedHashSet<>());
    known.addLast(sender);
    if (known.size() > cap) {
      known.removeFirst();
    }
    return List.copyOf(known);
  }
}
