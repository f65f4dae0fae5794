package io.tideline.server.command;

import static io.tideline.server.command.MachineFixture.DAY;
import static io.tideline.server.command.MachineFixture.append;
import static io.tideline.server.command.MachineFixture.bytes;
import static io.tideline.server.command.MachineFixture.options;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.manager.SequenceMode;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class TimelineStateMachineTest {

  private MachineFixture fixture;

  @BeforeEach
  void open() throws IOException {
    fixture = new MachineFixture();
  }

  @AfterEach
  void close() throws IOException {
    fixture.close();
  }

  @Test
  void denseIdsCountUpInsideOneEntryAndPerTimeline() throws Exception {
    fixture.apply(1, options(SequenceMode.DENSE, 0, DAY));
    List<CommandResult> results =
        fixture.apply(
            5,
            append("a", "", "1"),
            append("b", "", "1"),
            append("a", "", "2"),
            append("a", "", "3"));
    assertThat(results)
        .extracting(r -> ((AppendResult.Appended) r).sequenceId())
        .containsExactly(1L, 1L, 2L, 3L);
    assertThat(appended(fixture.applyOne(6, append("a", "", "4"))).sequenceId()).isEqualTo(4);
  }

  @Test
  void monotonicIdsRiseAcrossEntriesWithGaps() throws Exception {
    fixture.apply(1, options(SequenceMode.MONOTONIC, 0, DAY));
    long last = 0;
    for (int i = 0; i < 20; i++) {
      for (CommandResult result : fixture.apply(i, append("a", "", "x"), append("a", "", "y"))) {
        assertThat(appended(result).sequenceId()).isGreaterThan(last);
        assertThat(appended(result).previousSequenceId()).isEqualTo(last);
        last = appended(result).sequenceId();
      }
    }
  }

  @Test
  void timeNeverFallsWhateverTheLeadersClockSays() throws Exception {
    fixture.apply(1_000, options(SequenceMode.DENSE, 0, DAY));
    assertThat(appended(fixture.applyOne(5_000, append("a", "", "x"))).appendTimeMillis())
        .isEqualTo(5_000);
    assertThat(appended(fixture.applyOne(2_000, append("a", "", "y"))).appendTimeMillis())
        .isEqualTo(5_000);
  }

  @Test
  void aRepeatedKeyAnswersTheFirstResultAndWritesNothing() throws Exception {
    fixture.apply(1, options(SequenceMode.DENSE, 0, DAY));
    AppendResult.Appended first = appended(fixture.applyOne(10, append("a", "k", "x")));
    fixture.apply(20, append("a", "", "between"));
    AppendResult.Appended again = appended(fixture.applyOne(30, append("a", "k", "x")));
    assertThat(again)
        .isEqualTo(
            new AppendResult.Appended(
                first.sequenceId(),
                first.previousSequenceId(),
                10,
                true,
                again.dedupSinceMillis()));
    assertThat(appended(fixture.applyOne(40, append("a", "", "next"))).sequenceId()).isEqualTo(3);
  }

  @Test
  void aRepeatedKeyInOneEntryIsRecognised() throws Exception {
    fixture.apply(1, options(SequenceMode.DENSE, 0, DAY));
    List<CommandResult> results =
        fixture.apply(10, append("a", "k", "x"), append("a", "k", "x"), append("a", "k", "y"));
    assertThat(appended(results.get(0)).duplicate()).isFalse();
    assertThat(appended(results.get(1)).duplicate()).isTrue();
    assertThat(results.get(2)).isEqualTo(new AppendResult.MessageKeyReused(1, 10));
  }

  @Test
  void keysOfDifferentTimelinesDoNotMeet() throws Exception {
    fixture.apply(1, options(SequenceMode.DENSE, 0, DAY));
    // "ab" + "c" and "a" + "bc" are the same bytes one after the other.
    assertThat(appended(fixture.applyOne(2, append("ab", "c", "x"))).duplicate()).isFalse();
    assertThat(appended(fixture.applyOne(3, append("a", "bc", "x"))).duplicate()).isFalse();
  }

  @Test
  void aKeyIsForgottenWhenItsWindowHasPassedAndNotBefore() throws Exception {
    fixture.apply(0, options(SequenceMode.DENSE, 0, 1_000));
    fixture.apply(10_000, append("a", "k", "x"));
    assertThat(appended(fixture.applyOne(11_000, append("a", "k", "x"))).duplicate()).isTrue();
    assertThat(appended(fixture.applyOne(11_001, append("a", "k", "x"))).duplicate()).isFalse();
  }

  @Test
  void aFirstAttemptBeforeTheWindowIsRefusedUnlessTheKeyIsStillKnown() throws Exception {
    fixture.apply(0, options(SequenceMode.DENSE, 0, 1_000));
    fixture.apply(10_000, append("a", "known", "x"));
    assertThat(fixture.applyOne(10_500, attempt("a", "unknown", 9_400)))
        .isEqualTo(new AppendResult.DedupWindowExpired(9_400, 9_500));
    assertThat(fixture.applyOne(10_500, attempt("a", "unknown", 9_500)))
        .isInstanceOf(AppendResult.Appended.class);
    assertThat(appended(fixture.applyOne(10_500, attempt("a", "known", 9_000))).duplicate())
        .isTrue();
  }

  @Test
  void aWindowThatGrewDoesNotPromiseKeysThatWereForgottenUnderTheSmallerOne() throws Exception {
    fixture.apply(0, options(SequenceMode.DENSE, 0, 1_000));
    fixture.apply(10_000, append("a", "early", "x"));
    fixture.apply(10_500, options(SequenceMode.DENSE, 0, DAY));
    // At 11,200 "early" is forgotten although the window is a day now.
    assertThat(fixture.applyOne(11_200, attempt("a", "early", 10_000)))
        .isEqualTo(new AppendResult.DedupWindowExpired(10_000, 10_200));
    // Once the small window has aged out, everything since the change is promised.
    fixture.apply(20_000, append("a", "late", "x"));
    assertThat(fixture.applyOne(20_000, attempt("a", "other", 10_400)))
        .isEqualTo(new AppendResult.DedupWindowExpired(10_400, 10_501));
  }

  @Test
  void anExpectedLastIdThatDoesNotHoldWritesNothing() throws Exception {
    fixture.apply(1, options(SequenceMode.DENSE, 0, DAY));
    assertThat(fixture.applyOne(2, expecting("a", 0))).isInstanceOf(AppendResult.Appended.class);
    assertThat(fixture.applyOne(3, expecting("a", 0)))
        .isEqualTo(new AppendResult.ConditionFailed(0, 1));
    assertThat(appended(fixture.applyOne(4, expecting("a", 1))).sequenceId()).isEqualTo(2);
  }

  @Test
  void putsAreForManualStoresOnlyAndOverwriteOnRequest() throws Exception {
    fixture.apply(1, options(SequenceMode.MANUAL, 0, DAY));
    assertThat(fixture.applyOne(2, append("a", "", "x"))).isEqualTo(new AppendResult.IdRequired());
    assertThat(fixture.applyOne(3, put(-7, false))).isEqualTo(new PutResult.Done(-7, false, 3));
    assertThat(fixture.applyOne(4, put(50, false))).isEqualTo(new PutResult.Done(50, false, 4));
    assertThat(fixture.applyOne(5, put(20, false))).isEqualTo(new PutResult.Done(50, false, 5));
    assertThat(fixture.applyOne(6, put(20, false))).isEqualTo(new PutResult.SequenceIdExists(20));
    assertThat(fixture.applyOne(7, put(20, true))).isEqualTo(new PutResult.Done(50, true, 7));
    assertThat(fixture.apply(8, put(21, false), put(21, false)).get(1))
        .isEqualTo(new PutResult.SequenceIdExists(21));
  }

  @Test
  void putsIntoStoresThatGiveIdsAreRefused() throws Exception {
    fixture.apply(1, options(SequenceMode.DENSE, 0, DAY));
    assertThat(fixture.applyOne(2, put(1, false))).isEqualTo(new PutResult.NotManual());
  }

  @Test
  void trimsTellWhatIsRetainedAndRefuseWhatIsNotThere() throws Exception {
    fixture.apply(1, options(SequenceMode.DENSE, 0, DAY));
    assertThat(fixture.applyOne(2, trim(1))).isEqualTo(new TrimResult.TimelineNotFound());
    fixture.apply(3, append("a", "", "1"), append("a", "", "2"), append("a", "", "3"));
    assertThat(fixture.applyOne(4, trim(2))).isEqualTo(new TrimResult.Done(3));
    assertThat(fixture.applyOne(5, trim(1))).isEqualTo(new TrimResult.Done(3));
    assertThat(fixture.applyOne(6, trim(4))).isEqualTo(new TrimResult.BeyondLast(4, 3));
    assertThat(fixture.applyOne(7, trim(3))).isEqualTo(new TrimResult.Done(4));
    assertThat(appended(fixture.applyOne(8, append("a", "", "4"))).sequenceId()).isEqualTo(4);
  }

  @Test
  void aPutBelowTheTrimMarkIsRefusedInsteadOfVanishing() throws Exception {
    fixture.apply(1, options(SequenceMode.MANUAL, 0, DAY));
    fixture.apply(2, put(10, false));
    fixture.apply(3, trim(10));
    assertThat(fixture.applyOne(4, put(9, true))).isEqualTo(new PutResult.Trimmed(9, 10));
  }

  @Test
  void expiryFollowsTheReplicatedTimeAndKeepsTheNumbering() throws Exception {
    fixture.apply(0, options(SequenceMode.DENSE, 1_000, DAY));
    fixture.apply(10_000, append("a", "", "1"));
    fixture.apply(10_600, append("a", "", "2"));
    fixture.apply(11_300, new Command.AdvanceTime());
    assertThat(StateDigest.of(fixture.engine)).anyMatch(line -> line.startsWith("row a 2"));
    assertThat(StateDigest.of(fixture.engine)).noneMatch(line -> line.startsWith("row a 1"));
    fixture.apply(50_000, new Command.AdvanceTime());
    assertThat(StateDigest.of(fixture.engine)).noneMatch(line -> line.startsWith("row"));
    assertThat(appended(fixture.applyOne(50_001, append("a", "", "3"))).sequenceId()).isEqualTo(3);
  }

  @Test
  void metaRevisionsCountWhileItExistsAndVersionsNeverComeBack() throws Exception {
    fixture.apply(1, options(SequenceMode.DENSE, 0, DAY));
    PutMetaResult.Done first = (PutMetaResult.Done) fixture.applyOne(2, meta(-1));
    PutMetaResult.Done second = (PutMetaResult.Done) fixture.applyOne(3, meta(first.version()));
    assertThat(second.revision()).isEqualTo(2);
    assertThat(fixture.applyOne(4, meta(first.version())))
        .isEqualTo(new PutMetaResult.Conflict(second.version(), 2));
    assertThat(fixture.applyOne(5, new Command.DeleteMeta(bytes("a"))))
        .isEqualTo(new DeleteMetaResult(true));
    List<CommandResult> again =
        fixture.apply(6, meta(Command.PutMeta.ABSENT), meta(Command.PutMeta.ABSENT));
    assertThat(((PutMetaResult.Done) again.get(0)).revision()).isEqualTo(1);
    assertThat(((PutMetaResult.Done) again.get(0)).version()).isGreaterThan(second.version());
    assertThat(again.get(1)).isInstanceOf(PutMetaResult.Conflict.class);
  }

  @Test
  void aFailedEntryChangesNothing() throws Exception {
    fixture.apply(1, options(SequenceMode.DENSE, 0, DAY));
    List<String> before = StateDigest.of(fixture.engine);
    assertThatThrownBy(
            () -> fixture.apply(2, append("a", "", "x"), options(SequenceMode.MANUAL, 0, DAY)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("sequence mode cannot change");
    assertThat(StateDigest.of(fixture.engine)).isEqualTo(before);
    assertThat(fixture.machine.options().orElseThrow().sequenceMode())
        .isEqualTo(SequenceMode.DENSE);
  }

  private static Command attempt(String timeline, String key, long firstAttemptMillis) {
    return new Command.Append(
        bytes(timeline), bytes(key), OptionalLong.empty(), firstAttemptMillis, 1, bytes("x"));
  }

  private static Command expecting(String timeline, long last) {
    return new Command.Append(
        bytes(timeline), new byte[0], OptionalLong.of(last), 0, 1, bytes("x"));
  }

  private static Command put(long sequenceId, boolean overwrite) {
    return new Command.Put(bytes("a"), sequenceId, overwrite, 1, bytes("x"));
  }

  private static Command trim(long through) {
    return new Command.Trim(bytes("a"), through);
  }

  private static Command meta(long expectedVersion) {
    return new Command.PutMeta(bytes("a"), expectedVersion, bytes("m"));
  }

  private static AppendResult.Appended appended(CommandResult result) {
    assertThat(result).isInstanceOf(AppendResult.Appended.class);
    return (AppendResult.Appended) result;
  }
}
