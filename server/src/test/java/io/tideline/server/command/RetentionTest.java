package io.tideline.server.command;

import static io.tideline.server.command.MachineFixture.append;
import static io.tideline.server.command.MachineFixture.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.Direction;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RowCursor;
import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.testing.Seeds;
import io.tideline.manager.SequenceMode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What timelines keep. */
final class RetentionTest {

  private static final int TIMELINES = 4;

  @Test
  void aDenseTimelineKeepsExactlyItsNewestEntries() throws Exception {
    try (MachineFixture fixture = new MachineFixture()) {
      fixture.apply(1, MachineFixture.retention(SequenceMode.DENSE, 3, 0));
      for (long id = 1; id <= 10; id++) {
        fixture.apply(id, append("a", "", "v"));
        assertThat(rows(fixture, "a").keySet())
            .containsExactlyElementsOf(idsBetween(Math.max(1, id - 2), id));
      }
      assertThat(mark(fixture, "a")).isEqualTo(7);
      // More in one entry of the log than are kept.
      fixture.apply(
          20,
          append("b", "", "v"),
          append("b", "", "v"),
          append("b", "", "v"),
          append("b", "", "v"),
          append("b", "", "v"));
      assertThat(rows(fixture, "b").keySet()).containsExactly(3L, 4L, 5L);
      // A deleted one counts until it falls out.
      fixture.apply(21, new Command.DeleteEntry(bytes("b"), 4, null));
      fixture.apply(22, append("b", "", "v"));
      assertThat(rows(fixture, "b").keySet()).containsExactly(5L, 6L);
      assertThat(rows(fixture, "a").keySet()).containsExactly(8L, 9L, 10L);
    }
  }

  @Test
  void aLowerLimitTakesEffectWithTheNextWriteAndAHigherOneBringsNothingBack() throws Exception {
    try (MachineFixture fixture = new MachineFixture()) {
      fixture.apply(1, MachineFixture.options(SequenceMode.MONOTONIC, 0, MachineFixture.DAY));
      for (int i = 0; i < 20; i++) {
        fixture.apply(2, append("a", "", "0123456789"), append("b", "", "0123456789"));
      }
      fixture.apply(3, MachineFixture.retention(SequenceMode.MONOTONIC, 0, 50));
      assertThat(rows(fixture, "a")).hasSize(20);
      fixture.apply(4, append("a", "", "0123456789"));
      assertThat(rows(fixture, "a")).hasSize(5);
      assertThat(rows(fixture, "b")).hasSize(20);

      fixture.apply(5, MachineFixture.retention(SequenceMode.MONOTONIC, 0, 100));
      fixture.apply(6, append("a", "", "0123456789"));
      assertThat(rows(fixture, "a")).hasSize(6);

      // Without a limit nothing is counted; under the same one as before everything is counted
      // anew.
      fixture.apply(7, MachineFixture.options(SequenceMode.MONOTONIC, 0, MachineFixture.DAY));
      for (int i = 0; i < 20; i++) {
        fixture.apply(8, append("a", "", "0123456789"));
      }
      assertThat(rows(fixture, "a")).hasSize(26);
      fixture.apply(9, MachineFixture.retention(SequenceMode.MONOTONIC, 0, 100));
      fixture.apply(10, append("a", "", ""));
      assertThat(rows(fixture, "a")).hasSize(11);
      // The newest stays, however large.
      fixture.apply(11, append("a", "", "x".repeat(1_000)));
      assertThat(rows(fixture, "a")).hasSize(1);
    }
  }

  @Test
  void whatIsAboveTheMarkStaysSoAfterARestart() throws Exception {
    try (MachineFixture fixture = new MachineFixture()) {
      fixture.apply(1, MachineFixture.retention(SequenceMode.DENSE, 3, 0));
      for (int i = 0; i < 10; i++) {
        fixture.apply(2, append("a", "", "v"));
      }
      List<String> before = StateDigest.of(fixture.engine);
      fixture.engine.flush().get();
      assertThat(fixture.engine.stats().rowsTrimmed()).isEqualTo(7);
      fixture.reopen();
      assertThat(StateDigest.of(fixture.engine)).isEqualTo(before);
      fixture.engine.compactAll().get();
      assertThat(StateDigest.of(fixture.engine)).isEqualTo(before);
      fixture.apply(3, append("a", "", "v"));
      assertThat(rows(fixture, "a").keySet()).containsExactly(9L, 10L, 11L);
    }
  }

