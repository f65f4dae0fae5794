package io.tideline.lsm.table;

import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.row.RowType;
import io.tideline.lsm.seeded.SeededBug;
import java.io.IOException;

/** The rows of one key in a run, across blocks and tables. */
final class RunRows implements RowSource {

  private final RunPosition at;
  private byte[] key;
  private int row;
  private boolean valid;

  /** The last {@link #seekGE} ended on a fragment of the key, perhaps behind its last row. */
  private boolean onKey;

  RunRows(TableRun run, byte[] key) {
    this.key = key;
    at = new RunPosition(run, true);
  }

  /** For walks over groups: a source that is moved by {@link #reset}. */
  RunRows(TableRun run, boolean cached) {
    key = new byte[0];
    at = new RunPosition(run, cached);
  }

  /** Moves to the first row of the group whose first fragment {@code position} stands on. */
  void reset(byte[] newKey, RunPosition position) throws IOException {
    key = newKey;
    at.copyFrom(position);
    row = 0;
    valid = at.fragment().rows() > 0;
  }

  @Override
  public boolean seekGE(long sequenceId) throws IOException {
    onKey = at.locate(key, sequenceId) && at.find(key);
    valid = onKey;
    if (valid) {
      row = at.fragment().rowAtOrAbove(sequenceId);
      valid = row < at.fragment().rows();
    }
    return valid;
  }

  @Override
  public boolean followsAppend(long sequenceId) throws IOException {
    if (onKey && row > 0) {
      return RowType.type(at.fragment().meta(row - 1)) == RowType.APPEND;
    }
    return RowSource.super.followsAppend(sequenceId);
  }

  @Override
  public boolean seekLT(long sequenceId) throws IOException {
    onKey = false;
    if (!at.locate(key, sequenceId)) {
      at.last();
    }
    boolean found = at.find(key);
    if (found && at.fragment().rowAtOrAbove(sequenceId) > 0) {
      row = at.fragment().rowAtOrAbove(sequenceId) - 1;
      valid = true;
      return true;
    }
    // The block found starts at or after the id: the row before it ends the block before.
    boolean before =
        !(found && at.fragment().isFirst())
            && at.previousBlockEndsWith(key)
            && at.previousBlock()
            && at.lastFragment();
    row = before ? at.fragment().rowAtOrAbove(sequenceId) - 1 : -1;
    valid = row >= 0;
    return valid;
  }

  @Override
  public boolean next() throws IOException {
    row++;
    if (row >= at.fragment().rows()) {
      row = 0;
      valid = at.fragment().continues() && at.nextBlock();
    }
    return valid;
  }

  @Override
  public boolean prev() throws IOException {
    row--;
    if (row < 0) {
      valid = !at.fragment().isFirst() && at.previousBlock() && at.lastFragment();
      row = valid ? at.fragment().rows() - 1 : 0;
      if (SeededBug.BACKWARD_SKIPS_A_ROW.isPlanted() && row > 0) {
        row--;
      }
    }
    return valid;
  }

  @Override
  public boolean skipOlder(long timestampMillis) throws IOException {
    if (!valid || timestampMillis() >= timestampMillis) {
      return valid;
    }
    int stood = row;
    long id = sequenceId();
    valid = at.skipOlderBlocks(key, timestampMillis) && at.find(key) && at.fragment().rows() > 0;
    if (valid) {
      // Still in the same block: stay where we were.
      boolean sameBlock = stood < at.fragment().rows() && at.fragment().id(stood) == id;
      row = sameBlock ? stood : 0;
    }
    return valid;
  }

  @Override
  public boolean isValid() {
    return valid;
  }

  @Override
  public long sequenceId() {
    return at.fragment().id(row);
  }

  @Override
  public long timestampMillis() {
    return at.fragment().millis(row);
  }

  @Override
  public int meta() {
    return at.fragment().meta(row);
  }

  @Override
  public int valueSize() {
    return at.fragment().valueSize(row);
  }

  @Override
  public void copyValue(byte[] dst, int offset) {
    at.fragment().copyValue(row, dst, offset);
  }

  @Override
  public void close() {
    valid = false;
    at.close();
  }
}
