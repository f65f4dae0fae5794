package io.tideline.tools.torture;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.tools.torture.History.Append;
import io.tideline.tools.torture.History.Content;
import io.tideline.tools.torture.History.Outcome;
import io.tideline.tools.torture.History.Page;
import io.tideline.tools.torture.History.Seen;
import io.tideline.tools.torture.History.SessionRead;
import io.tideline.tools.torture.History.SessionWrote;
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

  private static final int LIMIT = 10;

  private final History history = new History(2);

  @Test
  void aSoundHistoryIsGood() {
    acknowledged(0, A1, 1);
    acknowledged(0, B1, 2);
    acknowledged(1, A2, 1);
    history.page(page(0, 1, 2, 2, false, new Seen(1, A1), new Seen(2, B1)));
    history.page(page(0, 2, 0, 2, false, new Seen(2, B1)));
    history.page(page(0, 3, 2, 2, false));
    history.page(new Page(0, 1, 2, 2, 0, 1, 2, LIMIT, false, List.of(new Seen(1, A1))));
    history.page(page(1, 1, 1, 1, false, new Seen(1, A2)));
    history.session(new SessionRead(0, 0, 1));
    history.session(new SessionRead(1, 0, 2));
    history.session(new SessionWrote(0, 0, 2));
    history.session(new SessionRead(0, 0, 2));
    history.session(new SessionRead(0, 1, 0));
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
    history.page(page(0, 1, 1, 1, false, new Seen(1, B1)));
    assertThat(counts(List.of(A1))).isEqualTo(onlyOrder(1));
  }

  @Test
  void anEntryThatVanishedAfterItWasReadIsCounted() {
    history.append(new Append(0, A1, Outcome.UNKNOWN, 0), 1);
    history.page(page(0, 1, 0, 1, false, new Seen(1, A1)));
    assertThat(counts(List.of())).isEqualTo(onlyOrder(1));
  }

  @Test
  void aPageWithAHoleIsCounted() {
    acknowledged(0, A1, 1);
    acknowledged(0, B1, 2);
    acknowledged(0, A2, 3);
    history.page(page(0, 1, 3, 3, false, new Seen(1, A1), new Seen(3, A2)));
    assertThat(counts(List.of(A1, B1, A2))).isEqualTo(onlyOrder(1));
  }

  @Test
  void aPageThatBeginsLaterThanItWasAskedToIsCounted() {
    acknowledged(0, A1, 1);
    acknowledged(0, B1, 2);
    history.page(page(0, 1, 2, 2, false, new Seen(2, B1)));
    assertThat(counts(List.of(A1, B1))).isEqualTo(onlyOrder(1));
  }

  @Test
  void aReadThatSaysLessThanWasAcknowledgedBeforeItBeganIsStale() {
    acknowledged(0, A1, 1);
    acknowledged(0, B1, 2);
    history.page(page(0, 3, 2, 1, false));
    assertThat(counts(List.of(A1, B1))).isEqualTo(onlyStale(1));
  }

  @Test
  void aPageThatEndsEarlyAndSaysItIsCompleteIsStale() {
    acknowledged(0, A1, 1);
    acknowledged(0, B1, 2);
    history.page(page(0, 1, 2, 2, false, new Seen(1, A1)));
    assertThat(counts(List.of(A1, B1))).isEqualTo(onlyStale(1));
  }

  @Test
  void aSessionsPageThatEndsBeforeTheLastIdItNamesIsStale() {
    acknowledged(0, A1, 1);
    acknowledged(0, B1, 2);
    history.page(page(0, 1, 0, 2, false, new Seen(1, A1)));
    assertThat(counts(List.of(A1, B1))).isEqualTo(onlyStale(1));
  }

  @Test
  void aPageMayEndEarlyIfItSaysSoOrIsFull() {
    acknowledged(0, A1, 1);
    acknowledged(0, B1, 2);
    history.page(page(0, 1, 2, 2, true, new Seen(1, A1)));
    history.page(new Page(0, 1, Long.MAX_VALUE, 2, 0, 1, 2, 1, false, List.of(new Seen(1, A1))));
    assertThat(check(List.of(A1, B1), List.of()).isGood()).isTrue();
  }

  @Test
  void aSessionThatDoesNotSeeWhatItWroteIsCounted() {
    acknowledged(0, A1, 1);
    acknowledged(0, A2, 2);
    history.session(new SessionWrote(0, 0, 2));
    history.session(new SessionRead(1, 0, 0));
    history.session(new SessionRead(0, 0, 1));
    assertThat(counts(List.of(A1, A2))).isEqualTo(verdict(0, 0, 1, 0));
  }

  @Test
  void aSessionThatGoesBackIsCounted() {
    acknowledged(0, A1, 1);
    acknowledged(0, B1, 2);
    history.session(new SessionRead(0, 0, 2));
    history.session(new SessionRead(1, 0, 1));
    history.session(new SessionRead(0, 0, 1));
    assertThat(counts(List.of(A1, B1))).isEqualTo(verdict(0, 0, 0, 1));
  }

  @Test
  void whatWasTrimmedMayBeGoneFromTheTimelineAndFromPages() {
    acknowledged(0, A1, 1);
    acknowledged(0, B1, 2);
    acknowledged(0, A2, 3);
    history.trimming(0, 2);
    history.page(page(0, 1, 3, 3, false, new Seen(1, A1), new Seen(2, B1), new Seen(3, A2)));
    history.trimmed(0, 2);
    history.page(trimmedPage(2, 3, new Seen(3, A2)));
    assertThat(checkFrom(3, A2).isGood()).isTrue();
  }

  @Test
  void aTrimThatWasNotAcknowledgedMayHaveHappenedOrNot() {
    acknowledged(0, A1, 1);
    acknowledged(0, B1, 2);
    history.trimming(0, 1);
    assertThat(checkFrom(1, A1, B1).isGood()).isTrue();
    assertThat(checkFrom(2, B1).isGood()).isTrue();
  }

  @Test
  void aReadThatShowsWhatWasTrimmedBeforeItBeganIsCounted() {
    acknowledged(0, A1, 1);
    acknowledged(0, B1, 2);
    history.trimming(0, 1);
    history.trimmed(0, 1);
    history.page(trimmedPage(1, 1, new Seen(1, A1), new Seen(2, B1)));
    Verdict verdict = checkFrom(2, B1);
    assertThat(verdict.trimmedSeen()).isEqualTo(1);
    assertThat(verdict.examples()).hasSize(1);
  }

  @Test
  void aTrimThatIsUndoneIsCounted() {
    acknowledged(0, A1, 1);
    history.trimming(0, 1);
    history.trimmed(0, 1);
    assertThat(checkFrom(1, A1).trimmedSeen()).isEqualTo(1);
  }

  @Test
  void whatIsGoneThoughNobodyTrimmedItIsLost() {
    acknowledged(0, A1, 1);
    acknowledged(0, B1, 2);
    // The beginning, and the acknowledged entry that was there.
    assertThat(checkFrom(2, B1).lost()).isEqualTo(2);
    history.trimming(0, 1);
    assertThat(checkFrom(3).lost()).isEqualTo(2);
  }

  @Test
  void aReadThatSaysMoreIsGoneThanAnybodyTrimmedIsCounted() {
    acknowledged(0, A1, 1);
    acknowledged(0, B1, 2);
    history.page(trimmedPage(0, 2, new Seen(2, B1)));
    assertThat(check(List.of(A1, B1), List.of()).lost()).isEqualTo(1);
  }

  @Test
  void anEntryThatComesBackAtAnotherIdAfterItWasTrimmedIsADuplicate() {
    acknowledged(0, A1, 1);
    history.trimming(0, 1);
    assertThat(checkFrom(2, A1).duplicates()).isEqualTo(1);
  }

  @Test
  void twoReadersWhoWereGivenDifferentEntriesOfOneIdAreCountedThoughItIsGone() {
    acknowledged(0, A1, 1);
    history.append(new Append(0, B1, Outcome.UNKNOWN, 0), 1);
    history.page(page(0, 1, 1, 1, false, new Seen(1, A1)));
    history.page(page(0, 1, 1, 1, false, new Seen(1, B1)));
    history.trimming(0, 1);
    assertThat(checkFrom(2).orderViolations()).isEqualTo(1);
  }

  @Test
  void everyCountThatIsNotZeroIsBad() {
    assertThat(verdict(0, 0, 0, 0).isGood()).isTrue();
    assertThat(verdict(1, 0, 0, 0).isGood()).isFalse();
    assertThat(verdict(0, 1, 0, 0).isGood()).isFalse();
    assertThat(verdict(0, 0, 1, 0).isGood()).isFalse();
    assertThat(verdict(0, 0, 0, 1).isGood()).isFalse();
    assertThat(new Verdict(1, 0, 0, 0, 0, 0, 0, List.of()).isGood()).isFalse();
    assertThat(new Verdict(0, 1, 0, 0, 0, 0, 0, List.of()).isGood()).isFalse();
    assertThat(new Verdict(0, 0, 0, 0, 0, 0, 1, List.of()).isGood()).isFalse();
  }

  private static Verdict onlyOrder(long count) {
    return verdict(count, 0, 0, 0);
  }

  private static Verdict onlyStale(long count) {
    return verdict(0, count, 0, 0);
  }

  /** Nothing lost, nothing twice; the words are for people. */
  private static Verdict verdict(long order, long stale, long unreadOwn, long backward) {
    return new Verdict(0, 0, order, stale, unreadOwn, backward, 0, List.of());
  }

  private static Page page(
      int timeline, long from, long due, long last, boolean more, Seen... entries) {
    return new Page(timeline, from, Long.MAX_VALUE, due, 0, 1, last, LIMIT, more, List.of(entries));
  }

  /** From id 1 of the first timeline, to its end. */
  private static Page trimmedPage(long trimmed, long firstRetained, Seen... entries) {
    long last = entries[entries.length - 1].sequenceId();
    return new Page(
        0, 1, Long.MAX_VALUE, last, trimmed, firstRetained, last, LIMIT, false, List.of(entries));
  }

  /** The first timeline begins at this id. */
  private Verdict checkFrom(long firstRetained, Value... values) {
    return HistoryChecker.check(
        history, List.of(new Content(firstRetained, List.of(values)), new Content(1, List.of())));
  }

  private void acknowledged(int timeline, Value value, long sequenceId) {
    history.append(new Append(timeline, value, Outcome.ACKNOWLEDGED, sequenceId), 1);
  }

  private Verdict check(List<Value> first, List<Value> second) {
    return HistoryChecker.check(history, List.of(new Content(1, first), new Content(1, second)));
  }

  /** What {@link #check} counts of a first timeline; it must tell of each finding in words too. */
  private Verdict counts(List<Value> first) {
    Verdict found = check(first, List.of());
    assertThat(found.examples()).isNotEmpty();
    return new Verdict(
        found.lost(),
        found.duplicates(),
        found.orderViolations(),
        found.staleReads(),
        found.unreadOwnWrites(),
        found.backwardReads(),
        found.trimmedSeen(),
        List.of());
  }
}
