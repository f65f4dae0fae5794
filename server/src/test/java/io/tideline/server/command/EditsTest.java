package io.tideline.server.command;

import static io.tideline.server.command.MachineFixture.DAY;
import static io.tideline.server.command.MachineFixture.append;
import static io.tideline.server.command.MachineFixture.bytes;
import static io.tideline.server.command.MachineFixture.options;
import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.Direction;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RowCursor;
import io.tideline.lsm.testing.Seeds;
import io.tideline.manager.SequenceMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Replacing and deleting entries, and deleting timelines. */
final class EditsTest {

  private static final int KIND = 1;
  private static final Command.Announcement NOTICE = new Command.Announcement(2, bytes("notice"));

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
  void aReplacementKeepsIdAndTimeAndIsAnnouncedInTheSameStep() throws Exception {
    fixture.apply(1, options(SequenceMode.DENSE, 0, DAY));
    fixture.apply(10, append("a", "", "one"), append("a", "", "two"));
    assertThat(fixture.applyOne(20, replace("a", 1, "one", "edited", NOTICE)))
        .isEqualTo(new EditResult.Done(3));
    assertThat(rows("a")).containsExactly("1@10 edited", "2@10 two", "3@20 notice");
    assertThat(fixture.applyOne(30, replace("a", 1, "one", "lost", null)))
        .as("what it expects was replaced meanwhile")
        .isEqualTo(new EditResult.Conflict());
    assertThat(fixture.applyOne(30, replace("a", 4, "one", "x", null)))
        .isEqualTo(new EditResult.Missing());
    assertThat(rows("a")).containsExactly("1@10 edited", "2@10 two", "3@20 notice");
  }

  @Test
  void commandsOfOneEntrySeeEachOthersEdits() throws Exception {
    fixture.apply(1, options(SequenceMode.DENSE, 0, DAY));
    List<CommandResult> results =
        fixture.apply(
            10,
            append("a", "", "one"),
            replace("a", 1, "one", "two", null),
            replace("a", 1, "two", "three", null),
            append("a", "", "other"),
            delete("a", 2, null),
            replace("a", 2, "other", "x", null),
            new Command.DeleteTimeline(bytes("a")),
            replace("a", 1, "three", "x", null),
            append("a", "", "after"));
    assertThat(results)
        .containsExactly(
            new AppendResult.Appended(1, 0, 10, false, 0),
            new EditResult.Done(0),
            new EditResult.Done(0),
            new AppendResult.Appended(2, 1, 10, false, 0),
            new EditResult.Done(0),
            new EditResult.Missing(),
            new DeleteTimelineResult.Done(2),
            new EditResult.Missing(),
            new AppendResult.Appended(3, 2, 10, false, 0));
    assertThat(rows("a")).containsExactly("3@10 after");
  }

  @Test
  void whatIsAnnouncedOnceIsNotAnnouncedAgainWithinTheWindow() throws Exception {
    fixture.apply(1, options(SequenceMode.DENSE, 0, 1_000));
    fixture.apply(10, append("a", "", "secret"));
    Command again =
        new Command.ReplaceEntry(
            bytes("a"), 1, fingerprint("recalled"), KIND, bytes("recalled"), NOTICE, true);
    Command first =
        new Command.ReplaceEntry(
            bytes("a"), 1, fingerprint("secret"), KIND, bytes("recalled"), NOTICE, true);
    assertThat(fixture.applyOne(20, first)).isEqualTo(new EditResult.Done(2));
    assertThat(fixture.applyOne(30, again)).isEqualTo(new EditResult.Done(2));
    assertThat(fixture.applyOne(1_020, again)).isEqualTo(new EditResult.Done(2));
    assertThat(fixture.applyOne(1_021, again))
        .as("forgotten after the window")
        .isEqualTo(new EditResult.Done(3));
  }

