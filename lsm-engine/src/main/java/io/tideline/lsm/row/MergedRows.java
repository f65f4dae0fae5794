package io.tideline.lsm.row;

import java.io.IOException;
import java.util.List;

/**
 * The rows of one key from several layers in ascending order, the newest version of each id. For
 * whole walks (compaction, listings): sources come positioned on their first row and only move
 * forward.
 */
final class MergedRows implements RowSource {

  private final List<RowSource> newestFirst;
  private int current = -1;

  MergedRows(List<RowSource> newestFirst) {
    this.newestFirst = newestFirst;
    settle();
  }

  private boolean settle() {
    current = -1;
    for (int i = 0; i < newestFirst.size(); i++) {
      RowSource source = newestFirst.get(i);
      if (source.isValid()
          && (current < 0 || source.sequenceId() < newestFirst.get(current).sequenceId())) {
        current = i;
      }
    }
    return current >= 0;
  }

  @Override
  public boolean next() throws IOException {
    long id = sequenceId();
    for (RowSource source : newestFirst) {
      if (source.isValid() && source.sequenceId() == id) {
        source.next();
      }
    }
    return settle();
  }

  @Override
  public boolean seekGE(long sequenceId) throws IOException {
    for (RowSource source : newestFirst) {
      source.seekGE(sequenceId);
    }
    return settle();
  }

  @Override
  public boolean seekLT(long sequenceId) {
    throw new UnsupportedOperationException("merged rows of a group walk forward");
  }

  @Override
  public boolean prev() {
    throw new UnsupportedOperationException("merged rows of a group walk forward");
  }

  @Override
  public boolean isValid() {
    return current >= 0;
  }

  @Override
  public long sequenceId() {
    return newestFirst.get(current).sequenceId();
  }

  @Override
  public long timestampMillis() {
    return newestFirst.get(current).timestampMillis();
  }

  @Override
  public int meta() {
    return newestFirst.get(current).meta();
  }

  @Override
  public int valueSize() {
    return newestFirst.get(current).valueSize();
  }

  @Override
  public void copyValue(byte[] dst, int offset) {
    newestFirst.get(current).copyValue(dst, offset);
  }

  @Override
  public void close() {
    for (RowSource source : newestFirst) {
      source.close();
    }
  }
}
