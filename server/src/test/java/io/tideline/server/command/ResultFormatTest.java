package io.tideline.server.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResultFormatTest {

  private static final List<CommandResult> ALL =
      List.of(
          CommandResult.Done.INSTANCE,
          new CommandResult.CatalogChanged(new byte[] {1, 2}),
          new AppendResult.Appended(1, 2, 3, true, 4),
          new AppendResult.Appended(Long.MAX_VALUE, 0, 3, false, 0),
          new AppendResult.ConditionFailed(5, -6),
          new AppendResult.MessageKeyReused(7, 8),
          new AppendResult.DedupWindowExpired(9, 10),
          new AppendResult.IdRequired(),
          new FanOutResult(
              List.of(
                  new AppendResult.Appended(26, 27, 28, false, 29),
                  new AppendResult.MessageKeyReused(30, 31))),
          new FanOutResult(List.of()),
          new CursorsResult(
              List.of(new CursorsResult.Stored(32, 33), new CursorsResult.BeyondLast(34, 35))),
          new PutResult.Done(11, true, 12),
          new PutResult.SequenceIdExists(13),
          new PutResult.Trimmed(14, 15),
          new PutResult.NotManual(),
          new TrimResult.Done(16),
          new TrimResult.BeyondLast(17, 18),
          new TrimResult.TimelineNotFound(),
          new EditResult.Done(24),
          new EditResult.Missing(),
          new EditResult.Conflict(),
          new EditResult.NoIdForAnnouncement(),
          new DeleteTimelineResult.Done(25),
          new DeleteTimelineResult.TimelineNotFound(),
          new PutMetaResult.Done(19, 20, 21),
          new PutMetaResult.Conflict(22, 23),
          new DeleteMetaResult(true));

  @Test
  void everyResultIsReadBackAsItWas() throws Exception {
    assertThat(ResultFormat.decode(ResultFormat.encode(ALL)))
        .usingRecursiveComparison()
        .isEqualTo(ALL);
    assertThat(ResultFormat.decode(ResultFormat.encode(List.of()))).isEmpty();
  }

  @Test
  void truncatedBytesNewerVersionsAndUnknownTypesAreRefused() {
    byte[] good = ResultFormat.encode(ALL);
    for (int length = 0; length < good.length; length++) {
      byte[] bad = Arrays.copyOf(good, length);
      assertThatThrownBy(() -> ResultFormat.decode(bad)).isInstanceOf(FormatException.class);
    }
    assertThatThrownBy(() -> ResultFormat.decode(new byte[] {2, 0}))
        .hasMessageContaining("version 2");
    assertThatThrownBy(() -> ResultFormat.decode(new byte[] {1, 1, 99}))
        .hasMessageContaining("type 99");
  }
}
