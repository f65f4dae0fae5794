package io.tideline.lsm.memtable;

/**
 * Offsets of the three things a memtable keeps in its arena. In memory only.
 *
 * <pre>
 * node     [hash 8][last 4][elements 4][index 4][keyLen 2][flags 2]
 *          [lastSeq 8][lastMillis 8][appended 4][mark 4][key ...]
 * element  [prev 4][valueLen 4][seq 8][millis 8][appended 4][mark 4][older 4][meta 4]
 *          then, if meta has INLINE_HEAD, [lastSeq 8][lastMillis 8][trim 8][epoch 8]
 *          then the value
 * entry    [seq 8][element 4][next 4 x height]            (of a {@link RowIndex})
 * </pre>
 *
 * <p>An element is a row or a MARK (a change of the head without a row). Elements of a node are
 * linked by {@code prev} in the order of writing. Each says what the head's share is right after
 * it, so a snapshot that ends at any element has its head: an append <em>is</em> the last id, its
 * trim and epoch are in the element {@code mark} refers to; every other element has the head
 * inline.
 */
final class Layout {

  // Node.
  static final int NODE_HASH = 0;
  static final int NODE_LAST = 8;
  static final int NODE_ELEMENTS = 12;
  static final int NODE_INDEX = 16;
  static final int NODE_KEY_LENGTH = 20;
  static final int NODE_FLAGS = 22;
  static final int NODE_LAST_SEQUENCE = 24;
  static final int NODE_LAST_MILLIS = 32;
  static final int NODE_APPENDED = 40;
  static final int NODE_MARK = 44;
  static final int NODE_KEY = 48;

  /** The node is a record: its rows are versions of sequence id 0, without heads. */
  static final int FLAG_RECORD = 1;

  /** The node has rows that are no appends: ids do not rise along the chain. */
  static final int FLAG_UNORDERED = 2;

  /** Timestamps do not rise along the chain. */
  static final int FLAG_TIMES_UNORDERED = 4;

  /** NODE_LAST_SEQUENCE includes what older layers hold. */
  static final int FLAG_BASE_KNOWN = 8;

  // Element.
  static final int PREV = 0;
  static final int VALUE_LENGTH = 4;
  static final int SEQUENCE = 8;
  static final int MILLIS = 16;
  static final int APPENDED = 24;
  static final int MARK = 28;
  static final int OLDER = 32;
  static final int META = 36;
  static final int ELEMENT_BYTES = 40;

  static final int HEAD_LAST_SEQUENCE = 40;
  static final int HEAD_LAST_MILLIS = 48;
  static final int HEAD_TRIM = 56;
  static final int HEAD_EPOCH = 64;
  static final int HEAD_ELEMENT_BYTES = 72;

  /** In META beside the row's meta byte: the head follows the element. */
  static final int INLINE_HEAD = 1 << 8;

  /** In META: no row, only a head. */
  static final int MARK_ONLY = 1 << 9;

  /** Mask of the row's own meta byte. */
  static final int ROW_META = 0xFF;

  // Index entry.
  static final int ENTRY_SEQUENCE = 0;
  static final int ENTRY_ELEMENT = 8;
  static final int ENTRY_NEXT = 12;

  private Layout() {}
}
