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
    } else if (mode == SequenceMode.MANUAL) {
      return new Command.Put(
          timeline, random.nextInt(60) - 20, random.nextBoolean(), 1, bytes("p" + dice));
    }
    byte[] key = random.nextInt(3) == 0 ? new byte[0] : bytes("k" + random.nextInt(25));
    OptionalLong expected =
        random.nextInt(6) == 0 ? OptionalLong.of(random.nextInt(10)) : OptionalLong.empty();
    long firstAttempt = random.nextInt(4) == 0 ? Math.max(1, time - random.nextInt(15_000)) : 0;
    return new Command.Append(
        timeline, key, expected, firstAttempt, random.nextInt(3), bytes("v" + random.nextInt(2)));
  }

  /** The contract, written down once more and as plainly as possible. */
  private static final class Model {

    private record Row(long time, String text) {}

    private record Key(String timeline, String key) {}

    private record First(long id, long previous, long time, long expires, String content) {}

    private final SequenceMode mode;
    private final Map<String, TreeMap<Long, Row>> rows = new HashMap<>();
    private final Map<String, Long> last = new HashMap<>();
    private final Map<String, Long> trimmed = new HashMap<>();
    private final Map<Key, First> keys = new HashMap<>();
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
        case Command.Put put -> checkPut(how, put, result);
        case Command.Trim trim -> checkTrim(how, trim, result);
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
      rowsOf(timeline).put(appended.sequenceId(), new Row(time, text(append.value())));
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
      rowsOf(timeline).put(put.sequenceId(), new Row(time, text(put.value())));
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

    void checkRows(String how, List<String> digest) {
      List<String> expected = new ArrayList<>();
      for (String timeline : new TreeSet<>(rows.keySet())) {
        rowsOf(timeline)
            .forEach(
                (id, row) -> {
                  if (row.time() >= expireBefore) {
                    expected.add("%s %d at %d %s".formatted(timeline, id, row.time(), row.text()));
                  }
                });
      }
      List<String> found =
          digest.stream()
              .filter(line -> line.startsWith("row "))
              .map(line -> line.substring(4).replaceFirst("kind \\d ", ""))
              .toList();
      assertThat(found).as(how).isEqualTo(expected);
    }

    private TreeMap<Long, Row> rowsOf(String timeline) {
      return rows.computeIfAbsent(timeline, t -> new TreeMap<>());
    }

    private static String text(byte[] bytes) {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }
}
