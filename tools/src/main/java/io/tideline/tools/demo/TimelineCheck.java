package io.tideline.tools.demo;

import io.tideline.client.Coverage;
import io.tideline.client.Entry;
import io.tideline.client.Message;
import io.tideline.client.Page;
import io.tideline.client.ScanSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Compares timelines with what must be in them, entry by entry, and keeps count of what is wrong.
 */
final class TimelineCheck {
  private static final int PAGE_ENTRIES = 1_000;
  private static final int PROBLEMS_SHOWN = 10;

  private final TidelineClient client;
  private final List<String> problems = new ArrayList<>();
  private long problemCount;
  private long timelines;
  private long entries;

  TimelineCheck(TidelineClient client) {
    this.client = client;
  }

  /**
   * Checks one timeline: ids 1 to n without a hole, contents equal and in order, nothing more.
   *
   * @param expected the n contents, in order
   */
  void check(TimelineKey timeline, List<Message> expected) {
    timelines++;
    long next = 1;
    Coverage coverage;
    do {
      Page page =
          client.scanPage(ScanSpec.builder(timeline).from(next).pageSize(PAGE_ENTRIES).build());
      coverage = page.coverage();
      if (page.entries().isEmpty() && coverage.hasMore()) {
        problem(timeline, "an empty page though there is more from id " + next);
        return;
      }
      for (Entry entry : page.entries()) {
        if (entry.sequenceId() != next) {
          problem(timeline, "id " + entry.sequenceId() + " where " + next + " is due");
          return;
        }
        compare(timeline, entry, expected);
        next++;
        entries++;
      }
    } while (coverage.hasMore());
    if (next != expected.size() + 1L || coverage.lastSequenceId() != expected.size()) {
      problem(
          timeline,
          (next - 1)
              + " entries and last id "
              + coverage.lastSequenceId()
              + ", expected "
              + expected.size());
      tellDuplicates(timeline, expected);
    }
  }

  private void compare(TimelineKey timeline, Entry entry, List<Message> expected) {
    int index = Math.toIntExact(entry.sequenceId() - 1);
    if (index < expected.size() && !entry.message().equals(expected.get(index))) {
      problem(
          timeline,
          "entry "
              + entry.sequenceId()
              + " is "
              + entry.message()
              + ", expected "
              + expected.get(index));
    }
  }

  /** Says whether a wrong count comes from second copies: the most telling of all faults. */
  private void tellDuplicates(TimelineKey timeline, List<Message> expected) {
    Map<Message, Integer> surplus = new HashMap<>();
    for (Entry entry : client.scan(ScanSpec.of(timeline))) {
      surplus.merge(entry.message(), 1, Integer::sum);
    }
    expected.forEach(message -> surplus.merge(message, -1, Integer::sum));
    long copies = surplus.values().stream().filter(count -> count > 0).count();
    long missing = surplus.values().stream().filter(count -> count < 0).count();
    problem(timeline, copies + " messages too often, " + missing + " missing");
  }

  /** Checks contents that are already read, for example what a device has synced. */
  void compare(String what, List<Message> found, IntFunction<Message> expected, int count) {
    if (found.size() != count) {
      problem(what, found.size() + " entries, expected " + count);
      return;
    }
    for (int i = 0; i < count; i++) {
      if (!found.get(i).equals(expected.apply(i))) {
        problem(what, "entry " + (i + 1) + " differs");
        return;
      }
    }
  }

  void problem(Object what, String found) {
    problemCount++;
    if (problems.size() < PROBLEMS_SHOWN) {
      problems.add(what + ": " + found);
    }
  }

  /** The first problems, in words. */
  List<String> problems() {
    return List.copyOf(problems);
  }

  long problemCount() {
    return problemCount;
  }

  long timelines() {
    return timelines;
  }

  long entries() {
    return entries;
  }
}