  /**
   * Beside a partition that keeps everything: never less is kept than the limits allow, and never
   * an eighth more; in DENSE stores never one entry more.
   */
  @ParameterizedTest
  @EnumSource(SequenceMode.class)
  void keepsWhatTheLimitsAllowAndAtMostAnEighthMore(SequenceMode mode) throws Exception {
    long seed = Seeds.seedOr(20 + mode.code());
    Random random = new Random(seed);
    Map<String, Long> marks = new HashMap<>();
    PartitionOptions options = new PartitionOptions(mode, 0, MachineFixture.DAY);
    int advances = 0;
    try (MachineFixture limited = new MachineFixture();
        MachineFixture unlimited = new MachineFixture()) {
      for (CommandBatch batch : randomLog(mode, random, 300)) {
        List<CommandResult> results = limited.apply(batch);
        unlimited.apply(withoutRetention(mode, batch));
        for (Command command : batch.commands()) {
          if (command instanceof Command.SetOptions set) {
            options = set.options();
          }
        }
        for (int i = 0; i < TIMELINES; i++) {
          String timeline = "t" + i;
          String how = Seeds.describe(seed) + " at " + limited.index() + " of " + timeline;
          long before = marks.getOrDefault(timeline, TimelineHead.NOTHING_TRIMMED);
          long after = mark(limited, timeline);
          NavigableMap<Long, Integer> all = rows(unlimited, timeline).tailMap(before, false);
          NavigableMap<Long, Integer> kept = rows(limited, timeline);
          assertThat(kept).as(how).isEqualTo(all.tailMap(after, false));
          if (after > Math.max(before, trimmed(batch, results, timeline))) {
            advances++;
            checkNothingWentThatCouldStay(
                how, options, last(limited, timeline), all.headMap(after, true), kept);
          }
          if (wrote(batch, results, timeline)) {
            checkNotMuchMoreStays(how, options, kept);
          }
          marks.put(timeline, after);
        }
        if (random.nextInt(40) == 0) {
          limited.engine.flush().get();
        }
      }
    }
    assertThat(advances).as(Seeds.describe(seed)).isGreaterThan(20);
  }

  @ParameterizedTest
  @EnumSource(SequenceMode.class)
  void theSameLogFromADurablePrefixGivesTheSameState(SequenceMode mode) throws Exception {
    long seed = Seeds.seedOr(40 + mode.code());
    Random random = new Random(seed);
    List<CommandBatch> log = randomLog(mode, random, 200);
    List<String> whole;
    try (MachineFixture fixture = new MachineFixture()) {
      for (CommandBatch batch : log) {
        fixture.apply(batch);
      }
      whole = StateDigest.of(fixture.engine);
    }
    try (MachineFixture fixture = new MachineFixture()) {
      for (int i = 0; i < log.size(); i++) {
        fixture.apply(CommandFormat.decode(CommandFormat.encode(log.get(i))));
        if (random.nextInt(20) == 0) {
          var _ = fixture.engine.flush().get();
        }
        if (random.nextInt(20) == 0) {
          i = (int) fixture.reopen() - 1;
        }
      }
      assertThat(StateDigest.of(fixture.engine)).as(Seeds.describe(seed)).isEqualTo(whole);
    }
  }

  private static void checkNothingWentThatCouldStay(
      String how,
      PartitionOptions options,
      long last,
      NavigableMap<Long, Integer> gone,
      NavigableMap<Long, Integer> kept) {
    if (gone.isEmpty()) {
      // Ids whose entries had been deleted.
      return;
    }
    long maxEntries = options.retentionMaxEntries();
    long maxBytes = options.retentionMaxBytes();
    boolean tooMany =
        options.sequenceMode() == SequenceMode.DENSE
            ? last - gone.lastKey() >= maxEntries
            : kept.size() >= maxEntries;
    boolean tooLarge = sum(kept) + gone.lastEntry().getValue() > maxBytes;
    assertThat((maxEntries > 0 && tooMany) || (maxBytes > 0 && tooLarge))
        .as("%s: %s went, %s stay under %s", how, gone, kept, options)
        .isTrue();
  }

  private static void checkNotMuchMoreStays(
      String how, PartitionOptions options, NavigableMap<Long, Integer> kept) {
    long maxEntries = options.retentionMaxEntries();
    long maxBytes = options.retentionMaxBytes();
    boolean dense = options.sequenceMode() == SequenceMode.DENSE;
    if (maxEntries > 0) {
      assertThat((long) kept.size())
          .as(how)
          .isLessThan(maxEntries + (dense ? 1 : Math.max(1, maxEntries / 8)));
    }
    if (maxBytes > 0 && kept.size() > 1) {
      assertThat(sum(kept)).as(how).isLessThan(maxBytes + Math.max(1, maxBytes / 8));
    }
  }

