package io.tideline.lsm.table;

import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.RowSink;
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
  private byte[] key = new byte[64];
  private int keyLength;

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
    byte[] floor = run.isVirtual() ? key() : NO_KEY;
    if (at.fragment().continues()) {
      // Past all rows of this group, however many blocks they fill.
      byte[] whole = key();
      long here = at.place();
      valid = at.locate(whole, Long.MAX_VALUE) && at.seekFragment(whole);
      if (valid && at.place() <= here) {
        throw at.corrupt("the group's end in a later block");
      }
      if (valid && at.fragment().compareKey(whole) == 0) {
        valid = at.nextFragment() || at.nextBlock();
      }
    } else {
      valid = at.nextFragment() || at.nextBlock();
    }
    return settle(floor);
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
    while (valid && run.isVirtual() && !run.counts(at.table(), at.fragment().key())) {
      byte[] next = run.nextCounting(at.table(), at.fragment().key(), floor);
      valid = next != null && moveTo(next);
      floor = next == null ? floor : next;
    }
    if (valid) {
      keyLength = at.fragment().keyLength();
      if (key.length < keyLength) {
        key = new byte[keyLength * 2];
      }
      at.fragment().copyKey(key);
    }
    return valid;
  }

  @Override
  public boolean isValid() {
    return valid;
  }

  @Override
  public byte[] keyBuffer() {
    return key;
  }

  @Override
  public int keyLength() {
    return keyLength;
  }

  @Override
  public TimelineHead head() {
    return at.fragment().head();
  }

  @Override
  public RowSource rows() throws IOException {
    rows.reset(key(), at);
    return rows;
  }

  @Override
  public int plainBytes(long expireBeforeMillis) {
    Fragment fragment = at.fragment();
    if (!fragment.isPlain(expireBeforeMillis)) {
      return NOT_PLAIN;
    }
    long bytes = fragment.valueBytes() + (long) fragment.rows() * PLAIN_ROW_BYTES;
    return bytes > Integer.MAX_VALUE ? NOT_PLAIN : (int) bytes;
  }

  @Override
  public void copyPlain(RowSink sink) throws IOException {
    at.fragment().copyPlain(sink);
  }

  @Override
  public void close() {
    rows.close();
    at.close();
  }
}
