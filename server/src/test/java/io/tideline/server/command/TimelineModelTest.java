package io.tideline.server.command;

import static io.tideline.server.command.MachineFixture.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.testing.Seeds;
import io.tideline.manager.SequenceMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random logs. Against a slow model written from the contract; and against itself: the same log
 * twice, and any durable prefix plus the rest, end in the same state with the same answers.
 */
final class TimelineModelTest {

  private static final int TIMELINES = 6;

  @ParameterizedTest
  @EnumSource(SequenceMode.class)
  void answersAreThoseOfTheModel(SequenceMode mode) throws Exception {
    long seed = Seeds.seedOr(mode.code());
    Random random = new Random(seed);
    Model model = new Model(mode);
    try (MachineFixture fixture = new MachineFixture()) {
      for (CommandBatch batch : randomLog(mode, random, 400)) {
        List<CommandResult> results = fixture.apply(batch);
        model.check(Seeds.describe(seed), batch, results);
        if (random.nextInt(10) == 0) {
          model.checkRows(Seeds.describe(seed), StateDigest.of(fixture.engine));
        }
        if (random.nextInt(40) == 0) {
          fixture.engine.flush().get();
          fixture.reopen();
        }
      }
      model.checkRows(Seeds.describe(seed), StateDigest.of(fixture.engine));
    }
  }

  @ParameterizedTest
  @EnumSource(SequenceMode.class)
  void theSameLogTwiceAndADurablePrefixPlusTheRestGiveTheSameState(SequenceMode mode)
      throws Exception {
    long seed = Seeds.seedOr(100 + mode.code());
    Random random = new Random(seed);
    List<CommandBatch> log = randomLog(mode, random, 300);
    List<List<CommandResult>> answers = new ArrayList<>();
    List<String> whole;
    try (MachineFixture fixture = new MachineFixture()) {
      for (CommandBatch batch : log) {
        answers.add(fixture.apply(batch));
      }
      whole = StateDigest.of(fixture.engine);
    }
    try (MachineFixture fixture = new MachineFixture()) {
      for (int i = 0; i < log.size(); i++) {
        // As after the way through the log: decoded from bytes.
        assertThat(fixture.apply(CommandFormat.decode(CommandFormat.encode(log.get(i)))))
            .as(Seeds.describe(seed))
            .isEqualTo(answers.get(i));
        if (random.nextInt(30) == 0) {
          var _ = fixture.engine.flush().get();
        }
        if (random.nextInt(30) == 0) {
          i = (int) fixture.reopen() - 1;
        }
      }
      assertThat(StateDigest.of(fixture.engine)).as(Seeds.describe(seed)).isEqualTo(whole);
    }
  }

  private static List<CommandBatch> randomLog(SequenceMode mode, Random random, int entries) {
    List<CommandBatch> log = new ArrayList<>();
    log.add(new CommandBatch(1_000, List.of(options(mode, random))));
    long time = 1_000;
    for (int i = 0; i < entries; i++) {
      time += random.nextInt(200) - 20;
      List<Command> commands = new ArrayList<>();
      int count = 1 + random.nextInt(8);
      for (int c = 0; c < count; c++) {
        commands.add(randomCommand(mode, random, time));
      }
      log.add(new CommandBatch(time, commands));
    }
    return log;
  }

  private static Command options(SequenceMode mode, Random random) {
    long ttl = random.nextBoolean() ? 0 : 2_000 + random.nextInt(8_000);
    return MachineFixture.options(mode, ttl, 1_000 + random.nextInt(9_000));
  }

  private static Command randomCommand(SequenceMode mode, Random random, long time) {
    byte[] timeline = bytes("t" + random.nextInt(TIMELINES));
    int dice = random.nextInt(100);
    if (dice < 2) {
      return options(mode, random);
    } else if (dice < 5) {
      return new Command.AdvanceTime();
    } else if (dice < 12) {
      return new Command.Trim(timeline, random.nextInt(30));
    } else if (dice < 20) {
      return new Command.PutMeta(timeline, random.nextInt(2) - 1, bytes("m" + dice));
    } else if (dice < 24) {
      return new Command.DeleteMeta(timeline);
    } else if (dice < 25) {
      return new Command.DeleteTimeline(timeline);
    } else if (dice < 30) {
      return randomCursors(mode, random);
    } else if (dice < 50) {
      return randomEdit(mode, random, timeline);
    } else if (mode == SequenceMode.MANUAL) {
      return new Command.Put(
          timeline,
          random.nextInt(60) - 20,
          random.nextBoolean(),
          random.nextInt(2),
          bytes("v" + random.nextInt(2)));
    }
    if (dice < 60) {
      return randomFanOut(random, time);
    }
    byte[] key = random.nextInt(3) == 0 ? new byte[0] : bytes("k" + random.nextInt(25));
    OptionalLong expected =
        random.nextInt(6) == 0 ? OptionalLong.of(random.nextInt(10)) : OptionalLong.empty();
    long firstAttempt = random.nextInt(4) == 0 ? Math.max(1, time - random.nextInt(15_000)) : 0;
    return new Command.Append(
        timeline, key, expected, firstAttempt, random.nextInt(2), bytes("v" + random.nextInt(2)));
  }

