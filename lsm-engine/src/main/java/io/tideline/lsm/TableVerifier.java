package io.tideline.lsm;

import io.tideline.lsm.file.FileChecksum;
import io.tideline.lsm.file.FileFrame;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.table.TableReader;
import io.tideline.lsm.version.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Reads a table whole, compares it with the manifest, and if it differs says where. */
final class TableVerifier {

  private final FileSystem fileSystem;
  private final FileChecksum.Pace pace;

  TableVerifier(FileSystem fileSystem, FileChecksum.Pace pace) {
    this.fileSystem = fileSystem;
    this.pace = pace;
  }

  /**
   * Verifies a table that is held open. A file that cannot be read is damaged too.
   *
   * @throws java.util.concurrent.CancellationException if the pace says so
   */
  Optional<Damage> verify(Table table) throws IOException {
    TableMeta meta = table.meta();
    Path path = table.reader().path();
    String expected = meta.size() + " bytes with " + FileFrame.crcText(meta.crc32c());
    String found;
    try {
      FileChecksum checksum = FileChecksum.of(fileSystem, path, pace);
      if (checksum.size() == meta.size() && checksum.crc32c() == meta.crc32c()) {
        return Optional.empty();
      }
      found = checksum.size() + " bytes with " + FileFrame.crcText(checksum.crc32c());
    } catch (IOException e) {
      found = "a file that cannot be read: " + e.getMessage();
    }
    Optional<Damage> block = damagedBlock(table);
    if (block.isPresent()) {
      return block;
    }
    return Optional.of(
        new Damage(
            path,
            -1,
            -1,
            expected,
            found,
            InternalKey.toText(meta.properties().minKey()),
            InternalKey.toText(meta.properties().maxKey())));
  }

  /** The first block that cannot be read. */
  private Optional<Damage> damagedBlock(Table table) throws IOException {
    TableReader reader = table.reader();
    byte[] first = table.meta().properties().minKey();
    for (int block = 0; block < reader.blockCount(); block++) {
      byte[] last = reader.lastKeyOf(block);
      pace.await(reader.blockBytes(block));
      try {
        reader.verifyBlock(block);
      } catch (IOException e) {
        return Optional.of(
            new Damage(
                reader.path(),
                reader.blockOffset(block),
                block,
                e instanceof CorruptionException c ? c.expected() : "a readable block",
                e instanceof CorruptionException c ? c.found() : String.valueOf(e.getMessage()),
                InternalKey.toText(first),
                InternalKey.toText(last)));
      }
      first = last;
    }
    return Optional.empty();
  }
}
