package io.tideline.lsm.row;

import io.tideline.lsm.TimelineHead;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The groups of several layers as one: heads added up, rows merged with the newest version winning.
 *
 * <p>Layers are few (tens at most), so the smallest key is found by looking at each: simpler than a
 * heap and as fast.
 */
public final class MergedGroups implements GroupSource {

  private final List<GroupSource> newestFirst;

  /** Layers that stand on the present key, newest first. */
  private final List<GroupSource> present = new ArrayList<>();

  private byte @Nullable [] key;

  /** Takes over the sources: they are closed with this. */
  public MergedGroups(List<GroupSource> newestFirst) {
    this.newestFirst = List.copyOf(newestFirst);
  }

  @Override
  public boolean seek(byte @Nullable [] target) throws IOException {
    for (GroupSource source : newestFirst) {
      source.seek(target);
    }
    return settle();
  }

  @Override
  public boolean next() throws IOException {
    for (GroupSource source : present) {
      source.next();
    }
    return settle();
  }

  private boolean settle() {
    present.clear();
    byte[] smallest = null;
    for (GroupSource source : newestFirst) {
      if (!source.isValid()) {
        continue;
      }
      int order = smallest == null ? -1 : Arrays.compareUnsigned(source.key(), smallest);
      if (order < 0) {
        smallest = source.key();
        present.clear();
      }
      if (order <= 0) {
        present.add(source);
      }
    }
    key = smallest;
    return smallest != null;
  }

  @Override
  public boolean isValid() {
    return key != null;
  }

  @Override
  public byte[] key() {
    return java.util.Objects.requireNonNull(key, "not on a group");
  }

  @Override
  public TimelineHead head() {
    TimelineHead sum = Heads.NONE;
    for (int i = present.size() - 1; i >= 0; i--) {
      sum = Heads.merge(present.get(i).head(), sum);
    }
    return sum;
  }

  @Override
  public RowSource rows() throws IOException {
    if (present.size() == 1) {
      return present.getFirst().rows();
    }
    List<RowSource> rows = new ArrayList<>(present.size());
    for (GroupSource source : present) {
      rows.add(source.rows());
    }
    return new MergedRows(rows);
  }

  @Override
  public void close() {
    for (GroupSource source : newestFirst) {
      source.close();
    }
  }
}
