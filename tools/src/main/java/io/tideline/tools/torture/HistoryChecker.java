package io.tideline.tools.torture;

import io.tideline.tools.torture.History.Append;
import io.tideline.tools.torture.History.Content;
import io.tideline.tools.torture.History.Outcome;
import io.tideline.tools.torture.History.Page;
import io.tideline.tools.torture.History.Seen;
import io.tideline.tools.torture.History.SessionRead;
import io.tideline.tools.torture.History.SessionStep;
import io.tideline.tools.torture.History.SessionWrote;
import io.tideline.tools.torture.History.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Judges a history by what the timelines hold in the end. */
final class HistoryChecker {

  /** Findings told in words; the counts have all. */
  private static final int EXAMPLES_MAX = 20;

  private record Place(int timeline, long sequenceId) {}

  /** One session's view of one timeline. */
  private record SessionTimeline(int session, int timeline) {}

  private final History history;
  private final List<Content> timelines;
  private final List<String> examples = new ArrayList<>();
  private long lost;
  private long duplicates;
  private long orderViolations;
  private long staleReads;
  private long unreadOwnWrites;
  private long backwardReads;
  private long trimmedSeen;

  /** What readers were given, by timeline and id. */
  private final Map<Place, Value> given = new HashMap<>();

  private HistoryChecker(History history, List<Content> timelines) {
    this.history = history;
    this.timelines = timelines;
  }

  /**
   * @param timelines what each timeline holds in the end
   */
  static Verdict check(History history, List<Content> timelines) {
    HistoryChecker checker = new HistoryChecker(history, timelines);
    checker.checkTrims();
    checker.checkAppends();
    checker.checkContent();
    history.pages().forEach(checker::checkPage);
    checker.checkSessions();
    return new Verdict(
        checker.lost,
        checker.duplicates,
        checker.orderViolations,
        checker.staleReads,
        checker.unreadOwnWrites,
        checker.backwardReads,
        checker.trimmedSeen,
        List.copyOf(checker.examples));
  }

  private @Nullable Value at(int timeline, long sequenceId) {
    Content content = timelines.get(timeline);
    return sequenceId >= content.firstRetained() && sequenceId < content.end()
        ? content.values().get((int) (sequenceId - content.firstRetained()))
        : null;
  }

  /** Whether the entry was there once and is gone because it was trimmed. */
  private boolean isTrimmed(int timeline, long sequenceId) {
    return sequenceId > 0
        && sequenceId < timelines.get(timeline).firstRetained()
        && sequenceId <= history.trimAskedThrough(timeline);
  }

  /** What was acknowledged to be trimmed is gone, and nothing that nobody asked to trim. */
  private void checkTrims() {
    for (int timeline = 0; timeline < timelines.size(); timeline++) {
      long first = timelines.get(timeline).firstRetained();
      if (first <= history.trimmedThrough(timeline)) {
        trimmedSeen++;
        tell(
            "timeline "
                + timeline
                + " begins at id "
                + first
                + ", but was trimmed through "
                + history.trimmedThrough(timeline));
      }
      if (first > history.trimAskedThrough(timeline) + 1) {
        lost++;
        tell(
            "timeline "
                + timeline
                + " begins at id "
                + first
                + ", but nobody trimmed beyond "
                + history.trimAskedThrough(timeline));
      }
    }
  }

  /** Each acknowledged append is where it was said to be; each writer's are in its order. */
  private void checkAppends() {
    Map<List<Integer>, Append> lastOfWriter = new HashMap<>();
    for (Append append : history.appends()) {
      if (append.outcome() != Outcome.ACKNOWLEDGED) {
        continue;
      }
      Value found = at(append.timeline(), append.sequenceId());
      if (!append.value().equals(found)
          && !(found == null && isTrimmed(append.timeline(), append.sequenceId()))) {
        lost++;
        tell("acknowledged " + append + ", but there is " + found);
      }
      Append before = lastOfWriter.put(List.of(append.timeline(), append.value().writer()), append);
      if (before != null
          && before.value().number() < append.value().number()
          && before.sequenceId() >= append.sequenceId()) {
        orderViolations++;
        tell(append + " came after " + before + " was acknowledged");
      }
    }
  }

