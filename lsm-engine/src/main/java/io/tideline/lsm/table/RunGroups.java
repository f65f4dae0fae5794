package io.tideline.lsm.table;

import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.RowSource;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The groups of a run in key order. */
final class RunGroups implements GroupSource {

  /** Sorts before every key. */
  private static final byte[] NO_KEY = {};

  private final TableRun run;
  private final RunPosition at;
  private final RunRows rows;
  private boolean valid;
  private byte[] key = NO_KEY;

  RunGroups(TableRun run, boolean cached) {
    this.run = run;
    at = new RunPosition(run, cached);
    rows = new RunRows(run, cached);
  }

  @Override
  public boolean seek(byte @Nullable [] target) throws IOException {
    valid = target == null ? at.first() : moveTo(target);
    return settle(target == null ? NO_KEY : target);
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
    return settle(key);
  }

  private boolean moveTo(byte[] target) throws IOException {
    return at.locate(target, Long.MIN_VALUE) && at.seekFragment(target);
  }

  /**
   * Takes the key of the present group, moving on over keys that do not count.
   *
   * @param from keys below it have been passed
   */
  private boolean settle(byte[] from) throws IOException {
    byte[] floor = from;
    while (valid) {
      byte[] found = at.fragment().key();
      if (run.counts(at.table(), found)) {
        key = found;
        return true;
      }
      byte[] next = run.nextCounting(at.table(), found, floor);
      valid = next != null && moveTo(next);
      floor = next == null ? floor : next;
    }
    return false;
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