  @Test
  void aRepeatedDeleteAnswersAsTheFirstAndItsNumberIsNotGivenAgain() throws Exception {
    fixture.apply(1, options(SequenceMode.DENSE, 0, 1_000));
    fixture.apply(10, append("a", "", "one"), append("a", "", "two"));
    assertThat(fixture.applyOne(20, delete("a", 2, null))).isEqualTo(new EditResult.Done(0));
    assertThat(fixture.applyOne(21, delete("a", 2, null))).isEqualTo(new EditResult.Done(0));
    assertThat(fixture.applyOne(22, delete("a", 1, NOTICE))).isEqualTo(new EditResult.Done(3));
    assertThat(fixture.applyOne(23, delete("a", 1, NOTICE))).isEqualTo(new EditResult.Done(3));
    assertThat(fixture.applyOne(1_500, delete("a", 1, NOTICE))).isEqualTo(new EditResult.Missing());
    assertThat(fixture.applyOne(1_501, append("a", "", "next")))
        .isEqualTo(new AppendResult.Appended(4, 3, 1_501, false, 0));
    assertThat(rows("a")).containsExactly("3@22 notice", "4@1501 next");
  }

  @Test
  void expiredAndTrimmedEntriesAreNotEdited() throws Exception {
    fixture.apply(1, options(SequenceMode.DENSE, 100, DAY));
    fixture.apply(10, append("a", "", "old"), append("a", "", "older"));
    fixture.apply(60, append("a", "", "new"));
    assertThat(fixture.applyOne(60, new Command.Trim(bytes("a"), 1)))
        .isInstanceOf(TrimResult.Done.class);
    assertThat(fixture.applyOne(70, replace("a", 1, "old", "x", null)))
        .isEqualTo(new EditResult.Missing());
    assertThat(fixture.applyOne(111, replace("a", 2, "older", "x", null)))
        .isEqualTo(new EditResult.Missing());
    assertThat(fixture.applyOne(111, delete("a", 2, null))).isEqualTo(new EditResult.Missing());
    // An edit does not put off the expiry of what it edits.
    assertThat(fixture.applyOne(150, replace("a", 3, "new", "newer", null)))
        .isEqualTo(new EditResult.Done(0));
    fixture.applyOne(161, new Command.AdvanceTime());
    assertThat(rows("a")).isEmpty();
  }

  @Test
  void aManualStoreHasNoIdForAnAnnouncement() throws Exception {
    fixture.apply(1, options(SequenceMode.MANUAL, 0, DAY));
    fixture.applyOne(10, new Command.Put(bytes("a"), -7, false, KIND, bytes("v")));
    assertThat(fixture.applyOne(11, replace("a", -7, "v", "w", NOTICE)))
        .isEqualTo(new EditResult.NoIdForAnnouncement());
    assertThat(fixture.applyOne(12, replace("a", -7, "v", "w", null)))
        .isEqualTo(new EditResult.Done(0));
    assertThat(fixture.applyOne(13, delete("a", -7, null))).isEqualTo(new EditResult.Done(0));
    fixture.applyOne(14, new Command.Put(bytes("a"), -7, false, KIND, bytes("anew")));
    assertThat(rows("a")).containsExactly("-7@14 anew");
  }

