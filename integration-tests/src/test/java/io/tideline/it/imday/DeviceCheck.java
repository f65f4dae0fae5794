package io.tideline.it.imday;

import io.tideline.client.Entry;
import io.tideline.client.EntryKind;
import io.tideline.tools.im.ImMessage;
import java.util.List;
import java.util.function.Consumer;

/** Compares what a device was shown, and what it shows now, with the conversations of its user. */
final class DeviceCheck {

  private final Device device;
  private final DayRecord record;
  private final Consumer<String> differences;

  DeviceCheck(Device device, DayRecord record, Consumer<String> differences) {
    this.device = device;
    this.record = record;
    this.differences = difference -> differences.accept(device.name() + " " + difference);
  }

  void check(Membership membership) {
    String conversation = membership.timeline().conversation().id();
    List<Long> shown = device.shown().getOrDefault(conversation, List.of());
    List<Long> expected = DayCheck.ids(membership.after(), membership.through());
    boolean isComplete =
        shown.size() >= expected.size()
            && shown.subList(0, expected.size()).equals(expected)
            && mayFollow(membership, shown.subList(expected.size(), shown.size()));
    if (!isComplete) {
      differences.accept(
          "was shown of "
              + conversation
              + " "
              + ranges(shown)
              + ", not "
              + membership.after()
              + " < id <= "
              + membership.through());
      return;
    }
    List<Long> messages =
        shown.stream()
            .filter(id -> membership.timeline().entry(id).kind() == EntryKind.MESSAGE)
            .toList();
    if (!List.copyOf(device.messages(conversation).keySet()).equals(messages)) {
      differences.accept("has other messages in " + conversation + " than it was shown");
      return;
    }
    messages.forEach(id -> compare(membership.timeline(), id, shown.getLast()));
  }

  /** Like {@code 1..7 9..9}. */
  private static String ranges(List<Long> ids) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < ids.size(); i++) {
      if (i == 0 || ids.get(i) != ids.get(i - 1) + 1) {
        text.append(i == 0 ? "" : ids.get(i - 1) + " ").append(ids.get(i)).append("..");
      }
    }
    return ids.isEmpty() ? "nothing" : text.append(ids.getLast()).toString();
  }

  /** What others had on its way while the user left may still reach him; as documented. */
  private boolean mayFollow(Membership membership, List<Long> rest) {
    long id = membership.through();
    for (long next : rest) {
      id++;
      boolean mayBe =
          next == id
              && membership.leave().isPresent()
              && membership
                  .timeline()
                  .origin(next)
                  .map(step -> record.beganBeforeEnd(step, membership.leave().get()))
                  .orElse(false);
      if (!mayBe) {
        return false;
      }
    }
    return true;
  }

  private void compare(Timeline timeline, long id, long lastShown) {
    ImMessage shows = device.messages(timeline.conversation().id()).get(id);
    Entry entry = timeline.entry(id);
    boolean hasLastChange = timeline.lastChange(id) <= lastShown;
    boolean isCurrent =
        shows != null
            && shows.text().equals(Timeline.textOf(entry))
            && shows.sender().equals(Timeline.senderOf(entry))
            && shows.isRecalled() == entry.recalled()
            && shows.isEdited() == (entry.revision() > 0 && !entry.recalled());
    // Who left before a change sees what was there before it, or what is there now.
    boolean wasOnce =
        shows != null
            && !hasLastChange
            && timeline.origin(id).orElse(null) instanceof Step.Post post
            && shows.text().startsWith(post.text());
    if (!isCurrent && !wasOnce) {
      differences.accept("shows " + shows + " for " + entry);
    }
  }
}
