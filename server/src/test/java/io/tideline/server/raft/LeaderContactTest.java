package io.tideline.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class LeaderContactTest {

  private static final long SILENCE = 1_000;

  private long now = 50_000;
  private long term = 1;
  private long termOfCommitted = 1;
  private final LeaderContact contact = new LeaderContact(() -> now, SILENCE);

  /** The first message after a silence, and the time after which messages count. */
  @BeforeEach
  void hearTheFirstMessage() {
    hear(1, 1);
    assertThat(contact.behindMillis(1)).isEqualTo(Long.MAX_VALUE);
    now += LeaderContact.SETTLE_MILLIS;
  }

  @Test
  void whoHasAppliedWhatIsCommittedIsAsOldAsTheMessageThatSaidSo() {
    hear(7, 7);
    assertThat(contact.behindMillis(7)).isZero();
    now += 300;
    assertThat(contact.behindMillis(7)).isEqualTo(300);
  }

  @Test
  void whatIsNotAppliedYetCountsFromItsMessageOnceItIs() {
    hear(7, 6);
    assertThat(contact.behindMillis(6)).isEqualTo(Long.MAX_VALUE);
    now += 50;
    hear(9, 6);
    now += 10;
    assertThat(contact.behindMillis(7)).isEqualTo(60);
    hear(9, 7);
    now += 5;
    assertThat(contact.behindMillis(9)).isEqualTo(5);
  }

  @Test
  void oneThatNeverCatchesUpGrowsOld() {
    hear(5, 5);
    for (int i = 0; i < 100; i++) {
      now += 100;
      hear(1_000 + i, 6 + i);
    }
    assertThat(contact.behindMillis(105)).isEqualTo(10_000);
  }

  @Test
  void whatWasHeldBackDuringAPauseIsNoNews() {
    hear(5, 5);
    now += 60_000;
    for (int i = 0; i < 10; i++) {
      hear(5, 5);
      now += 1;
    }
    assertThat(contact.behindMillis(5)).isEqualTo(60_010);
    now += 500;
    hear(8, 8);
    assertThat(contact.behindMillis(8)).isZero();
  }

  @Test
  void aLeaderIsRecentForAnElectionTimeout() {
    now += SILENCE - LeaderContact.SETTLE_MILLIS;
    assertThat(contact.isRecent()).isTrue();
    now += 1;
    assertThat(contact.isRecent()).isFalse();
    assertThat(new LeaderContact(() -> now, SILENCE).isRecent()).isFalse();
  }

  @Test
  void aLeaderThatHasCommittedNothingOfItsTermIsNotTakenAtItsWord() {
    hear(5, 5);
    now += 300;
    // The entry at 5 is of term 1: its successor may know less than was acknowledged.
    term = 2;
    hear(5, 5);
    assertThat(contact.behindMillis(5)).isEqualTo(300);
    termOfCommitted = 2;
    now += 100;
    hear(6, 6);
    assertThat(contact.behindMillis(6)).isZero();
    // Known once, for the whole term.
    termOfCommitted = 0;
    now += 100;
    hear(7, 7);
    assertThat(contact.behindMillis(7)).isZero();
  }

  @Test
  void aMessageIsAsOldAsItsArrivalNotItsHandling() {
    long arrived = contact.arrived();
    assertThat(contact.isRecent()).isTrue();
    now += 400;
    contact.heard(arrived, 1, 3, 3, index -> 1);
    assertThat(contact.behindMillis(3)).isEqualTo(400);
  }

  private void hear(long committedIndex, long appliedIndex) {
    contact.heard(contact.arrived(), term, committedIndex, appliedIndex, index -> termOfCommitted);
  }
}
