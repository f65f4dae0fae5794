package io.tideline.lsm.memtable;

import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.WriteBatch;
import io.tideline.lsm.memory.MemoryPool;
import io.tideline.lsm.memory.SlabArena;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.Heads;
import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.row.KeyHash;
import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.row.RowType;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The newest layer of an engine, in off-heap memory.
 *
 * <p>Threading: one writer at a time ({@link #apply}); any number of wait-free readers, each with
 * the {@code limit} it took from {@link #limit} after the batches it wants to see.
 *
 * <p>Lifetime: reference counted; the memory goes back to the pool with the last reference.
 *
 * <p>Invariants: (1) everything is allocated in the order of writing, so "below the limit" means
 * "written before the snapshot"; (2) a thing is written whole before a release store makes it
 * reachable; (3) elements are never changed afterwards, except {@code older}, before its release.
 */
public final class Memtable {

  /**
   * Rows from which a timeline gets a {@link RowIndex}: below, walking the chain is as fast, and
   * most timelines stay below.
   */
  private static final int INDEX_ROWS_MIN = 16;

  /** Changes whose memory is touched together before the first of them is written. */
  private static final int TOUCH_AHEAD = 16;

  /** Most bytes one operation may allocate beside its key and value, padding included. */
  private static final long OPERATION_BYTES_MAX =
      Layout.NODE_KEY + Layout.HEAD_ELEMENT_BYTES + RowIndex.ENTRY_BYTES_MAX + 32;

  /** Bytes of the index of a timeline that becomes hot: of the rows it already has. */
  private static final long INDEX_BYTES = RowIndex.HEADER_BYTES + INDEX_ROWS_MIN * 32L;

  /** Rows of a group that is written out in one piece ({@link MemtableGroups}). */
  static final int PLAIN_ROWS_MAX = 256;

  private final long generation;
  private final long hashSeed;
  private final SlabArena arena;
  private final NodeTable nodes;
  private final SortedNodes sorted;
  private final AtomicInteger references = new AtomicInteger(1);

  // The writer's alone.
  private final long[] hashes = new long[TOUCH_AHEAD];
  private long elements;

  /** Keeps the reads of {@link #touch} from being optimised away. */
  @SuppressWarnings("UnusedVariable")
  private long touched;

  /**
   * @param generation age of this memtable: rises from one to the next
   * @param hashSeed see {@link KeyHash}
   */
  public Memtable(MemoryPool pool, long generation, long hashSeed) {
    this.generation = generation;
    this.hashSeed = hashSeed;
    arena = new SlabArena(pool);
    nodes = new NodeTable(arena);
    sorted = new SortedNodes(arena, nodes);
  }

  public long generation() {
    return generation;
  }

  /** Takes pool memory for a batch ahead, so that applying it cannot stop half way. */
  public boolean reserve(WriteBatch batch) {
    // The largest piece that must not cross a slab border: a node with its key, or an index.
    int unbroken = Math.max(RowIndex.HEADER_BYTES, Layout.NODE_KEY + batch.largestKeyBytes() + 8);
    // A timeline that becomes hot has INDEX_ROWS_MIN elements, in this memtable and batch.
    long hot = Math.min(batch.size(), (elements + batch.size()) / INDEX_ROWS_MIN);
    long bytes = batch.payloadBytes() + batch.size() * OPERATION_BYTES_MAX + hot * INDEX_BYTES;
    return arena.reserve(bytes + nodes.growthBytes(batch.size()), unbroken);
  }

  /** Most bytes a batch may need, the growth of the hash table aside. */
  public static long reservationBytes(WriteBatch batch) {
    return batch.payloadBytes() + batch.size() * (OPERATION_BYTES_MAX + INDEX_BYTES);
  }

  /** Bytes written so far. */
  public long bytes() {
    return arena.top() - Long.BYTES;
  }

  /** Bytes held of the pool. */
  public long reservedBytes() {
    return arena.reservedBytes();
  }

  /** Gives spare memory back; nothing is written afterwards. Called by the writer. */
  public void freeze() {
    arena.giveBackReserve();
  }

  public boolean isEmpty() {
    return nodes.nodeCount() == 0;
  }

  /** End of what is written: a reader given this sees everything before, nothing after. */
  public int limit() {
    return SlabArena.reference(arena.top());
  }

  /** Whether the last id of the timeline, older layers included, is known here without a read. */
  public boolean knowsLastId(byte[] timeline) {
    int node = find(InternalKey.TIMELINES, timeline);
    return node != 0 && hasFlag(SlabArena.address(node), Layout.FLAG_BASE_KNOWN);
  }

  /** The heads that a batch needs of older layers, by the position of the change. */
  public interface Bases {
    /** Null if the timeline's last id is known here already ({@link #knowsLastId}). */
    @Nullable TimelineHead of(int change);
  }

  /**
   * Writes a batch, for which memory was reserved; visible to readers whose limit is taken
   * afterwards.
   *
   * @param bases asked for the changes that depend on the timeline's last id ({@link #needsBase})
   * @throws IllegalArgumentException if an append does not come after the rows of its timeline here
   */
  public void apply(WriteBatch batch, Bases bases) {
    int size = batch.size();
    for (int from = 0; from < size; from += TOUCH_AHEAD) {
      int to = Math.min(size, from + TOUCH_AHEAD);
      touch(batch, from, to);
      for (int i = from; i < to; i++) {
        apply(batch, i, hashes[i - from], bases);
      }
    }
  }

  /**
   * Reads what the next changes will read, without waiting for any of it: the processor fetches
   * from memory side by side what {@link #apply} would fetch one after the other.
   */
  private void touch(WriteBatch batch, int from, int to) {
    for (int i = from; i < to; i++) {
      long hash = KeyHash.of(space(batch, i), batch.key(i), hashSeed);
      hashes[i - from] = hash;
      touched += nodes.firstSlot(hash);
    }
    for (int i = from; i < to; i++) {
      int node = nodes.likelyNode(hashes[i - from]);
      if (node != 0) {
        touched += arena.getInt(SlabArena.address(node) + Layout.NODE_LAST);
      }
    }
  }

  private static int space(WriteBatch batch, int i) {
    return switch (batch.type(i)) {
      case PUT_RECORD, DELETE_RECORD -> batch.tag(i);
      case APPEND, PUT, DELETE, TRIM, DELETE_TIMELINE -> InternalKey.TIMELINES;
    };
  }

  private void apply(WriteBatch batch, int i, long hash, Bases bases) {
    byte[] key = batch.key(i);
    long id = batch.sequenceId(i);
    switch (batch.type(i)) {
      case APPEND -> append(hash, key, id, batch.timestampMillis(i), batch.tag(i), batch.value(i));
      case PUT ->
          put(
              nodeWithBase(hash, key, bases.of(i)),
              id,
              batch.timestampMillis(i),
              batch.tag(i),
              batch.value(i));
      case DELETE -> delete(hash, key, id, bases.of(i));
      case TRIM -> trim(hash, key, id);
      case DELETE_TIMELINE -> deleteTimeline(hash, key, bases.of(i));
      case PUT_RECORD ->
          writeRecord(
              hash, batch.tag(i), key, RowType.PUT, batch.timestampMillis(i), batch.value(i));
      case DELETE_RECORD -> writeRecord(hash, batch.tag(i), key, RowType.DELETE, 0, batch.value(i));
    }
  }

  /** Whether a change of this type depends on the timeline's last id. */
  public static boolean needsBase(WriteBatch.Type type) {
    return switch (type) {
      case PUT, DELETE, DELETE_TIMELINE -> true;
      case APPEND, TRIM, PUT_RECORD, DELETE_RECORD -> false;
    };
  }

  private static final byte[] NO_VALUE = new byte[0];

  private void append(long hash, byte[] key, long sequenceId, long millis, int kind, byte[] value) {
    long node = nodeFor(hash, InternalKey.TIMELINES, key, 0);
    long last = arena.getLong(node + Layout.NODE_LAST_SEQUENCE);
    if (sequenceId <= last) {
      throw new IllegalArgumentException(
          "append of sequence id " + sequenceId + " to a timeline whose last id is " + last);
    }
    appendRow(node, sequenceId, millis, kind, value);
  }

  private void appendRow(long node, long sequenceId, long millis, int kind, byte[] value) {
    int flags = arena.getUnsignedShort(node + Layout.NODE_FLAGS);
    // An append's id is above all older layers.
    int wanted =
        flags
            | Layout.FLAG_BASE_KNOWN
            | (millis < arena.getLong(node + Layout.NODE_LAST_MILLIS)
                ? Layout.FLAG_TIMES_UNORDERED
                : 0);
    if (wanted != flags) {
      arena.putShort(node + Layout.NODE_FLAGS, wanted);
    }
    int appended = arena.getInt(node + Layout.NODE_APPENDED) + 1;
    arena.putLong(node + Layout.NODE_LAST_SEQUENCE, sequenceId);
    arena.putLong(node + Layout.NODE_LAST_MILLIS, millis);
    arena.putInt(node + Layout.NODE_APPENDED, appended);
    link(
        node,
        element(node, sequenceId, millis, RowType.meta(RowType.APPEND, kind), value),
        sequenceId,
        true);
  }

  private void put(long node, long sequenceId, long millis, int kind, byte[] value) {
    if (sequenceId > arena.getLong(node + Layout.NODE_LAST_SEQUENCE)) {
      appendRow(node, sequenceId, millis, kind, value);
      return;
    }
    setFlag(node, Layout.FLAG_UNORDERED | Layout.FLAG_TIMES_UNORDERED);
    int meta = RowType.meta(RowType.PUT, kind) | Layout.INLINE_HEAD;
    link(node, element(node, sequenceId, millis, meta, value), sequenceId, true);
  }

  private void delete(long hash, byte[] key, long sequenceId, @Nullable TimelineHead base) {
    TimelineHead known = base == null ? Heads.NONE : base;
    int found = nodes.find(hash, InternalKey.TIMELINES, key);
    if (found == 0 && sequenceId > known.lastSequenceId()) {
      return;
    }
    long node = nodeWithBase(hash, key, base);
    if (sequenceId > arena.getLong(node + Layout.NODE_LAST_SEQUENCE)) {
      return; // Nothing was ever there: a tombstone above the last id would break RowType's rule.
    }
    setFlag(node, Layout.FLAG_UNORDERED | Layout.FLAG_TIMES_UNORDERED);
    int meta = RowType.meta(RowType.DELETE, 0) | Layout.INLINE_HEAD;
    link(node, element(node, sequenceId, 0, meta, NO_VALUE), sequenceId, true);
  }

  private void trim(long hash, byte[] key, long throughSequenceId) {
    long node = nodeFor(hash, InternalKey.TIMELINES, key, 0);
    mark(node, Math.max(trimOf(node), throughSequenceId), epochOf(node));
  }

  private void deleteTimeline(long hash, byte[] key, @Nullable TimelineHead base) {
    int found = nodes.find(hash, InternalKey.TIMELINES, key);
    if (found == 0 && (base == null || !Heads.hasRows(base))) {
      return;
    }
    long node = nodeWithBase(hash, key, base);
    long last = arena.getLong(node + Layout.NODE_LAST_SEQUENCE);
    if (last != Heads.NO_ID) {
      mark(node, Math.max(trimOf(node), last), epochOf(node) + 1);
    }
  }

  private void mark(long node, long trim, long epoch) {
    int meta = Layout.INLINE_HEAD | Layout.MARK_ONLY;
    long element = element(node, 0, 0, meta, NO_VALUE);
    arena.putLong(element + Layout.HEAD_TRIM, trim);
    arena.putLong(element + Layout.HEAD_EPOCH, epoch);
    link(node, element, 0, false);
  }

  private void writeRecord(
      long hash, int table, byte[] key, int type, long expiresAtMillis, byte[] value) {
    long node = nodeFor(hash, table, key, Layout.FLAG_RECORD);
    link(node, element(node, 0, expiresAtMillis, RowType.meta(type, 0), value), 0, false);
  }

  private long trimOf(long node) {
    int mark = arena.getInt(node + Layout.NODE_MARK);
    return mark == 0
        ? TimelineHead.NOTHING_TRIMMED
        : arena.getLong(SlabArena.address(mark) + Layout.HEAD_TRIM);
  }

  private long epochOf(long node) {
    int mark = arena.getInt(node + Layout.NODE_MARK);
    return mark == 0 ? 0 : arena.getLong(SlabArena.address(mark) + Layout.HEAD_EPOCH);
  }

  /** The node of a timeline, its last id raised to that of the older layers. */
  private long nodeWithBase(long hash, byte[] key, @Nullable TimelineHead base) {
    long node = nodeFor(hash, InternalKey.TIMELINES, key, 0);
    if (hasFlag(node, Layout.FLAG_BASE_KNOWN)) {
      return node;
    }
    if (base == null) {
      throw new AssertionError("memtable: the head of the older layers is needed and missing");
    }
    setFlag(node, Layout.FLAG_BASE_KNOWN);
    if (base.lastSequenceId() > arena.getLong(node + Layout.NODE_LAST_SEQUENCE)) {
      arena.putLong(node + Layout.NODE_LAST_SEQUENCE, base.lastSequenceId());
      arena.putLong(node + Layout.NODE_LAST_MILLIS, base.lastAppendMillis());
    }
    return node;
  }

  private long nodeFor(long hash, int space, byte[] key, int flags) {
    int found = nodes.find(hash, space, key);
    if (found != 0) {
      return SlabArena.address(found);
    }
    long node = arena.allocate(Layout.NODE_KEY + 1 + key.length);
    arena.putLong(node + Layout.NODE_HASH, hash);
    arena.putInt(node + Layout.NODE_LAST, 0);
    arena.putInt(node + Layout.NODE_ELEMENTS, 0);
    arena.putInt(node + Layout.NODE_INDEX, 0);
    arena.putShort(node + Layout.NODE_KEY_LENGTH, key.length + 1);
    arena.putShort(node + Layout.NODE_FLAGS, flags);
    arena.putLong(node + Layout.NODE_LAST_SEQUENCE, Heads.NO_ID);
    arena.putLong(node + Layout.NODE_LAST_MILLIS, 0);
    arena.putInt(node + Layout.NODE_APPENDED, 0);
    arena.putInt(node + Layout.NODE_MARK, 0);
    arena.putByte(node + Layout.NODE_KEY, space);
    arena.copyIn(key, 0, node + Layout.NODE_KEY + 1, key.length);
    nodes.add(hash, SlabArena.reference(node));
    return node;
  }

  private long element(long node, long sequenceId, long millis, int meta, byte[] value) {
    boolean inline = (meta & Layout.INLINE_HEAD) != 0;
    int header = inline ? Layout.HEAD_ELEMENT_BYTES : Layout.ELEMENT_BYTES;
    long element = arena.allocateSpanning((long) header + value.length, header);
    arena.putInt(element + Layout.PREV, arena.getInt(node + Layout.NODE_LAST));
    arena.putInt(element + Layout.VALUE_LENGTH, value.length);
    arena.putLong(element + Layout.SEQUENCE, sequenceId);
    arena.putLong(element + Layout.MILLIS, millis);
    arena.putInt(element + Layout.APPENDED, arena.getInt(node + Layout.NODE_APPENDED));
    arena.putInt(element + Layout.OLDER, 0);
    arena.putInt(element + Layout.META, meta);
    if (inline) {
      arena.putLong(
          element + Layout.HEAD_LAST_SEQUENCE, arena.getLong(node + Layout.NODE_LAST_SEQUENCE));
      arena.putLong(
          element + Layout.HEAD_LAST_MILLIS, arena.getLong(node + Layout.NODE_LAST_MILLIS));
      arena.putLong(element + Layout.HEAD_TRIM, trimOf(node));
      arena.putLong(element + Layout.HEAD_EPOCH, epochOf(node));
      arena.putInt(node + Layout.NODE_MARK, SlabArena.reference(element));
    }
    arena.putInt(element + Layout.MARK, arena.getInt(node + Layout.NODE_MARK));
    arena.copyIn(value, 0, element + header, value.length);
    return element;
  }

  /** Makes an element reachable, through the index of a hot timeline first. */
  private void link(long node, long element, long sequenceId, boolean isRow) {
    elements++;
    int reference = SlabArena.reference(element);
    int count = arena.getInt(node + Layout.NODE_ELEMENTS) + 1;
    arena.putInt(node + Layout.NODE_ELEMENTS, count);
    int index = arena.getInt(node + Layout.NODE_INDEX);
    if (index != 0 && isRow) {
      RowIndex.insert(arena, index, reference, sequenceId, count);
    }
    arena.releaseInt(node + Layout.NODE_LAST, reference);
    if (index == 0 && count >= INDEX_ROWS_MIN && !hasFlag(node, Layout.FLAG_RECORD)) {
      buildIndex(node);
    }
  }

  private void buildIndex(long node) {
    int[] rows = new int[INDEX_ROWS_MIN];
    int n = 0;
    for (int at = arena.getInt(node + Layout.NODE_LAST);
        at != 0;
        at = arena.getInt(SlabArena.address(at) + Layout.PREV)) {
      if ((arena.getInt(SlabArena.address(at) + Layout.META) & Layout.MARK_ONLY) == 0) {
        rows[n++] = at;
      }
    }
    int index = RowIndex.create(arena);
    for (int i = n - 1; i >= 0; i--) {
      long sequenceId = arena.getLong(SlabArena.address(rows[i]) + Layout.SEQUENCE);
      RowIndex.insert(arena, index, rows[i], sequenceId, n - i);
    }
    arena.releaseInt(node + Layout.NODE_INDEX, index);
  }

  private int find(int space, byte[] key) {
    return nodes.find(KeyHash.of(space, key, hashSeed), space, key);
  }

  private boolean hasFlag(long node, int flag) {
    return (arena.getUnsignedShort(node + Layout.NODE_FLAGS) & flag) != 0;
  }

  private void setFlag(long node, int flag) {
    arena.putShort(
        node + Layout.NODE_FLAGS, arena.getUnsignedShort(node + Layout.NODE_FLAGS) | flag);
  }

  /**
   * This layer's share of a timeline's head at {@code limit}; {@link Heads#NONE} if it has none.
   */
  public TimelineHead head(long hash, byte[] timeline, int limit) {
    int node = nodes.find(hash, InternalKey.TIMELINES, timeline);
    return node == 0 ? Heads.NONE : NodeReader.head(arena, node, limit);
  }

  /** The rows of a key at {@code limit}, null if this layer has none. */
  public @Nullable RowSource rows(long hash, int space, byte[] key, int limit) {
    int node = nodes.find(hash, space, key);
    if (node == 0 || NodeReader.newest(arena, node, limit) == 0) {
      return null;
    }
    return new MemtableRows(arena, node, limit);
  }

  /** All groups at {@code limit} in key order. */
  public GroupSource groups(int limit) {
    return new MemtableGroups(arena, sorted.below(limit), limit);
  }

  /** Takes a reference unless the last one is gone. */
  public boolean tryRetain() {
    int now = references.get();
    while (now > 0) {
      if (references.compareAndSet(now, now + 1)) {
        return true;
      }
      now = references.get();
    }
    return false;
  }

  /** Gives a reference back; the last one frees the memory. */
  public void release() {
    int left = references.decrementAndGet();
    if (left == 0) {
      arena.close();
    } else if (left < 0) {
      throw new AssertionError("memtable " + generation + " released too often");
    }
  }
}
