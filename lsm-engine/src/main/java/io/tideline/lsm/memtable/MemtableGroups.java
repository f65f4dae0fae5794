package io.tideline.lsm.memtable;

import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.memory.SlabArena;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.RowSink;
import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.row.RowType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The groups of a memtable at a snapshot, in key order. */
final class MemtableGroups implements GroupSource {

  /** Limit of a memtable that is not written to any more. */
  private static final int NO_LIMIT = -1;

  /** Groups whose memory is touched together before the first of them is read. */
  private static final int TOUCH_AHEAD = 16;

  /** Bytes of an element touched ahead: its header and a value of the usual size. */
  private static final int TOUCH_BYTES = 256;

  private static final int CACHE_LINE_BYTES = 64;

  private final SlabArena arena;
  private final int[] nodes;
  private final int limit;
  private final MemtableRows rows;
  private int at = -1;
  private int touchedTo;

  /** Keeps the reads of {@link #touch} from being optimised away. */
  @SuppressWarnings("UnusedVariable")
  private int touched;

  private byte[] key = new byte[64];
  private int keyLength;

  /** Elements of the present plain group, newest first. */
  private final int[] plain = new int[Memtable.PLAIN_ROWS_MAX];

  private int plainRows;
  private byte[] split = new byte[0];

  MemtableGroups(SlabArena arena, int[] nodes, int limit) {
    this.arena = arena;
    this.nodes = nodes;
    this.limit = limit;
    rows = new MemtableRows(arena, limit);
  }

  @Override
  public boolean seek(byte @Nullable [] target) {
    at = target == null ? 0 : firstAtOrAfter(target);
    touchedTo = at;
    return settle();
  }

  private int firstAtOrAfter(byte[] target) {
    int low = 0;
    int high = nodes.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Arrays.compareUnsigned(NodeReader.key(arena, nodes[middle]), target) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  @Override
  public boolean next() {
    at++;
    return settle();
  }

  /** Skips nodes that have no element in this snapshot. */
  private boolean settle() {
    while (at < nodes.length) {
      if (at >= touchedTo) {
        touch();
      }
      if (NodeReader.newest(arena, nodes[at], limit) != 0) {
        takeKey();
        return true;
      }
      at++;
    }
    return false;
  }

  /**
   * Reads what the next groups will read, without waiting for any of it: the processor fetches from
   * memory side by side what a walk would fetch one after the other.
   */
  private void touch() {
    touchedTo = Math.min(nodes.length, at + TOUCH_AHEAD);
    for (int i = at; i < touchedTo; i++) {
      long node = SlabArena.address(nodes[i]);
      touched += arena.acquireInt(node + Layout.NODE_LAST) + arena.getByte(node + Layout.NODE_KEY);
    }
    for (int i = at; i < touchedTo; i++) {
      int last = arena.acquireInt(SlabArena.address(nodes[i]) + Layout.NODE_LAST);
      if (last != 0) {
        long element = SlabArena.address(last);
        int bytes = Math.min(TOUCH_BYTES, SlabArena.leftInSlab(element));
        for (int b = 0; b < bytes; b += CACHE_LINE_BYTES) {
          touched += arena.getByte(element + b);
        }
      }
    }
  }

  private void takeKey() {
    long node = SlabArena.address(nodes[at]);
    keyLength = arena.getUnsignedShort(node + Layout.NODE_KEY_LENGTH);
    if (key.length < keyLength) {
      key = new byte[keyLength * 2];
    }
    arena.copyOut(node + Layout.NODE_KEY, key, 0, keyLength);
  }

  @Override
  public boolean isValid() {
    return at >= 0 && at < nodes.length;
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
    return NodeReader.head(arena, nodes[at], limit);
  }

  @Override
  public RowSource rows() {
    rows.reset(nodes[at]);
    rows.seekGE(Long.MIN_VALUE);
    return rows;
  }

  @Override
  public int plainBytes(long expireBeforeMillis) {
    long node = SlabArena.address(nodes[at]);
    int flags = arena.getUnsignedShort(node + Layout.NODE_FLAGS);
    if (limit != NO_LIMIT
        || (flags & (Layout.FLAG_RECORD | Layout.FLAG_UNORDERED)) != 0
        || arena.getInt(node + Layout.NODE_MARK) != 0
        || arena.getInt(node + Layout.NODE_ELEMENTS) > plain.length) {
      return NOT_PLAIN;
    }
    int n = 0;
    long bytes = 0;
    for (int e = arena.getInt(node + Layout.NODE_LAST); e != 0; n++) {
      long element = SlabArena.address(e);
      boolean append = RowType.type(arena.getInt(element + Layout.META)) == RowType.APPEND;
      if (!append || arena.getLong(element + Layout.MILLIS) < expireBeforeMillis) {
        return NOT_PLAIN;
      }
      plain[n] = e;
      bytes += PLAIN_ROW_BYTES + arena.getInt(element + Layout.VALUE_LENGTH);
      e = arena.getInt(element + Layout.PREV);
    }
    plainRows = n;
    return bytes > Integer.MAX_VALUE ? NOT_PLAIN : (int) bytes;
  }

  @Override
  public void copyPlain(RowSink sink) throws IOException {
    for (int i = plainRows - 1; i >= 0; i--) {
      long element = SlabArena.address(plain[i]);
      long id = arena.getLong(element + Layout.SEQUENCE);
      long millis = arena.getLong(element + Layout.MILLIS);
      int meta = arena.getInt(element + Layout.META) & Layout.ROW_META;
      int length = arena.getInt(element + Layout.VALUE_LENGTH);
      long value = element + Layout.ELEMENT_BYTES;
      if (length <= SlabArena.leftInSlab(element) - Layout.ELEMENT_BYTES) {
        long offset = arena.offset(element) + Layout.ELEMENT_BYTES;
        sink.append(id, millis, meta, arena.memory(), offset, length);
      } else {
        if (split.length < length) {
          split = new byte[length];
        }
        arena.copyOut(value, split, 0, length);
        sink.append(id, millis, meta, MemorySegment.ofArray(split), 0, length);
      }
    }
  }

  @Override
  public void close() {}
}
