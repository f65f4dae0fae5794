package io.tideline.lsm.inspect;

import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.row.KeyHash;
import io.tideline.lsm.row.RowType;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.table.TableOrigin;
import io.tideline.lsm.table.TableProperties;
import io.tideline.lsm.table.TableWalk;
import io.tideline.lsm.table.TableWalk.BlockInfo;
import io.tideline.lsm.table.TableWalk.FragmentInfo;
import io.tideline.lsm.table.TableWalk.RowInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks one table row by row; carries on from the table before it in the run. */
abstract class TableChecker {

  private final Path path;
  private final TableMeta meta;
  private final List<Problem> problems;

  // Where the walk is; taken over from the previous table.
  private byte @Nullable [] key;
  private boolean groupOpen;

  /** The last key that was within the bounds of its table. */
  private byte @Nullable [] counted;

  private long lastId;

  // Totals, to compare with the properties.
  private long groups;
  private long rows;
  private long rawBytes;
  private long minId = Long.MAX_VALUE;
  private long maxId = Long.MIN_VALUE;
  private long minMillis = Long.MAX_VALUE;
  private long maxMillis = Long.MIN_VALUE;
  private long maxRowMillis = Long.MIN_VALUE;
  private int flags;
  private byte @Nullable [] firstKey;

  TableChecker(Path path, TableMeta meta, List<Problem> problems, @Nullable TableChecker previous) {
    this.path = path;
    this.meta = meta;
    this.problems = problems;
    if (previous != null) {
      counted = previous.counted;
      if (previous.endsWithinBounds()) {
        key = previous.key;
        groupOpen = previous.groupOpen;
        lastId = previous.lastId;
      }
    }
  }

  private boolean endsWithinBounds() {
    return key != null && meta.bounds().contains(key);
  }

  /** Called for each row of a timeline within the table's bounds. */
  abstract void timelineRow(byte[] timeline, long id, int rowMeta);

  /** Called for each head within the table's bounds. */
  abstract void head(byte[] timeline, TimelineHead head);

  final void problem(String expected, String found) {
    problems.add(new Problem(path, -1, expected, found));
  }

  private void require(boolean holds, String expected, Object found) {
    if (!holds) {
      problem(expected, String.valueOf(found));
    }
  }

  final void check(FileSystem fileSystem) throws IOException {
    try (TableWalk walk = TableWalk.open(fileSystem, path, meta)) {
      flags |= walk.properties().flags() & TableProperties.COLD; // Says nothing of the content.
      TableOrigin origin = new TableOrigin(walk.engineId(), walk.fileId());
      require(origin.equals(meta.origin()), "a file that is " + meta.origin(), origin);
      require(
          meta.bounds().overlaps(walk.properties().minKey(), walk.properties().maxKey()),
          "bounds with some key of the table",
          meta.bounds());
      for (int i = 0; i < walk.blockCount(); i++) {
        checkBlock(walk, walk.block(i));
      }
      TableProperties expected =
          new TableProperties(
              groups,
              rows,
              rawBytes,
              minId,
              maxId,
              minMillis,
              maxMillis,
              maxRowMillis,
              meta.properties().minLogIndex(),
              meta.properties().maxLogIndex(),
              flags,
              firstKey == null ? new byte[0] : firstKey,
              key == null ? new byte[0] : key);
      require(walk.properties().equals(expected), "properties " + expected, walk.properties());
      require(meta.properties().equals(expected), "the same in the manifest", meta.properties());
    }
  }

