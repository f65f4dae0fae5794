package io.tideline.tools.torture;

import io.tideline.tools.torture.History.Append;
import io.tideline.tools.torture.History.BadRead;
import io.tideline.tools.torture.History.Outcome;
import io.tideline.tools.torture.History.Seen;
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

  private final History history;
  private final List<List<Value>> timelines;
  private final List<String> examples = new ArrayList<>();
  private long lost;
  private long duplicates;
  private long orderViolations;
  private long staleReads;

  private HistoryChecker(History history, List<List<Value>> timelines) {
    this.history = history;
    this.timelines = timelines;
  }

  /**
   * @param timelines what each timeline holds in the end: the value at index i has sequence id i +
   *     1
   */
  static Verdict check(History history, List<List<Value>> timelines) {
    HistoryChecker checker = new HistoryChecker(history, timelines);
    checker.checkAppends();
    checker.checkContent();
    checker.checkSeen();
    checker.checkBadReads();
    return new Verdict(
        checker.lost,
        checker.duplicates,
        checker.orderViolations,
        checker.staleReads,
        List.copyOf(checker.examples));
  }

  private @Nullable Value at(int timeline, long sequenceId) {
    List<Value> values = timelines.get(timeline);
    return sequenceId >= 1 && sequenceId <= values.size() ? values.get((int) sequenceId - 1) : null;
  }

  /** Each acknowledged append is where it was said to be; each writer's are in its order. */
  private void checkAppends() {
    Map<List<Integer>, Append> lastOfWriter = new HashMap<>();
    for (Append append : history.appends()) {
      if (append.outcome() != Outcome.ACKNOWLEDGED) {
        continue;
      }
      Value found = at(append.timeline(), append.sequenceId());
      if (!append.value().equals(found)) {
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
      for (Value value : timelines.get(timeline)) {
        Append append = written.get(value);
        if (!found.add(value)) {
          duplicates++;
          tell(value + " is there twice, the second time in timeline " + timeline);
        } else if (append == null
            || append.outcome() == Outcome.REFUSED
            || append.timeline() != timeline) {
          duplicates++;
          tell("timeline " + timeline + " holds " + value + ", but its append was " + append);
        }
      }
    }
  }

  /** What a reader once saw stays. */
  private void checkSeen() {
    for (Seen seen : history.seen()) {
      Value now = at(seen.timeline(), seen.sequenceId());
      if (!seen.value().equals(now)) {
        orderViolations++;
        tell("a reader was given " + seen + ", now there is " + now);
      }
    }
  }

  private void checkBadReads() {
    for (BadRead read : history.badReads()) {
      if (read.stale()) {
        staleReads++;
      } else {
        orderViolations++;
      }
      tell(read.what());
    }
  }

  private void tell(String finding) {
    if (examples.size() < EXAMPLES_MAX) {
      examples.add(finding);
    }
  }
}
