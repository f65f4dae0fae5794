package io.tideline.server.command;

import static io.tideline.server.command.MachineFixture.DAY;
import static io.tideline.server.command.MachineFixture.append;
import static io.tideline.server.command.MachineFixture.bytes;
import static io.tideline.server.command.MachineFixture.options;
import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.ReadView;
import io.tideline.lsm.RecordCursor;
import io.tideline.manager.SequenceMode;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How cursors move, and what becomes of them when their timeline is deleted. */
final class CursorsTest {

  @Test
  void aCursorIsSeenByLaterMovesOfTheSameEntry() throws Exception {
    try (MachineFixture fixture = new MachineFixture()) {
      fixture.apply(1, options(SequenceMode.DENSE, 0, DAY), append("t", "", "v"));
      List<CommandResult> results =
          fixture.apply(2, append("t", "", "v"), commit("t", "r", 2), commit("t", "r", 1));
      assertThat(results.get(1)).isEqualTo(stored(2, 2));
      assertThat(results.get(2)).isEqualTo(stored(2, 2));
      assertThat(fixture.applyOne(3, commit("t", "r", 3)))
          .isEqualTo(new CursorsResult(List.of(new CursorsResult.BeyondLast(3, 2))));
    }
  }

  @Test
  void aDeletedTimelineHasNoCursorsWithinTheSameEntryAndAfter() throws Exception {
    try (MachineFixture fixture = new MachineFixture()) {
      fixture.apply(1, options(SequenceMode.DENSE, 0, DAY), append("t", "", "v"));
      fixture.apply(2, commit("t", "r", 1), commit("t", "s", 1));
      List<CommandResult> results =
          fixture.apply(
              3, new Command.DeleteTimeline(bytes("t")), append("t", "", "w"), commit("t", "r", 2));
      assertThat(results.get(2)).isEqualTo(stored(2, 3));
      assertThat(count(fixture, "t")).isEqualTo(1);
    }
  }

  /** The step stays short; what is left counts for nothing. */
  @Test
  void moreCursorsThanAreRemovedAtOnceAreAsGoodAsGone() throws Exception {
    try (MachineFixture fixture = new MachineFixture()) {
      fixture.apply(1, options(SequenceMode.DENSE, 0, DAY), append("t", "", "v"));
      fixture.apply(1, append("u", "", "v"), commit("u", "r0", 1));
      for (int from = 0; from < 2_000; from += 500) {
        List<Command.CursorMove> moves =
            IntStream.range(from, from + 500)
                .mapToObj(i -> new Command.CursorMove(bytes("t"), bytes("r" + i), 1))
                .toList();
        fixture.apply(2, new Command.CommitCursors(moves));
      }
      fixture.apply(3, new Command.DeleteTimeline(bytes("t")));
      assertThat(count(fixture, "t")).isEqualTo(2_000 - Cursors.REMOVED_MAX);
      assertThat(count(fixture, "u")).isEqualTo(1);
      for (int i = 0; i < 2_000; i += 100) {
        assertThat(fixture.applyOne(4, commit("t", "r" + i, 0))).isEqualTo(stored(0, 0));
      }
    }
  }

  private static long count(MachineFixture fixture, String timeline) throws IOException {
    long count = 0;
    try (ReadView view = fixture.engine.view();
        RecordCursor records = view.records(RecordTables.CURSOR, bytes(timeline), null)) {
      while (records.next() && CursorRecord.isOf(bytes(timeline), records.key())) {
        count++;
      }
    }
    return count;
  }

  private static CursorsResult stored(long id, long time) {
    return new CursorsResult(List.of(new CursorsResult.Stored(id, time)));
  }

  private static Command commit(String timeline, String reader, long id) {
    return new Command.CommitCursors(
        List.of(new Command.CursorMove(bytes(timeline), bytes(reader), id)));
  }
}
