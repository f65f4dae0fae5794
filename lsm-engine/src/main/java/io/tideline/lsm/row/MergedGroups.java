package io.tideline.lsm.row;

import io.tideline.lsm.TimelineHead;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The groups of several layers as one: heads added up, rows merged with the newest version winning.
 *
 * <p>Layers are few (tens at most), so the smallest key is found by looking at each. Looking means
 * comparing one long: eight bytes of each key behind the bytes that all present keys share. Only
 * where those are equal are keys compared whole.
 */
public final class MergedGroups implements GroupSource {

  private static final VarHandle BIG_ENDIAN =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /** So many different keys with equal longs, and it is time to see what the keys share by now. */
  private static final int TIES_MAX = 64;

  private final GroupSource[] newestFirst;

  /** Eight bytes of each source's key from {@link #sharedLength} on, as unsigned numbers. */
  private final long[] words;

  /** Layers that stand on the present key, newest first, the first {@link #presentCount}. */
  private final int[] present;

  private int presentCount;

  /** What all present keys start with. */
  private byte[] shared = new byte[64];

  private int sharedLength;
  private int ties;

  /** Takes over the sources: they are closed with this. */
  public MergedGroups(List<GroupSource> newestFirst) {
    this.newestFirst = newestFirst.toArray(new GroupSource[0]);
    words = new long[this.newestFirst.length];
    present = new int[this.newestFirst.length];
  }

  @Override
  public boolean seek(byte @Nullable [] target) throws IOException {
    for (GroupSource source : newestFirst) {
      source.seek(target);
    }
    findShared();
    return settle();
  }

  @Override
  public boolean next() throws IOException {
    boolean fits = true;
    for (int i = 0; i < presentCount; i++) {
      int source = present[i];
      if (newestFirst[source].next()) {
        fits &= takeWord(source);
      }
    }
    if (!fits || ties > TIES_MAX) {
      findShared();
    }
    return settle();
  }

  /** Takes the bytes to compare of a source that has moved; false if its key starts otherwise. */
  private boolean takeWord(int source) {
    byte[] key = newestFirst[source].keyBuffer();
    int length = newestFirst[source].keyLength();
    if (length < sharedLength || !Arrays.equals(key, 0, sharedLength, shared, 0, sharedLength)) {
      return false;
    }
    words[source] = word(key, sharedLength, length);
    return true;
  }

  /** Eight bytes as an unsigned number, zeros behind the end. */
  private static long word(byte[] key, int from, int length) {
    if (from + Long.BYTES <= length) {
      return (long) BIG_ENDIAN.get(key, from);
    }
    long word = 0;
    for (int i = from; i < from + Long.BYTES; i++) {
      word = word << Byte.SIZE | (i < length ? key[i] & 0xFF : 0);
    }
    return word;
  }

  /** Finds what all present keys start with. */
  private void findShared() {
    ties = 0;
    sharedLength = -1;
    for (GroupSource source : newestFirst) {
      if (source.isValid()) {
        int length = source.keyLength();
        if (sharedLength < 0) {
          shared = Arrays.copyOf(source.keyBuffer(), Math.max(64, length));
          sharedLength = length;
        } else {
          int mismatch = Arrays.mismatch(shared, 0, sharedLength, source.keyBuffer(), 0, length);
          sharedLength = mismatch < 0 ? sharedLength : mismatch;
        }
      }
    }
    for (int i = 0; i < newestFirst.length; i++) {
      if (newestFirst[i].isValid() && !takeWord(i)) {
        throw new AssertionError("merge: a key does not start with what all keys start with");
      }
    }
  }

  private boolean settle() {
    presentCount = 0;
    long smallest = 0;
    for (int i = 0; i < newestFirst.length; i++) {
      if (!newestFirst[i].isValid()) {
        continue;
      }
      int order = presentCount == 0 ? -1 : Long.compareUnsigned(words[i], smallest);
      if (order == 0) {
        order = compareWhole(i, present[0]);
        ties += order == 0 ? 0 : 1;
      }
      if (order < 0) {
        smallest = words[i];
        presentCount = 0;
      }
      if (order <= 0) {
        present[presentCount++] = i;
      }
    }
    return presentCount > 0;
  }

  private int compareWhole(int a, int b) {
    GroupSource left = newestFirst[a];
    GroupSource right = newestFirst[b];
    return Arrays.compareUnsigned(
        left.keyBuffer(), 0, left.keyLength(), right.keyBuffer(), 0, right.keyLength());
  }

  @Override
  public boolean isValid() {
    return presentCount > 0;
  }

  private GroupSource newestPresent() {
    if (presentCount == 0) {
      throw new IllegalStateException("not on a group");
    }
    return newestFirst[present[0]];
  }

  @Override
  public byte[] keyBuffer() {
    return newestPresent().keyBuffer();
  }

  @Override
  public int keyLength() {
    return newestPresent().keyLength();
  }

  @Override
  public TimelineHead head() {
    TimelineHead sum = Heads.NONE;
    for (int i = presentCount - 1; i >= 0; i--) {
      sum = Heads.merge(newestFirst[present[i]].head(), sum);
    }
    return sum;
  }

  @Override
  public RowSource rows() throws IOException {
    if (presentCount == 1) {
      return newestPresent().rows();
    }
    List<RowSource> rows = new ArrayList<>(presentCount);
    for (int i = 0; i < presentCount; i++) {
      rows.add(newestFirst[present[i]].rows());
    }
    return new MergedRows(rows);
  }

  /**
   * Appends of a newer layer have larger ids than all older ones, so plain groups one after the
   * other, the oldest first, are a plain group.
   */
  @Override
  public int plainBytes(long expireBeforeMillis) {
    long bytes = 0;
    for (int i = 0; i < presentCount; i++) {
      int more = newestFirst[present[i]].plainBytes(expireBeforeMillis);
      if (more == NOT_PLAIN) {
        return NOT_PLAIN;
      }
      bytes += more;
    }
    return bytes > Integer.MAX_VALUE ? NOT_PLAIN : (int) bytes;
  }

  @Override
  public void copyPlain(RowSink sink) throws IOException {
    for (int i = presentCount - 1; i >= 0; i--) {
      newestFirst[present[i]].copyPlain(sink);
    }
  }

  @Override
  public void close() {
    for (GroupSource source : newestFirst) {
      source.close();
    }
  }
}
