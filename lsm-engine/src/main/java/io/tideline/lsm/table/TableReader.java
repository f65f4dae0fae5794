package io.tideline.lsm.table;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.UnsupportedFormatException;
import io.tideline.lsm.UnsupportedFormatException.Reason;
import io.tideline.lsm.cache.BlockCache;
import io.tideline.lsm.cache.PinnedBlock;
import io.tideline.lsm.file.FileFrame;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.memory.NativeMemory;
import io.tideline.lsm.row.KeyHash;
import io.tideline.lsm.row.KeyRanges;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * An open table: its filter and index stay in memory (off-heap), blocks come from the cache.
 *
 * <p>Threading: safe for many threads. Lifetime: who opens it closes it after the last cursor; it
 * owns the file.
 */
public final class TableReader implements AutoCloseable {

  private final StorageFile file;
  private final Path path;
  private final TableFormat format;
  private final TableProperties properties;
  private final Arena arena;
  private final TableFilter filter;
  private final TableIndex index;
  private final long hashSeed;

  /** Whether the engine that has the table wrote it, so that both hash alike. */
  private final boolean own;

  private final BlockCache cache;
  private final long cacheNumber;

  private TableReader(
      StorageFile file,
      Path path,
      TableFormat format,
      TableProperties properties,
      Arena arena,
      TableFilter filter,
      TableIndex index,
      long hashSeed,
      boolean own,
      BlockCache cache) {
    this.file = file;
    this.path = path;
    this.format = format;
    this.properties = properties;
    this.arena = arena;
    this.filter = filter;
    this.index = index;
    this.hashSeed = hashSeed;
    this.own = own;
    this.cache = cache;
    cacheNumber = cache.newTableNumber();
    cache.addTableBytes(memoryBytes());
  }

