package io.tideline.lsm.table;

import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.RowSource;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The groups of a run in key order. */
final class RunGroups implements GroupSource {

  private final RunPosition at;
  private final RunRows rows;
  private boolean valid;
  private byte[] key = new byte[0];

  RunGroups(TableRun run, boolean cached) {
    at = new RunPosition(run, cached);
    rows = new RunRows(run, cached);
  }

  @Override
  public boolean seek(byte @Nullable [] target) throws IOException {
    if (target == null) {
      valid = at.first();
    } else {
      valid = at.locate(target, Long.MIN_VALUE) && at.seekFragment(target);
    }
    return settle();
  }

  @Override
  public boolean next() throws IOException {
    if (at.fragment().continues()) {
      // Past all rows of this group, however many blocks they fill.
      valid = at.locate(key, Long.MAX_VALUE) && at.seekFragment(key);
      if (valid && at.fragment().compareKey(key) == 0) {
        valid = at.nextFragment() || at.nextBlock();
      }
    } else {
      valid = at.nextFragment() || at.nextBlock();
    }
    return settle();
  }

  private boolean settle() {
    if (valid) {
      key = at.fragment().key();
    }
    return valid;
  }

  @Override
  public boolean isValid() {
    return valid;
  }

  @Override
  public byte[] key() {
    return key;
  }

  @Override
  public TimelineHead head() {
    return at.fragment().head();
  }

  @Override
  public RowSource rows() throws IOException {
    rows.reset(key, at);
    return rows;
  }

  @Override
  public void close() {
    rows.close();
    at.close();
  }
}
