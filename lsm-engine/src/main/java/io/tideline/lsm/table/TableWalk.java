package io.tideline.lsm.table;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.cache.BlockCache;
import io.tideline.lsm.cache.PinnedBlock;
import io.tideline.lsm.file.FileFrame;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads a table from front to back, block by block, without using its index to find anything. For
 * inspection and checking: slow, holds one decoded block at a time.
 *
 * <p>Threading: confined.
 */
public final class TableWalk implements AutoCloseable {

  /** A row without its value. */
  public record RowInfo(long sequenceId, long timestampMillis, int meta, int valueSize) {}

  /**
   * A group or a part of one.
   *
   * @param first whether the group starts here
   * @param continues whether it goes on in the next block
   * @param record whether it is a record
   * @param head the group's head, null unless it starts here
   */
  public record FragmentInfo(
      byte[] key,
      boolean first,
      boolean continues,
      boolean record,
      @Nullable TimelineHead head,
      List<RowInfo> rows) {}

  /**
   * A block and what the index says about it.
   *
   * @param offset in the file
   * @param storedBytes in the file, envelope included
   * @param rawBytes after decompression
   */
  public record BlockInfo(
      int number,
      long offset,
      int storedBytes,
      long rawBytes,
      byte[] indexKey,
      long indexLastId,
      long indexMaxMillis,
      List<FragmentInfo> fragments) {}

  private final BlockCache cache;
  private final TableReader reader;
  private final Path path;
  private final FileFrame.Header header;

  private TableWalk(BlockCache cache, TableReader reader, Path path, FileFrame.Header header) {
    this.cache = cache;
    this.reader = reader;
    this.path = path;
    this.header = header;
  }

  /**
   * Opens a table.
   *
   * @param expected what the manifest says, null to accept any content
   */
  public static TableWalk open(FileSystem fileSystem, Path path, @Nullable TableMeta expected)
      throws IOException {
    StorageFile file = fileSystem.open(path, FileSystem.Mode.READ);
    FileFrame.Header header;
    try {
      header = FileFrame.readHeader(file, path, FileFrame.Type.TABLE);
    } catch (IOException e) {
      file.close();
      throw e;
    }
    BlockCache cache = new BlockCache(0);
    TableReader reader =
        TableReader.open(file, path, header.engineId(), header.fileId(), expected, cache);
    return new TableWalk(cache, reader, path, header);
  }

  public TableProperties properties() {
    return reader.properties();
  }

  public UUID engineId() {
    return header.engineId();
  }

  public long fileId() {
    return header.fileId();
  }

  public int version() {
    return header.version();
  }

  public int blockCount() {
    return reader.blockCount();
  }

  /** Whether the filter lets the key of this hash pass. */
  public boolean mayContain(long hash) {
    return reader.mayContain(hash);
  }

  /** Reads and decodes a block whole. */
  public BlockInfo block(int number) throws IOException {
    PinnedBlock block = reader.load(number);
    try {
      long offset = reader.blockOffset(number);
      int count = Fragment.count(block.data(), path, offset);
      List<FragmentInfo> fragments = new ArrayList<>(count);
      Fragment fragment = new Fragment();
      for (int i = 0; i < count; i++) {
        fragment.load(block.data(), i, count, path, offset);
        fragments.add(info(fragment));
      }
      TableIndex index = reader.index();
      return new BlockInfo(
          number,
          offset,
          index.blockLength(number),
          block.data().byteSize(),
          index.lastKey(number),
          index.lastId(number),
          index.maxMillis(number),
          fragments);
    } catch (IndexOutOfBoundsException e) {
      throw new CorruptionException(
          path, reader.blockOffset(number), "a block that can be decoded", e.toString());
    } finally {
      block.release();
    }
  }

  private static FragmentInfo info(Fragment fragment) {
    List<RowInfo> rows = new ArrayList<>(fragment.rows());
    for (int i = 0; i < fragment.rows(); i++) {
      rows.add(
          new RowInfo(fragment.id(i), fragment.millis(i), fragment.meta(i), fragment.valueSize(i)));
    }
    TimelineHead head = fragment.isFirst() && !fragment.isRecord() ? fragment.head() : null;
    return new FragmentInfo(
        fragment.key(), fragment.isFirst(), fragment.continues(), fragment.isRecord(), head, rows);
  }

  @Override
  public void close() throws IOException {
    reader.close();
    cache.close();
  }
}