  /**
   * Opens a table and checks everything but its blocks, whose checksums are checked as they are
   * read. Closes {@code file} if it fails.
   *
   * @param engineId the engine that has the table; its filter hashes are seeded with the identity
   *     of the engine that wrote it, which is another one for a table that was inherited
   * @param expected what the manifest says about the file, its origin included; null to accept any
   *     content that {@code engineId} wrote under this {@code fileId}
   */
  @SuppressWarnings("MustBeClosedChecker") // The reader owns the arena.
  public static TableReader open(
      StorageFile file,
      Path path,
      UUID engineId,
      long fileId,
      @Nullable TableMeta expected,
      BlockCache cache)
      throws IOException {
    Arena arena = Arena.ofShared();
    try {
      return open(file, path, engineId, fileId, expected, cache, arena);
    } catch (Throwable e) {
      arena.close();
      try {
        file.close();
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  private static TableReader open(
      StorageFile file,
      Path path,
      UUID engineId,
      long fileId,
      @Nullable TableMeta expected,
      BlockCache cache,
      Arena arena)
      throws IOException {
    FileFrame.Header header = FileFrame.readHeader(file, path, FileFrame.Type.TABLE);
    TableOrigin origin = expected == null ? new TableOrigin(engineId, fileId) : expected.origin();
    if (!header.engineId().equals(origin.engineId()) || header.fileId() != origin.fileId()) {
      throw new UnsupportedFormatException(
          path,
          Reason.FOREIGN,
          "it is file "
              + header.fileId()
              + " of engine "
              + header.engineId()
              + ", expected file "
              + origin.fileId()
              + " of engine "
              + origin.engineId());
    }
    long size = file.size();
    if (expected != null && size != expected.size()) {
      throw new CorruptionException(path, size, expected.size() + " bytes", size + " bytes");
    }
    ByteBuffer footer = FileFrame.readFooter(file, path, size, TableFormat.FOOTER_BODY_BYTES);
    long footerOffset = size - TableFormat.FOOTER_BODY_BYTES - FileFrame.FOOTER_OVERHEAD;
    TableFormat format = TableFormat.decode(footer, path, footerOffset);
    if (expected != null && format.bodyCrc32c() != expected.bodyCrc32c()) {
      throw new CorruptionException(
          path,
          footerOffset,
          "content with " + FileFrame.crcText(expected.bodyCrc32c()) + " as in the manifest",
          FileFrame.crcText(format.bodyCrc32c()) + ": another or an older file under this name");
    }
    MemorySegment filter = section(file, path, format.filterOffset(), format.filterLength(), arena);
    if (!TableFilter.isSound(filter)) {
      throw new CorruptionException(path, format.filterOffset(), "a filter", "other numbers");
    }
    MemorySegment index = section(file, path, format.indexOffset(), format.indexLength(), arena);
    MemorySegment bytes =
        section(file, path, format.propertiesOffset(), format.propertiesLength(), arena);
    TableProperties properties = properties(bytes, path, format.propertiesOffset());
    return new TableReader(
        file,
        path,
        format,
        properties,
        arena,
        new TableFilter(filter),
        new TableIndex(index, path, format.indexOffset()),
        origin.hashSeed(),
        origin.engineId().equals(engineId),
        cache);
  }

  private static TableProperties properties(MemorySegment bytes, Path path, long offset)
      throws CorruptionException {
    try {
      return TableProperties.decodeFrom(bytes.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN));
    } catch (BufferUnderflowException e) {
      throw new CorruptionException(path, offset, "table properties", "bytes that end early");
    }
  }

  private static MemorySegment section(
      StorageFile file, Path path, long offset, int length, Arena arena) throws IOException {
    MemorySegment memory = arena.allocate(length);
    ByteBuffer view = memory.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    if (file.read(view, offset) < length) {
      throw new CorruptionException(path, offset, length + " bytes", "a truncated file");
    }
    int body = length - TableFormat.SECTION_CRC_BYTES;
    CRC32C crc = new CRC32C();
    crc.update(view.duplicate().position(0).limit(body));
    if ((int) crc.getValue() != view.getInt(body)) {
      throw new CorruptionException(
          path,
          offset,
          FileFrame.crcText(view.getInt(body)),
          FileFrame.crcText((int) crc.getValue()));
    }
    return memory.asSlice(0, body);
  }

  public TableProperties properties() {
    return properties;
  }

  public Path path() {
    return path;
  }

  public int blockCount() {
    return index.count();
  }

  /** Crc32c of the bytes before the footer, as the footer has it. */
  public int bodyCrc32c() {
    return format.bodyCrc32c();
  }

  /** Whether the filter lets the key of this hash, seeded as the table's own, pass. */
  public boolean mayContain(long hash) {
    return filter.mayContain(hash);
  }

  /**
   * Whether the filter lets a key pass.
   *
   * @param hash of the key as the engine that has the table hashes it
   */
  boolean mayContain(byte[] internalKey, long hash) {
    return filter.mayContain(own ? hash : KeyHash.of(internalKey, hashSeed));
  }

  TableIndex index() {
    return index;
  }

  private long memoryBytes() {
    return index.bytes() + format.filterLength();
  }

  /** A decoded block, held for the caller, from the cache. */
  PinnedBlock block(int number) throws IOException {
    PinnedBlock cached = cache.getIfPresent(cacheNumber, number);
    return cached != null ? cached : cache.put(cacheNumber, number, load(number));
  }

  /** A decoded block, held for the caller, if the cache has it. */
  @Nullable PinnedBlock cachedBlock(int number) {
    return cache.getIfPresent(cacheNumber, number);
  }

  /** Adds a decoded block to the cache; the caller keeps its hold. */
  PinnedBlock addToCache(int number, PinnedBlock block) {
    return cache.put(cacheNumber, number, block);
  }

  /** Reads a block from the file and checks it, past the cache. */
  public void verifyBlock(int number) throws IOException {
    load(number).release();
  }

  /** A decoded block, held for the caller, that does not enter the cache. */
  PinnedBlock load(int number) throws IOException {
    long offset = blockOffset(number);
    int length = checkedLength(number);
    ByteBuffer stored = cache.takeBuffer(length);
    try {
      file.read(stored, offset);
      return decode(stored.flip(), offset, length);
    } finally {
      cache.giveBack(stored);
    }
  }

  /** As {@link #load}, through a window. */
  PinnedBlock load(int number, ReadAhead window, boolean backward) throws IOException {
    long offset = blockOffset(number);
    int length = checkedLength(number);
    ByteBuffer stored = window.read(this, offset, length, backward);
    return stored == null ? load(number) : decode(stored, offset, length);
  }

  private int checkedLength(int number) throws CorruptionException {
    long offset = index.blockOffset(number);
    int length = index.blockLength(number);
    if (offset < FileFrame.HEADER_BYTES || length <= 0 || offset + length > format.filterOffset()) {
      throw new CorruptionException(
          path, format.indexOffset(), "a block inside the file", offset + " + " + length);
    }
    return length;
  }

  private PinnedBlock decode(ByteBuffer stored, long offset, int length) throws IOException {
    if (stored.limit() < length) {
      throw new CorruptionException(path, offset, length + " bytes", "a truncated file");
    }
    int raw = BlockCodec.check(stored, path, offset);
    PinnedBlock block = new PinnedBlock(cache.memory(), raw);
    try {
      BlockCodec.decode(stored, block.data(), path, offset);
      BlockCheck.check(block.data(), path, offset);
      return block;
    } catch (Throwable e) {
      block.release();
      throw e;
    }
  }

  /** Reads stored bytes until {@code to} is full or the file ends; returns how many. */
  int readStored(ByteBuffer to, long offset) throws IOException {
    return file.read(to, offset);
  }

  /** Where the blocks end. */
  long blocksEnd() {
    return format.filterOffset();
  }

  NativeMemory memory() {
    return cache.memory();
  }

  /**
   * How many bytes of the file are within bounds: those of each block whose last key is, so at most
   * two blocks a range are counted wrongly, and the sections in proportion.
   */
  public long liveBytes(KeyRanges bounds) throws IOException {
    long all = 0;
    long live = 0;
    for (int block = 0; block < index.count(); block++) {
      int length = index.blockLength(block);
      all += length;
      live += bounds.contains(index.lastKey(block)) ? length : 0;
    }
    return all == 0 ? 0 : Math.round((double) live / all * file.size());
  }

  /** Bytes of a block in the file. */
  public int blockBytes(int number) {
    return index.blockLength(number);
  }

  /** The last internal key in a block, from the index. */
  public byte[] lastKeyOf(int number) {
    return index.lastKey(number);
  }

  /** File offset of a block, for error messages. */
  public long blockOffset(int number) {
    return index.blockOffset(number);
  }

  @Override
  public void close() throws IOException {
    cache.invalidate(cacheNumber, index.count());
    cache.addTableBytes(-memoryBytes());
    arena.close();
    file.close();
  }
}