  @Test
  void aDeletedTimelineHasNeitherEntriesNorMetaAndGoesOnCounting() throws Exception {
    fixture.apply(1, options(SequenceMode.DENSE, 0, DAY));
    fixture.apply(10, append("a", "k", "one"), append("a", "", "two"));
    fixture.applyOne(11, new Command.PutMeta(bytes("a"), Command.PutMeta.ANY_VERSION, bytes("m")));
    fixture.applyOne(11, new Command.PutMeta(bytes("m"), Command.PutMeta.ANY_VERSION, bytes("m")));
    Command gone = new Command.DeleteTimeline(bytes("a"));
    assertThat(fixture.applyOne(12, gone)).isEqualTo(new DeleteTimelineResult.Done(2));
    assertThat(fixture.applyOne(12, new Command.DeleteTimeline(bytes("m"))))
        .as("one that has nothing but meta")
        .isEqualTo(new DeleteTimelineResult.Done(0));
    assertThat(fixture.applyOne(12, new Command.DeleteTimeline(bytes("m"))))
        .isEqualTo(new DeleteTimelineResult.TimelineNotFound());
    fixture.engine.flush().get();
    fixture.reopen();
    try (ReadView view = fixture.engine.view()) {
      assertThat(view.record(RecordTables.META, bytes("a"))).isEmpty();
      assertThat(view.head(bytes("a")).orElseThrow().epoch()).isEqualTo(1);
      assertThat(view.firstRetainedSequenceId(bytes("a"))).hasValue(3L);
    }
    assertThat(rows("a")).isEmpty();
    assertThat(fixture.applyOne(13, append("a", "k", "one")))
        .as("a late retry does not bring it back")
        .isEqualTo(new AppendResult.Appended(1, 0, 10, true, 0));
    assertThat(((AppendResult.Appended) fixture.applyOne(14, append("a", "", "on"))).sequenceId())
        .isEqualTo(3);
    assertThat(rows("a")).containsExactly("3@14 on");
  }

  @Test
  void whatWasReplacedOrDeletedIsGoneFromTheFilesAfterCompaction() throws Exception {
    fixture.apply(1, options(SequenceMode.DENSE, 0, DAY));
    Random random = new Random(Seeds.seedOr(5));
    List<String> secrets = new ArrayList<>();
    for (String timeline : List.of("replaced", "deleted", "dropped", "kept")) {
      // Without any repetition, so that no compression hides it.
      StringBuilder secret = new StringBuilder();
      random.ints(64, '!', '~').forEach(c -> secret.append((char) c));
      secrets.add(secret.toString());
      fixture.apply(10, append(timeline, "", secret.toString()), append(timeline, "", "other"));
    }
    fixture.engine.flush().get();
    for (String secret : secrets) {
      assertThat(fixture.filesContain(secret)).as("before").isTrue();
    }
    fixture.applyOne(20, replace("replaced", 1, secrets.get(0), "recalled", null));
    fixture.applyOne(20, delete("deleted", 1, null));
    fixture.applyOne(20, new Command.DeleteTimeline(bytes("dropped")));
    fixture.engine.flush().get();
    fixture.engine.compactAll().get();
    fixture.reopen();
    assertThat(secrets.stream().map(this::isOnDisk)).containsExactly(false, false, false, true);
    assertThat(rows("replaced")).containsExactly("1@10 recalled", "2@10 other");
    assertThat(rows("deleted")).containsExactly("2@10 other");
    assertThat(rows("dropped")).isEmpty();
  }

  private boolean isOnDisk(String secret) {
    try {
      return fixture.filesContain(secret);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private List<String> rows(String timeline) throws IOException {
    List<String> rows = new ArrayList<>();
    try (ReadView view = fixture.engine.view();
        RowCursor row =
            view.scan(bytes(timeline), Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD)) {
      while (row.next()) {
        rows.add(
            row.sequenceId()
                + "@"
                + row.timestampMillis()
                + " "
                + new String(row.value(), StandardCharsets.UTF_8));
      }
    }
    return rows;
  }

  private static long fingerprint(String content) {
    return Command.ReplaceEntry.fingerprint(KIND, bytes(content));
  }

  private static Command replace(
      String timeline,
      long id,
      String expected,
      String value,
      Command.@Nullable Announcement announcement) {
    return new Command.ReplaceEntry(
        bytes(timeline), id, fingerprint(expected), KIND, bytes(value), announcement, false);
  }

  private static Command delete(
      String timeline, long id, Command.@Nullable Announcement announcement) {
    return new Command.DeleteEntry(bytes(timeline), id, announcement);
  }
}