  private static long sum(Map<Long, Integer> rows) {
    return rows.values().stream().mapToLong(Integer::longValue).sum();
  }

  private static List<CommandBatch> randomLog(SequenceMode mode, Random random, int entries) {
    List<CommandBatch> log = new ArrayList<>();
    log.add(new CommandBatch(1, List.of(MachineFixture.retention(mode, 10, 0))));
    for (int i = 0; i < entries; i++) {
      List<Command> commands = new ArrayList<>();
      if (random.nextInt(30) == 0) {
        commands.add(randomLimits(mode, random));
      }
      int count = 1 + random.nextInt(6);
      for (int c = 0; c < count; c++) {
        commands.add(randomCommand(mode, random));
      }
      log.add(new CommandBatch(1, commands));
    }
    return log;
  }

  private static Command randomLimits(SequenceMode mode, Random random) {
    return MachineFixture.retention(
        mode,
        random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(30),
        random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(600));
  }

  private static Command randomCommand(SequenceMode mode, Random random) {
    byte[] timeline = bytes("t" + random.nextInt(TIMELINES));
    byte[] value = bytes("x".repeat(random.nextInt(60)));
    int dice = random.nextInt(100);
    if (dice < 3) {
      return new Command.Trim(timeline, random.nextInt(40));
    } else if (dice < 4) {
      return new Command.DeleteTimeline(timeline);
    } else if (dice < 15) {
      return new Command.DeleteEntry(timeline, 1 + random.nextInt(300), null);
    } else if (mode == SequenceMode.MANUAL) {
      return new Command.Put(timeline, random.nextInt(300), random.nextBoolean(), 1, value);
    }
    return new Command.Append(timeline, new byte[0], OptionalLong.empty(), 0, 1, value);
  }

  private static CommandBatch withoutRetention(SequenceMode mode, CommandBatch batch) {
    return new CommandBatch(
        batch.timeMillis(),
        batch.commands().stream()
            .map(
                command ->
                    command instanceof Command.SetOptions
                        ? MachineFixture.options(mode, 0, MachineFixture.DAY)
                        : command)
            .toList());
  }

  /** The id through which the commands themselves trimmed a timeline. */
  private static long trimmed(CommandBatch batch, List<CommandResult> results, String timeline) {
    long through = TimelineHead.NOTHING_TRIMMED;
    for (int i = 0; i < results.size(); i++) {
      CommandResult result = results.get(i);
      if (batch.commands().get(i) instanceof Command.Trim trim
          && isOf(trim.timeline(), timeline)
          && result instanceof TrimResult.Done) {
        through = Math.max(through, trim.throughSequenceId());
      } else if (batch.commands().get(i) instanceof Command.DeleteTimeline delete
          && isOf(delete.timeline(), timeline)
          && result instanceof DeleteTimelineResult.Done done) {
        through = Math.max(through, done.lastSequenceId());
      }
    }
    return through;
  }

  private static boolean wrote(CommandBatch batch, List<CommandResult> results, String timeline) {
    for (int i = 0; i < results.size(); i++) {
      Command command = batch.commands().get(i);
      if (command instanceof Command.Append append && isOf(append.timeline(), timeline)) {
        return true;
      }
      if (command instanceof Command.Put put
          && isOf(put.timeline(), timeline)
          && results.get(i) instanceof PutResult.Done) {
        return true;
      }
    }
    return false;
  }

  private static boolean isOf(byte[] key, String timeline) {
    return new ByteKey(key).equals(new ByteKey(bytes(timeline)));
  }

  private static List<Long> idsBetween(long first, long last) {
    return java.util.stream.LongStream.rangeClosed(first, last)
        .boxed()
        .collect(Collectors.toList());
  }

  private static long mark(MachineFixture fixture, String timeline) throws IOException {
    try (ReadView view = fixture.engine.view()) {
      return view.head(bytes(timeline))
          .map(TimelineHead::trimmedThrough)
          .orElse(TimelineHead.NOTHING_TRIMMED);
    }
  }

  private static long last(MachineFixture fixture, String timeline) throws IOException {
    try (ReadView view = fixture.engine.view()) {
      return view.head(bytes(timeline)).map(TimelineHead::lastSequenceId).orElseThrow();
    }
  }

  /** Bytes of the values that are there, by id. */
  private static TreeMap<Long, Integer> rows(MachineFixture fixture, String timeline)
      throws IOException {
    TreeMap<Long, Integer> rows = new TreeMap<>();
    try (ReadView view = fixture.engine.view();
        RowCursor row =
            view.scan(bytes(timeline), Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD)) {
      while (row.next()) {
        rows.put(row.sequenceId(), row.valueSize());
      }
    }
    return rows;
  }
}