  private void checkBlock(TableWalk walk, BlockInfo block) {
    rawBytes += block.rawBytes();
    long blockMaxMillis = Long.MIN_VALUE;
    long blockLastId = Long.MIN_VALUE;
    for (FragmentInfo fragment : block.fragments()) {
      checkFragment(walk, fragment);
      blockLastId = Long.MIN_VALUE;
      for (RowInfo row : fragment.rows()) {
        checkRow(fragment, row);
        blockLastId = row.sequenceId();
        boolean append = RowType.type(row.meta()) == RowType.APPEND;
        blockMaxMillis = Math.max(blockMaxMillis, append ? row.timestampMillis() : Long.MAX_VALUE);
      }
    }
    byte[] last = key;
    require(
        last != null && Arrays.equals(block.indexKey(), last) && block.indexLastId() == blockLastId,
        "an index entry for the last row " + blockLastId + " of block " + block.number(),
        block.indexLastId());
    require(
        block.indexMaxMillis() == blockMaxMillis,
        "max millis " + blockMaxMillis + " of block " + block.number(),
        block.indexMaxMillis());
  }

  private void checkFragment(TableWalk walk, FragmentInfo fragment) {
    byte[] previous = key;
    byte[] now = fragment.key();
    boolean counts = meta.bounds().contains(now);
    if (counts) {
      byte[] before = counted;
      int order = before == null ? -1 : Arrays.compareUnsigned(before, now);
      require(
          order < 0 || (order == 0 && !fragment.first()),
          "keys that count in ascending order",
          EngineInspector.keyText(now));
      counted = now;
    }
    if (fragment.first()) {
      require(!groupOpen, "the rest of the group before", EngineInspector.keyText(now));
      require(
          previous == null || Arrays.compareUnsigned(previous, now) < 0,
          "ascending keys",
          EngineInspector.keyText(now));
      groups++;
      lastId = Long.MIN_VALUE;
    } else if (counts || firstKey != null) {
      // Else the table that starts this group is another engine's.
      require(
          groupOpen && previous != null && Arrays.equals(previous, now),
          "the start of a group",
          EngineInspector.keyText(now));
    }
    require(
        walk.mayContain(KeyHash.of(now, meta.origin().hashSeed())),
        "a filter that knows the key",
        EngineInspector.keyText(now));
    require(fragment.record() != InternalKey.isTimeline(now), "records in record spaces", fragment);
    require(
        !fragment.continues() || !fragment.rows().isEmpty(),
        "rows before the group goes on",
        EngineInspector.keyText(now));
    TimelineHead head = fragment.head();
    if (head != null) {
      if (counts) {
        head(now, head);
      }
      boolean trimmed = head.trimmedThrough() != TimelineHead.NOTHING_TRIMMED;
      flags |= trimmed ? TableProperties.HAS_TRIMS : 0;
    }
    flags |= fragment.record() ? TableProperties.HAS_RECORDS : 0;
    firstKey = firstKey == null ? now : firstKey;
    key = now;
    groupOpen = fragment.continues();
  }

  private void checkRow(FragmentInfo fragment, RowInfo row) {
    boolean firstOfGroup = lastId == Long.MIN_VALUE;
    require(
        firstOfGroup || row.sequenceId() > lastId,
        "ids above " + lastId + " in " + EngineInspector.keyText(fragment.key()),
        row.sequenceId());
    lastId = row.sequenceId();
    rows++;
    minId = Math.min(minId, row.sequenceId());
    maxId = Math.max(maxId, row.sequenceId());
    if (!fragment.record() && RowType.type(row.meta()) != RowType.DELETE) {
      maxRowMillis = Math.max(maxRowMillis, row.timestampMillis());
    }
    if (RowType.type(row.meta()) == RowType.APPEND) {
      minMillis = Math.min(minMillis, row.timestampMillis());
      maxMillis = Math.max(maxMillis, row.timestampMillis());
    } else if (!fragment.record()) {
      flags |= TableProperties.HAS_OTHER_THAN_APPENDS;
    }
    if (!fragment.record() && meta.bounds().contains(fragment.key())) {
      timelineRow(fragment.key(), row.sequenceId(), row.meta());
    }
  }

  /** After the last table of a run. */
  final void requireGroupEnded() {
    require(
        !groupOpen || !endsWithinBounds(),
        "the end of the last group in this run",
        "the end of the run");
  }
}