  /** Nothing is there twice, nothing that nobody wrote or that was refused. */
  private void checkContent() {
    Map<Value, Append> written = new HashMap<>();
    history.appends().forEach(append -> written.put(append.value(), append));
    Set<Value> found = new HashSet<>();
    for (int timeline = 0; timeline < timelines.size(); timeline++) {
      for (Value value : timelines.get(timeline).values()) {
        Append append = written.get(value);
        if (!found.add(value)) {
          duplicates++;
          tell(value + " is there twice, the second time in timeline " + timeline);
        } else if (append == null
            || append.outcome() == Outcome.REFUSED
            || append.timeline() != timeline
            || isTrimmed(timeline, append.sequenceId())) {
          duplicates++;
          tell("timeline " + timeline + " holds " + value + ", but its append was " + append);
        }
      }
    }
  }

  private void checkPage(Page page) {
    checkEntries(page);
    checkFresh(page);
  }

  /** Ids without a hole, none that is trimmed, and what a reader once saw stays until it is. */
  private void checkEntries(Page page) {
    if (page.firstRetained() > history.trimAskedThrough(page.timeline()) + 1) {
      lost++;
      tell(
          "a read of "
              + where(page)
              + " says that ids before "
              + page.firstRetained()
              + " are gone, but nobody trimmed beyond "
              + history.trimAskedThrough(page.timeline()));
    }
    long expected = Math.max(page.from(), page.firstRetained());
    for (Seen seen : page.entries()) {
      if (seen.sequenceId() <= page.trimmed()) {
        trimmedSeen++;
        tell(
            "a read of "
                + where(page)
                + " was given "
                + seen
                + ", but "
                + page.trimmed()
                + " was trimmed before it began");
      }
      if (seen.sequenceId() != expected) {
        orderViolations++;
        tell(
            "a read of "
                + where(page)
                + " has id "
                + seen.sequenceId()
                + " where "
                + expected
                + " belongs");
      }
      expected = seen.sequenceId() + 1;
      Value now = at(page.timeline(), seen.sequenceId());
      if (!seen.value().equals(now)
          && !(now == null && isTrimmed(page.timeline(), seen.sequenceId()))) {
        orderViolations++;
        tell("a read of " + where(page) + " was given " + seen + ", now there is " + now);
      }
      Value other = given.putIfAbsent(new Place(page.timeline(), seen.sequenceId()), seen.value());
      if (now == null && other != null && !other.equals(seen.value())) {
        orderViolations++;
        tell("a read of " + where(page) + " was given " + seen + ", another one " + other);
      }
    }
  }

  /** Nothing is missing that was acknowledged before, nor what the reply itself says is there. */
  private void checkFresh(Page page) {
    if (page.last() < page.due()) {
      staleReads++;
      tell(
          "a read of "
              + where(page)
              + " says its last id is "
              + page.last()
              + ", but "
              + page.due()
              + " was acknowledged before it began");
    }
    long end =
        page.entries().isEmpty()
            ? Math.max(page.from(), page.firstRetained())
            : page.entries().getLast().sequenceId() + 1;
    long there = Math.max(page.due(), page.last());
    if (!page.more()
        && page.entries().size() < page.limit()
        && end <= Math.min(there, page.to() - 1)) {
      staleReads++;
      tell(
          "a read of "
              + where(page)
              + " ends before id "
              + end
              + " and says there is no more, but "
              + there
              + " was there");
    }
  }

  private static String where(Page page) {
    return "timeline " + page.timeline() + " from id " + page.from();
  }

  /** A session sees what it wrote, and never less than it saw. */
  private void checkSessions() {
    Map<SessionTimeline, Long> wrote = new HashMap<>();
    Map<SessionTimeline, Long> read = new HashMap<>();
    for (SessionStep step : history.sessionSteps()) {
      SessionTimeline key = new SessionTimeline(step.session(), step.timeline());
      switch (step) {
        case SessionWrote write -> wrote.merge(key, write.sequenceId(), Math::max);
        case SessionRead seen -> {
          if (seen.last() < wrote.getOrDefault(key, 0L)) {
            unreadOwnWrites++;
            tell(seen + ", but the session had written " + wrote.get(key));
          }
          if (seen.last() < read.getOrDefault(key, 0L)) {
            backwardReads++;
            tell(seen + ", but the session had seen " + read.get(key));
          }
          read.merge(key, seen.last(), Math::max);
        }
      }
    }
  }

  private void tell(String finding) {
    if (examples.size() < EXAMPLES_MAX) {
      examples.add(finding);
    }
  }
}
