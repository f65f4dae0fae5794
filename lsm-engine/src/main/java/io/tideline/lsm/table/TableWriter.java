package io.tideline.lsm.table;

import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.WriteBatch;
import io.tideline.lsm.file.Encoder;
import io.tideline.lsm.file.FileFrame;
import io.tideline.lsm.file.Syncs;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.Heads;
import io.tideline.lsm.row.KeyHash;
import io.tideline.lsm.row.RowSink;
import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.row.RowType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Writes one table front to back. Groups come in ascending key order, rows of a group in ascending
 * order of ids; both are checked always.
 *
 * <p>Threading: confined. The caller owns the file; {@link #finish} forces it, nothing else does.
 */
public final class TableWriter implements RowSink {

  /** Bytes gathered before a write call. */
  private static final int WRITE_BYTES = 256 << 10;

  private final StorageFile file;
  private final UUID engineId;
  private final long fileId;
  private final TableStyle style;
  private final BlockBuilder block = new BlockBuilder();
  private final BlockCodec.Scratch encoded = new BlockCodec.Scratch();
  private final Encoder output = new Encoder(WRITE_BYTES + (64 << 10));
  private final Encoder index = new Encoder(8 << 10);
  private int[] indexOffsets = new int[64];
  private int blocks;
  private long[] hashes = new long[256];
  private int hashCount;
  private final CRC32C crc = new CRC32C();

  /** Bytes handed to the file; the file ends here plus {@link #output}. */
  private long written;

  // The open group.
  private byte[] key = new byte[64];
  private int keyLength;
  private TimelineHead head = Heads.NONE;
  private boolean record;
  private long lastId;
  private boolean anyRow;

  // Properties.
  private long groups;
  private long rows;
  private long rawBytes;
  private long minId = Long.MAX_VALUE;
  private long maxId = Long.MIN_VALUE;
  private long minMillis = Long.MAX_VALUE;
  private long maxMillis = Long.MIN_VALUE;
  private long maxRowMillis = Long.MIN_VALUE;
  private int flags;
  private byte[] minKey = new byte[0];

  public TableWriter(StorageFile file, UUID engineId, long fileId, TableStyle style) {
    this.file = file;
    this.engineId = engineId;
    this.fileId = fileId;
    this.style = style;
    flags = style.cold() ? TableProperties.COLD : 0;
    byte[] header = FileFrame.header(FileFrame.Type.TABLE, engineId, fileId);
    output.putBytes(header, 0, header.length);
    block.clear();
  }

  /**
   * Starts a group.
   *
   * @param continued whether its first rows are in the previous table of the run
   */
  public void beginGroup(
      byte[] groupKey, TimelineHead groupHead, boolean isRecord, boolean continued)
      throws IOException {
    beginGroup(groupKey, groupKey.length, groupHead, isRecord, continued);
  }

  /** Starts a group whose key is the first {@code length} bytes of {@code groupKey}. */
  public void beginGroup(
      byte[] groupKey, int length, TimelineHead groupHead, boolean isRecord, boolean continued)
      throws IOException {
    if (block.estimatedBytes() >= style.blockBytes()) {
      cutBlock();
    }
    takeKey(groupKey, length);
    head = groupHead;
    record = isRecord;
    groups += continued ? 0 : 1;
    flags |= isRecord ? TableProperties.HAS_RECORDS : 0;
    if (!continued && groupHead.trimmedThrough() != TimelineHead.NOTHING_TRIMMED) {
      flags |= TableProperties.HAS_TRIMS;
    }
    block.begin(key, keyLength, groupHead, isRecord, !continued);
  }

  private void takeKey(byte[] groupKey, int length) {
    if (hashCount > 0 && Arrays.compareUnsigned(groupKey, 0, length, key, 0, keyLength) <= 0) {
      throw new AssertionError("table writer: keys must ascend");
    }
    if (key.length < length) {
      key = new byte[length * 2];
    }
    System.arraycopy(groupKey, 0, key, 0, length);
    keyLength = length;
    if (hashCount == 0) {
      minKey = Arrays.copyOf(key, length);
    }
    anyRow = false;
    addHash(KeyHash.of(key, length, engineId.getLeastSignificantBits()));
  }

  /** Whether a plain group of so many bytes is written in one piece: a good part of a block. */
  public static boolean takesPlain(TableStyle style, int plainBytes) {
    return plainBytes <= style.blockBytes() / 2;
  }

  /**
   * Adds the present group of {@code source}, a plain one, in one piece.
   *
   * @param plainBytes see {@link GroupSource#plainBytes}
   */
  public void addPlain(GroupSource source, int plainBytes) throws IOException {
    int more = BlockFormat.FRAGMENT_PREFIX + source.keyLength() + plainBytes;
    if (!block.isEmpty() && block.estimatedBytes() + more > style.blockBytes()) {
      cutBlock();
    }
    takeKey(source.keyBuffer(), source.keyLength());
    head = Heads.NONE;
    record = false;
    groups++;
    block.begin(key, keyLength, Heads.NONE, false, true);
    source.copyPlain(this);
    block.endPlain();
  }

  /** Takes a row of the plain group that {@link #addPlain} adds. */
  @Override
  public void append(long id, long millis, int meta, MemorySegment from, long offset, int length) {
    checkId(id);
    block.append(id, millis, meta, from, offset, length);
    rows++;
    minId = Math.min(minId, id);
    maxId = Math.max(maxId, id);
    minMillis = Math.min(minMillis, millis);
    maxMillis = Math.max(maxMillis, millis);
    maxRowMillis = Math.max(maxRowMillis, millis);
  }

  private void checkId(long id) {
    if (anyRow && id <= lastId) {
      throw new AssertionError("table writer: ids must ascend, " + id + " after " + lastId);
    }
    lastId = id;
    anyRow = true;
  }

  /** Adds a row that only hides older ones of its id. */
  public void addTombstone(long id) throws IOException {
    add(id, 0, RowType.meta(RowType.DELETE, 0), null);
  }

  /**
   * Adds a row to the open group.
   *
   * @param value stands on a row with the value, null for none
   */
  public void add(long id, long millis, int meta, @Nullable RowSource value) throws IOException {
    checkId(id);
    int size = value == null ? 0 : value.valueSize();
    if (size > WriteBatch.VALUE_BYTES_MAX) {
      throw new AssertionError("table writer: value of " + size + " bytes");
    }
    if (block.openRows() > 0 && block.estimatedBytes() + size > style.blockBytes()) {
      block.end(false);
      cutBlock();
      block.begin(key, keyLength, head, record, false);
    }
    block.add(id, millis, meta, value);
    rows++;
    minId = Math.min(minId, id);
    maxId = Math.max(maxId, id);
    if (!record && RowType.type(meta) != RowType.DELETE) {
      maxRowMillis = Math.max(maxRowMillis, millis);
    }
    if (RowType.type(meta) == RowType.APPEND) {
      minMillis = Math.min(minMillis, millis);
      maxMillis = Math.max(maxMillis, millis);
    } else if (!record) {
      flags |= TableProperties.HAS_OTHER_THAN_APPENDS;
    }
  }

  /**
   * Ends the open group.
   *
   * @param complete false if its rows go on in the next table of the run
   */
  public void endGroup(boolean complete) {
    block.end(complete);
  }

  private void addHash(long hash) {
    if (hashCount == hashes.length) {
      hashes = Arrays.copyOf(hashes, hashCount * 2);
    }
    hashes[hashCount++] = hash;
  }

  private void cutBlock() throws IOException {
    Encoder payload = block.finish();
    int length = BlockCodec.encode(style, payload.array(), payload.size(), encoded);
    rawBytes += payload.size();
    if (blocks == indexOffsets.length) {
      indexOffsets = Arrays.copyOf(indexOffsets, blocks * 2);
    }
    indexOffsets[blocks++] = index.size();
    index.putShort(block.lastKeyLength()).putBytes(block.lastKey(), 0, block.lastKeyLength());
    index.putLong(block.lastId()).putLong(block.maxMillis());
    index.putLong(position()).putInt(length);
    output.putBytes(encoded.array(), 0, length);
    block.clear();
    if (output.size() >= WRITE_BYTES) {
      writeOut();
    }
  }

  private void writeOut() throws IOException {
    crc.update(output.array(), 0, output.size());
    file.write(ByteBuffer.wrap(output.array(), 0, output.size()), written);
    written += output.size();
    output.clear();
  }

  private long position() {
    return written + output.size();
  }

  /** Bytes of the file so far, the open block aside. */
  public long size() {
    return position();
  }

  /** Whether the open fragment has a row: only then may its group go on in another table. */
  public boolean hasOpenRows() {
    return block.openRows() > 0;
  }

  /** Whether no group was added. */
  public boolean isEmpty() {
    return hashCount == 0;
  }

  /**
   * Completes and forces the file.
   *
   * @param minLogIndex see {@link TableProperties}
   */
  public TableMeta finish(long minLogIndex, long maxLogIndex) throws IOException {
    if (!block.isEmpty()) {
      cutBlock();
    }
    byte[] filter = TableFilter.build(hashes, hashCount, style.filterBitsPerKey());
    final long filterOffset = section(filter, filter.length);
    Encoder indexSection = indexSection();
    final long indexOffset = section(indexSection.array(), indexSection.size());
    TableProperties properties =
        new TableProperties(
            groups,
            rows,
            rawBytes,
            minId,
            maxId,
            minMillis,
            maxMillis,
            maxRowMillis,
            minLogIndex,
            maxLogIndex,
            flags,
            minKey,
            Arrays.copyOf(key, keyLength));
    Encoder propertiesSection = new Encoder(256);
    properties.encodeTo(propertiesSection);
    final long propertiesOffset = section(propertiesSection.array(), propertiesSection.size());
    long end = position();
    writeOut();
    int bodyCrc = (int) crc.getValue();
    TableFormat format =
        new TableFormat(
            filterOffset,
            (int) (indexOffset - filterOffset),
            indexOffset,
            (int) (propertiesOffset - indexOffset),
            propertiesOffset,
            (int) (end - propertiesOffset),
            bodyCrc);
    byte[] footer = FileFrame.footer(format.encode());
    output.putBytes(footer, 0, footer.length);
    writeOut();
    Syncs.force(file);
    return TableMeta.whole(fileId, engineId, written, (int) crc.getValue(), bodyCrc, properties);
  }

  private Encoder indexSection() {
    int directory = 4 + 4 * blocks;
    Encoder section = new Encoder(directory + index.size() + 4);
    section.putInt(blocks);
    for (int i = 0; i < blocks; i++) {
      section.putInt(directory + indexOffsets[i]);
    }
    return section.putBytes(index.array(), 0, index.size());
  }

  /** Appends a section with its checksum and tells where it starts. */
  private long section(byte[] bytes, int length) {
    final long at = position();
    output.putBytes(bytes, 0, length);
    output.putInt(FileFrame.crc(bytes, 0, length));
    return at;
  }
}
