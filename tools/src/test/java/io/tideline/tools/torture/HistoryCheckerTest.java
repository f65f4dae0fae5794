package io.tideline.tools.torture;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.tools.torture.History.Append;
import io.tideline.tools.torture.History.BadRead;
import io.tideline.tools.torture.History.Outcome;
import io.tideline.tools.torture.History.Seen;
import io.tideline.tools.torture.History.Value;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Each promise broken once, in histories made by hand: a checker that cannot fail proves nothing.
 */
class HistoryCheckerTest {

  private static final Value A1 = new Value(0, 1);
  private static final Value A2 = new Value(0, 2);
  private static final Value B1 = new Value(1, 1);

  private final History history = new History(2);

  @Test
  void aSoundHistoryIsGood() {
    acknowledged(0, A1, 1);
    acknowledged(0, B1, 2);
    acknowledged(1, A2, 1);
    history.seen(List.of(new Seen(0, 1, A1), new Seen(1, 1, A2)));
    Verdict verdict = check(List.of(A1, B1), List.of(A2));
    assertThat(verdict.isGood()).isTrue();
    assertThat(verdict.examples()).isEmpty();
  }

  @Test
  void anUnknownAppendMayBeThereOrNot() {
    history.append(new Append(0, A1, Outcome.UNKNOWN, 0), 1);
    assertThat(check(List.of(A1), List.of()).isGood()).isTrue();
    assertThat(check(List.of(), List.of()).isGood()).isTrue();
  }

  @Test
  void anAcknowledgedAppendThatIsNotThereIsLost() {
    acknowledged(0, A1, 1);
    assertThat(check(List.of(), List.of()).lost()).isEqualTo(1);
  }

  @Test
  void anAcknowledgedAppendAtAnotherIdIsLost() {
    acknowledged(0, A1, 1);
    acknowledged(0, B1, 2);
    assertThat(check(List.of(B1, A1), List.of()).lost()).isEqualTo(2);
  }

  @Test
  void anAppendThatIsThereTwiceIsADuplicate() {
    acknowledged(0, A1, 1);
    assertThat(check(List.of(A1, A1), List.of()).duplicates()).isEqualTo(1);
  }

  @Test
  void anEntryNobodyWroteIsCounted() {
    assertThat(check(List.of(B1), List.of()).duplicates()).isEqualTo(1);
  }

  @Test
  void aRefusedAppendThatHappenedIsCounted() {
    history.append(new Append(0, A1, Outcome.REFUSED, 0), 1);
    assertThat(check(List.of(A1), List.of()).duplicates()).isEqualTo(1);
  }

  @Test
  void anAppendInAnotherTimelineIsCounted() {
    history.append(new Append(0, A1, Outcome.UNKNOWN, 0), 1);
    assertThat(check(List.of(), List.of(A1)).duplicates()).isEqualTo(1);
  }

  @Test
  void aWritersAppendsOutOfItsOrderAreCounted() {
    acknowledged(0, A1, 2);
    acknowledged(0, A2, 1);
    assertThat(check(List.of(A2, A1), List.of()).orderViolations()).isEqualTo(1);
  }

  @Test
  void anEntryThatChangedAfterItWasReadIsCounted() {
    acknowledged(0, A1, 1);
    history.seen(List.of(new Seen(0, 1, B1)));
    assertThat(check(List.of(A1), List.of()).orderViolations()).isEqualTo(1);
  }

  @Test
  void anEntryThatVanishedAfterItWasReadIsCounted() {
    history.append(new Append(0, A1, Outcome.UNKNOWN, 0), 1);
    history.seen(List.of(new Seen(0, 1, A1)));
    assertThat(check(List.of(), List.of()).orderViolations()).isEqualTo(1);
  }

  @Test
  void readsThatWereBadByThemselvesAreCounted() {
    history.badRead(new BadRead(true, "stale"));
    history.badRead(new BadRead(false, "a hole"));
    Verdict verdict = check(List.of(), List.of());
    assertThat(verdict.staleReads()).isEqualTo(1);
    assertThat(verdict.orderViolations()).isEqualTo(1);
    assertThat(verdict.examples()).containsExactly("stale", "a hole");
  }

  private void acknowledged(int timeline, Value value, long sequenceId) {
    history.append(new Append(timeline, value, Outcome.ACKNOWLEDGED, sequenceId), 1);
  }

  private Verdict check(List<Value> first, List<Value> second) {
    return HistoryChecker.check(history, List.of(first, second));
  }
}