  private static Command randomCursors(SequenceMode mode, Random random) {
    List<Command.CursorMove> moves = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      moves.add(
          new Command.CursorMove(
              bytes("t" + random.nextInt(TIMELINES)),
              bytes("r" + random.nextInt(2)),
              mode == SequenceMode.MONOTONIC
                  ? (long) random.nextInt(300) << 20
                  : random.nextInt(60)));
    }
    return new Command.CommitCursors(moves);
  }

  /** Keys are those of appends, so that either meets what the other wrote. */
  private static Command randomFanOut(Random random, long time) {
    List<byte[]> timelines = new ArrayList<>();
    int count = 1 + random.nextInt(2 * TIMELINES);
    for (int i = 0; i < count; i++) {
      timelines.add(bytes("t" + random.nextInt(TIMELINES)));
    }
    return new Command.FanOut(
        bytes("k" + random.nextInt(25)),
        random.nextInt(4) == 0 ? Math.max(1, time - random.nextInt(15_000)) : 0,
        random.nextInt(2),
        bytes("v" + random.nextInt(2)),
        timelines);
  }

  /** Contents are few, so that many an edit meets what it expects. */
  private static Command randomEdit(SequenceMode mode, Random random, byte[] timeline) {
    long id =
        switch (mode) {
          case DENSE -> 1 + random.nextInt(200);
          case MONOTONIC -> ((long) random.nextInt(300) << 20) | random.nextInt(8);
          case MANUAL -> random.nextInt(60) - 20;
        };
    Command.Announcement announcement =
        random.nextInt(3) == 0 ? new Command.Announcement(2, bytes("about " + id)) : null;
    if (random.nextInt(3) == 0) {
      return new Command.DeleteEntry(timeline, id, announcement);
    }
    long fingerprint =
        Command.ReplaceEntry.fingerprint(random.nextInt(2), bytes("v" + random.nextInt(2)));
    return new Command.ReplaceEntry(
        timeline,
        id,
        fingerprint,
        random.nextInt(2),
        bytes("v" + random.nextInt(2)),
        announcement,
        random.nextBoolean());
  }

  /** The contract, written down once more and as plainly as possible. */
  private static final class Model {

    private record Row(long time, int kind, String text) {}

    private record Edited(String timeline, String edit, long id) {}

    private record Announced(long id, long expires) {}

    private record Key(String timeline, String key) {}

    private record First(long id, long previous, long time, long expires, String content) {}

    private final SequenceMode mode;
    private final Map<String, TreeMap<Long, Row>> rows = new HashMap<>();
    private final Map<String, Long> last = new HashMap<>();
    private final Map<String, Long> trimmed = new HashMap<>();
    private final Map<Key, First> keys = new HashMap<>();
    private final Map<Edited, Announced> edits = new HashMap<>();
    private final Map<String, Integer> epochs = new HashMap<>();
    private final Map<Key, CursorsResult.Stored> cursors = new HashMap<>();
    private final Map<String, Long> metaRevision = new HashMap<>();
    private long time;
    private long ttl;
    private long window;
    private long expireBefore;

    Model(SequenceMode mode) {
      this.mode = mode;
    }

    void check(String how, CommandBatch batch, List<CommandResult> results) {
      time = Math.max(time, batch.timeMillis());
      for (int i = 0; i < results.size(); i++) {
        check(how, batch.commands().get(i), results.get(i));
      }
      if (ttl > 0) {
        expireBefore = Math.max(expireBefore, time - ttl);
      }
    }

    private void check(String how, Command command, CommandResult result) {
      switch (command) {
        case Command.Append append -> checkAppend(how, append, result);
        case Command.FanOut fanOut -> checkFanOut(how, fanOut, (FanOutResult) result);
        case Command.CommitCursors commit -> checkCursors(how, commit, (CursorsResult) result);
        case Command.Put put -> checkPut(how, put, result);
        case Command.Trim trim -> checkTrim(how, trim, result);
        case Command.ReplaceEntry replace -> checkReplace(how, replace, result);
        case Command.DeleteEntry delete -> checkDelete(how, delete, result);
        case Command.DeleteTimeline delete -> checkDeleteTimeline(how, delete, result);
        case Command.PutMeta put -> {
          String timeline = text(put.timeline());
          boolean taken = put.expectedVersion() == 0 && metaRevision.containsKey(timeline);
          assertThat(result instanceof PutMetaResult.Done).as(how).isEqualTo(!taken);
          if (result instanceof PutMetaResult.Done done) {
            assertThat(done.revision())
                .as(how)
                .isEqualTo(metaRevision.merge(timeline, 1L, Long::sum));
          }
        }
        case Command.DeleteMeta delete ->
            assertThat(result)
                .as(how)
                .isEqualTo(
                    new DeleteMetaResult(metaRevision.remove(text(delete.timeline())) != null));
        case Command.SetOptions set -> {
          ttl = set.options().ttlMillis();
          window = set.options().dedupWindowMillis();
        }
        case Command.AdvanceTime advance -> assertThat(result).isEqualTo(new CommandResult.Done());
        case Command.ChangeCatalog change -> throw new AssertionError(change);
      }
    }

    private void checkCursors(String how, Command.CommitCursors commit, CursorsResult result) {
      List<CursorsResult.Move> expected = new ArrayList<>();
      for (Command.CursorMove move : commit.moves()) {
        String timeline = text(move.timeline());
        Key key = new Key(timeline, text(move.reader()));
        CursorsResult.Stored present = cursors.getOrDefault(key, new CursorsResult.Stored(0, 0));
        long end = last.getOrDefault(timeline, 0L);
        if (move.sequenceId() <= present.sequenceId()) {
          expected.add(present);
        } else if (move.sequenceId() > end) {
          expected.add(new CursorsResult.BeyondLast(move.sequenceId(), end));
        } else {
          cursors.put(key, new CursorsResult.Stored(move.sequenceId(), time));
          expected.add(cursors.get(key));
        }
      }
      assertThat(result.results()).as(how).isEqualTo(expected);
    }

    /** To each timeline, one after the other, what an append with the key would do. */
    private void checkFanOut(String how, Command.FanOut fanOut, FanOutResult result) {
      assertThat(result.results()).as(how).hasSameSizeAs(fanOut.timelines());
      for (int i = 0; i < fanOut.timelines().size(); i++) {
        Command.Append same =
            new Command.Append(
                fanOut.timelines().get(i),
                fanOut.messageKey(),
                OptionalLong.empty(),
                fanOut.firstAttemptTimeMillis(),
                fanOut.kind(),
                fanOut.value());
        checkAppend(how, same, result.results().get(i));
      }
    }

    private void checkAppend(String how, Command.Append append, CommandResult result) {
      if (mode == SequenceMode.MANUAL) {
        assertThat(result).isEqualTo(new AppendResult.IdRequired());
        return;
      }
      String timeline = text(append.timeline());
      String content = append.kind() + text(append.value());
      Key key = new Key(timeline, text(append.messageKey()));
      First first = append.hasMessageKey() ? keys.get(key) : null;
      if (first != null && first.expires() > time) {
        if (first.content().equals(content)) {
          AppendResult.Appended duplicate = (AppendResult.Appended) result;
          assertThat(duplicate.duplicate()).as(how).isTrue();
          assertThat(duplicate.sequenceId()).as(how).isEqualTo(first.id());
          assertThat(duplicate.previousSequenceId()).as(how).isEqualTo(first.previous());
          assertThat(duplicate.appendTimeMillis()).as(how).isEqualTo(first.time());
        } else {
          assertThat(result)
              .as(how)
              .isEqualTo(new AppendResult.MessageKeyReused(first.id(), first.time()));
        }
        return;
      }
      if (result instanceof AppendResult.DedupWindowExpired expired) {
        assertThat(append.firstAttemptTimeMillis()).as(how).isLessThan(expired.dedupSinceMillis());
        checkPromise(how, expired.dedupSinceMillis());
        return;
      }
      long previous = last.getOrDefault(timeline, 0L);
      if (append.expectedLastSequenceId().isPresent()
          && append.expectedLastSequenceId().getAsLong() != previous) {
        assertThat(result)
            .as(how)
            .isEqualTo(
                new AppendResult.ConditionFailed(
                    append.expectedLastSequenceId().getAsLong(), previous));
        return;
      }
      AppendResult.Appended appended = (AppendResult.Appended) result;
      assertThat(appended.duplicate()).as(how).isFalse();
      assertThat(appended.previousSequenceId()).as(how).isEqualTo(previous);
      assertThat(appended.appendTimeMillis()).as(how).isEqualTo(time);
      if (mode == SequenceMode.DENSE) {
        assertThat(appended.sequenceId()).as(how).isEqualTo(previous + 1);
      } else {
        assertThat(appended.sequenceId()).as(how).isGreaterThan(previous);
      }
      last.put(timeline, appended.sequenceId());
      rowsOf(timeline)
          .put(appended.sequenceId(), new Row(time, append.kind(), text(append.value())));
      if (append.hasMessageKey()) {
        keys.put(key, new First(appended.sequenceId(), previous, time, time + window + 1, content));
        checkPromise(how, appended.dedupSinceMillis());
      }
    }

    /**
     * Whatever was appended at or after {@code since} must still be known, and nothing is wasted.
     */
    private void checkPromise(String how, long since) {
      assertThat(since).as(how).isGreaterThanOrEqualTo(time - window);
      for (First first : keys.values()) {
        if (first.time() >= since) {
          assertThat(first.expires()).as(how + ", since " + since).isGreaterThan(time);
        }
      }
    }

    private void checkPut(String how, Command.Put put, CommandResult result) {
      String timeline = text(put.timeline());
      long mark = trimmed.getOrDefault(timeline, Long.MIN_VALUE);
      if (put.sequenceId() <= mark) {
        assertThat(result).as(how).isEqualTo(new PutResult.Trimmed(put.sequenceId(), mark));
        return;
      }
      long before = ttl > 0 ? Math.max(expireBefore, time - ttl) : expireBefore;
      Row present = rowsOf(timeline).get(put.sequenceId());
      boolean exists = present != null && present.time() >= before;
      if (exists && !put.overwrite()) {
        assertThat(result).as(how).isEqualTo(new PutResult.SequenceIdExists(put.sequenceId()));
        return;
      }
      last.merge(timeline, put.sequenceId(), Math::max);
      rowsOf(timeline).put(put.sequenceId(), new Row(time, put.kind(), text(put.value())));
      assertThat(result).as(how).isEqualTo(new PutResult.Done(last.get(timeline), exists, time));
    }

    private void checkTrim(String how, Command.Trim trim, CommandResult result) {
      String timeline = text(trim.timeline());
      if (!last.containsKey(timeline)) {
        assertThat(result).as(how).isEqualTo(new TrimResult.TimelineNotFound());
      } else if (trim.throughSequenceId() > last.get(timeline)) {
        assertThat(result)
            .as(how)
            .isEqualTo(new TrimResult.BeyondLast(trim.throughSequenceId(), last.get(timeline)));
      } else {
        assertThat(result).as(how).isInstanceOf(TrimResult.Done.class);
        assertThat(((TrimResult.Done) result).firstRetainedSequenceId())
            .as(how)
            .isGreaterThan(trim.throughSequenceId());
        trimmed.merge(timeline, trim.throughSequenceId(), Math::max);
        rowsOf(timeline).headMap(trim.throughSequenceId(), true).clear();
      }
    }

    private @Nullable Row present(String timeline, long id) {
      long before = ttl > 0 ? Math.max(expireBefore, time - ttl) : expireBefore;
      Row row = rowsOf(timeline).get(id);
      return row != null && row.time() >= before ? row : null;
    }

    private void checkReplace(String how, Command.ReplaceEntry replace, CommandResult result) {
      String timeline = text(replace.timeline());
      Row row = present(timeline, replace.sequenceId());
      if (mode == SequenceMode.MANUAL && replace.announcement() != null) {
        assertThat(result).as(how).isEqualTo(new EditResult.NoIdForAnnouncement());
      } else if (row == null) {
        assertThat(result).as(how).isEqualTo(new EditResult.Missing());
      } else if (Command.ReplaceEntry.fingerprint(row.kind(), bytes(row.text()))
          != replace.expectedFingerprint()) {
        assertThat(result).as(how).isEqualTo(new EditResult.Conflict());
      } else {
        rowsOf(timeline)
            .put(replace.sequenceId(), new Row(row.time(), replace.kind(), text(replace.value())));
        Edited edited = new Edited(timeline, "replaced", replace.sequenceId());
        Announced first = edits.get(edited);
        if (replace.announcement() == null) {
          assertThat(result).as(how).isEqualTo(new EditResult.Done(0));
        } else if (replace.announceOnce() && first != null && first.expires() > time) {
          assertThat(result).as(how).isEqualTo(new EditResult.Done(first.id()));
        } else {
          long id = checkAnnounced(how, timeline, replace.announcement(), result);
          if (replace.announceOnce()) {
            edits.put(edited, new Announced(id, time + window + 1));
          }
        }
      }
    }

    private void checkDelete(String how, Command.DeleteEntry delete, CommandResult result) {
      String timeline = text(delete.timeline());
      Edited edited = new Edited(timeline, "deleted", delete.sequenceId());
      Announced first = edits.get(edited);
      if (mode == SequenceMode.MANUAL && delete.announcement() != null) {
        assertThat(result).as(how).isEqualTo(new EditResult.NoIdForAnnouncement());
      } else if (present(timeline, delete.sequenceId()) != null) {
        rowsOf(timeline).remove(delete.sequenceId());
        long id = checkAnnounced(how, timeline, delete.announcement(), result);
        edits.put(edited, new Announced(id, time + window + 1));
      } else if (first != null && first.expires() > time) {
        assertThat(result).as(how).isEqualTo(new EditResult.Done(first.id()));
      } else {
        assertThat(result).as(how).isEqualTo(new EditResult.Missing());
      }
    }

    /** The id of the announcement, which comes right after the timeline's last; 0 without one. */
    private long checkAnnounced(
        String how,
        String timeline,
        Command.@Nullable Announcement announcement,
        CommandResult result) {
      long id = ((EditResult.Done) result).changeSequenceId();
      if (announcement == null) {
        assertThat(id).as(how).isZero();
        return 0;
      }
      long previous = last.getOrDefault(timeline, 0L);
      if (mode == SequenceMode.DENSE) {
        assertThat(id).as(how).isEqualTo(previous + 1);
      } else {
        assertThat(id).as(how).isGreaterThan(previous);
      }
      last.put(timeline, id);
      rowsOf(timeline).put(id, new Row(time, announcement.kind(), text(announcement.value())));
      return id;
    }

    private void checkDeleteTimeline(
        String how, Command.DeleteTimeline delete, CommandResult result) {
      String timeline = text(delete.timeline());
      boolean hadMeta = metaRevision.remove(timeline) != null;
      if (!last.containsKey(timeline)) {
        assertThat(result)
            .as(how)
            .isEqualTo(
                hadMeta
                    ? new DeleteTimelineResult.Done(0)
                    : new DeleteTimelineResult.TimelineNotFound());
        return;
      }
      assertThat(result).as(how).isEqualTo(new DeleteTimelineResult.Done(last.get(timeline)));
      trimmed.merge(timeline, last.get(timeline), Math::max);
      rowsOf(timeline).headMap(last.get(timeline), true).clear();
      epochs.merge(timeline, 1, Integer::sum);
      cursors.keySet().removeIf(key -> key.timeline().equals(timeline));
    }

    void checkRows(String how, List<String> digest) {
      List<String> expected = new ArrayList<>();
      for (String timeline : new TreeSet<>(rows.keySet())) {
        rowsOf(timeline)
            .forEach(
                (id, row) -> {
                  if (row.time() >= expireBefore) {
                    expected.add(
                        "%s %d at %d kind %d %s"
                            .formatted(timeline, id, row.time(), row.kind(), row.text()));
                  }
                });
      }
      List<String> found =
          digest.stream()
              .filter(line -> line.startsWith("row "))
              .map(line -> line.substring(4))
              .toList();
      assertThat(found).as(how).isEqualTo(expected);
      for (String timeline : last.keySet()) {
        assertThat(digest)
            .as(how)
            .anyMatch(
                line ->
                    line.startsWith("timeline " + timeline + " ")
                        && line.contains("lastSequenceId=" + last.get(timeline) + ",")
                        && line.contains("epoch=" + epochs.getOrDefault(timeline, 0) + ","));
      }
    }

    private TreeMap<Long, Row> rowsOf(String timeline) {
      return rows.computeIfAbsent(timeline, t -> new TreeMap<>());
    }

    private static String text(byte[] bytes) {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }
}
