package io.tideline.lsm.table;

import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.file.Encoder;
import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.row.RowType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Builds the payload of one block, fragment by fragment. Reused from block to block. */
final class BlockBuilder {

  private final Encoder payload = new Encoder(32 << 10);
  private final Encoder values = new Encoder(32 << 10);
  private int[] fragments = new int[64];
  private int fragmentCount;

  // The open fragment.
  private byte[] key = new byte[64];
  private int keyLength;
  private boolean open;
  private boolean first;
  private boolean record;
  private TimelineHead head = io.tideline.lsm.row.Heads.NONE;
  private int rows;
  private long[] ids = new long[64];
  private long[] millis = new long[64];
  private byte[] metas = new byte[64];
  private int[] ends = new int[64];

  // Of the block so far, for its index entry.
  private long maxMillis;
  private long lastId;

  void clear() {
    payload.clear();
    values.clear();
    fragmentCount = 0;
    open = false;
    rows = 0;
    maxMillis = Long.MIN_VALUE;
  }

  /** Starts a fragment; {@code first} if it starts its group. */
  void begin(byte[] from, int length, TimelineHead groupHead, boolean isRecord, boolean isFirst) {
    if (key.length < length) {
      key = new byte[length * 2];
    }
    System.arraycopy(from, 0, key, 0, length);
    keyLength = length;
    open = true;
    head = groupHead;
    record = isRecord;
    first = isFirst;
    rows = 0;
    values.clear();
    lastId = Long.MIN_VALUE;
  }

  /** Adds an appended row to the open fragment. */
  void append(long id, long rowMillis, int meta, MemorySegment from, long offset, int length) {
    if (rows == ids.length) {
      growColumns();
    }
    int at = values.grow(length);
    MemorySegment.copy(from, ValueLayout.JAVA_BYTE, offset, values.array(), at, length);
    ids[rows] = id;
    millis[rows] = rowMillis;
    metas[rows] = (byte) meta;
    ends[rows] = values.size();
    rows++;
    lastId = id;
    maxMillis = Math.max(maxMillis, rowMillis);
  }

  /** Adds a row to the open fragment. */
  void add(long id, long rowMillis, int meta, @Nullable RowSource source) {
    if (rows == ids.length) {
      growColumns();
    }
    ids[rows] = id;
    millis[rows] = rowMillis;
    metas[rows] = (byte) meta;
    if (source != null) {
      int at = values.grow(source.valueSize());
      source.copyValue(values.array(), at);
    }
    ends[rows] = values.size();
    rows++;
    lastId = id;
    // A block with a row that is no append must not be skipped by time: see the package
    // documentation.
    maxMillis =
        Math.max(maxMillis, RowType.type(meta) == RowType.APPEND ? rowMillis : Long.MAX_VALUE);
  }

  private void growColumns() {
    int wider = rows * 2;
    ids = Arrays.copyOf(ids, wider);
    millis = Arrays.copyOf(millis, wider);
    metas = Arrays.copyOf(metas, wider);
    ends = Arrays.copyOf(ends, wider);
  }

  /**
   * Ends the open fragment.
   *
   * @param complete whether the group ends here too: only then can its head be implied
   */
  void end(boolean complete) {
    if (!complete && rows == 0) {
      throw new AssertionError("a fragment without rows must end its group: seeks rely on it");
    }
    end(complete, first && !record && !(complete && isImplied()));
  }

  /** Ends the open fragment, which is a plain group: its rows imply its head. */
  void endPlain() {
    end(true, false);
  }

  private void end(boolean complete, boolean explicit) {
    if (!open) {
      throw new AssertionError("no open fragment");
    }
    if (fragmentCount == fragments.length) {
      fragments = Arrays.copyOf(fragments, fragmentCount * 2);
    }
    fragments[fragmentCount++] = payload.size();
    long base = rows == 0 ? 0 : ids[0];
    long baseMillis = minMillis();
    int idWidth = BlockFormat.width(rows == 0 ? 0 : ids[rows - 1] - base);
    int millisWidth = BlockFormat.width(maxDelta(baseMillis));
    int endWidth = BlockFormat.width(values.size());
    payload.putShort(keyLength);
    payload.putByte(
        (first ? BlockFormat.FIRST : 0)
            | (explicit ? BlockFormat.EXPLICIT_HEAD : 0)
            | (record ? BlockFormat.RECORD : 0)
            | (complete ? 0 : BlockFormat.CONTINUES));
    payload.putByte(BlockFormat.widthsCode(idWidth, millisWidth, endWidth));
    payload.putInt(rows).putBytes(key, 0, keyLength);
    if (explicit) {
      putHead();
    }
    if (rows > 0) {
      payload.putLong(base).putLong(baseMillis);
      putColumns(base, idWidth, baseMillis, millisWidth, endWidth);
    }
    payload.putBytes(values.array(), 0, values.size());
    values.clear();
    open = false;
  }

  private boolean isImplied() {
    return rows > 0 && head.equals(BlockFormat.implied(ids[rows - 1], millis[rows - 1], rows));
  }

  private void putHead() {
    payload.putLong(head.lastSequenceId()).putLong(head.trimmedThrough());
    payload.putLong(head.appendedCount()).putLong(head.epoch()).putLong(head.lastAppendMillis());
  }

  private void putColumns(long base, int idWidth, long baseMillis, int millisWidth, int endWidth) {
    for (int i = 0; i < rows; i++) {
      payload.putWidth(ids[i] - base, idWidth);
    }
    for (int i = 0; i < rows; i++) {
      payload.putWidth(millis[i] - baseMillis, millisWidth);
    }
    payload.putBytes(metas, 0, rows);
    for (int i = 0; i < rows; i++) {
      payload.putWidth(ends[i], endWidth);
    }
  }

  private long minMillis() {
    long min = rows == 0 ? 0 : millis[0];
    for (int i = 1; i < rows; i++) {
      min = Math.min(min, millis[i]);
    }
    return min;
  }

  private long maxDelta(long base) {
    long max = 0;
    for (int i = 0; i < rows; i++) {
      long delta = millis[i] - base;
      max = Long.compareUnsigned(delta, max) > 0 ? delta : max;
    }
    return max;
  }

  /** Completes the payload; no fragment may be open. */
  Encoder finish() {
    for (int i = 0; i < fragmentCount; i++) {
      payload.putInt(fragments[i]);
    }
    return payload.putInt(fragmentCount);
  }

  /** Raw bytes the block would have if it were finished now, within a few bytes. */
  int estimatedBytes() {
    int unfinished = open ? BlockFormat.FRAGMENT_PREFIX + keyLength + 56 + rows * 8 : 0;
    return payload.size() + unfinished + values.size() + 4 * fragmentCount + 4;
  }

  boolean isEmpty() {
    return fragmentCount == 0 && rows == 0;
  }

  /** Rows in the open fragment. */
  int openRows() {
    return open ? rows : 0;
  }

  /** The key of the last fragment, in the first {@link #lastKeyLength} bytes. */
  byte[] lastKey() {
    return key;
  }

  int lastKeyLength() {
    return keyLength;
  }

  long lastId() {
    return lastId;
  }

  long maxMillis() {
    return maxMillis;
  }
}
