package io.tideline.lsm.inspect;

import io.tideline.lsm.file.FileFrame;
import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.manifest.ManifestReader;
import io.tideline.lsm.manifest.RunMeta;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.table.TableWalk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * Verifies every checksum of an engine that is not open, and reports all that is wrong, not the
 * first.
 */
public final class ChecksumVerifier {

  private static final int CHUNK_BYTES = 1 << 20;

  /**
   * What was found.
   *
   * @param files files read
   * @param bytes bytes read and found sound or not
   * @param problems damage; empty if there is none
   * @param leftovers tables the manifest does not name: harmless, deleted at the next open
   */
  public record Report(int files, long bytes, List<Problem> problems, List<String> leftovers) {
    public Report {
      problems = List.copyOf(problems);
      leftovers = List.copyOf(leftovers);
    }
  }

  private final FileSystem fileSystem;
  private final Path directory;
  private final List<Problem> problems = new ArrayList<>();
  private int files;
  private long bytes;

  private ChecksumVerifier(FileSystem fileSystem, Path directory) {
    this.fileSystem = fileSystem;
    this.directory = directory;
  }

  /**
   * Verifies the engine in {@code directory}.
   *
   * @throws IOException if the directory itself cannot be read
   */
  public static Report verify(FileSystem fileSystem, Path directory) throws IOException {
    return new ChecksumVerifier(fileSystem, directory).run();
  }

  private Report run() throws IOException {
    List<String> names = fileSystem.list(directory);
    Set<String> named = new HashSet<>();
    Path manifest = directory.resolve(FileNames.MANIFEST);
    try {
      ManifestReader.Content content = ManifestReader.read(fileSystem, manifest);
      files++;
      bytes += fileSystem.size(manifest);
      for (RunMeta run : content.state().runs()) {
        for (TableMeta table : run.tables()) {
          named.add(FileNames.table(table.fileId()));
          verify(table);
        }
      }
    } catch (IOException e) {
      problems.add(Problem.of(manifest, e));
    }
    List<String> leftovers =
        names.stream()
            .filter(name -> FileNames.tableId(name).isPresent() && !named.contains(name))
            .toList();
    return new Report(files, bytes, problems, leftovers);
  }

  private void verify(TableMeta meta) {
    Path path = directory.resolve(FileNames.table(meta.fileId()));
    int before = problems.size();
    try {
      verifyBlocks(path, meta);
      if (problems.size() == before) {
        verifyWhole(path, meta);
      }
      files++;
      bytes += meta.size();
    } catch (IOException e) {
      problems.add(Problem.of(path, e));
    }
  }

  private void verifyBlocks(Path path, TableMeta meta) throws IOException {
    try (TableWalk walk = TableWalk.open(fileSystem, path, meta)) {
      for (int block = 0; block < walk.blockCount(); block++) {
        try {
          TableWalk.BlockInfo read = walk.block(block);
          assert read.number() == block;
        } catch (IOException e) {
          problems.add(Problem.of(path, e));
        }
      }
    }
  }

  private void verifyWhole(Path path, TableMeta meta) throws IOException {
    CRC32C crc = new CRC32C();
    byte[] chunk = new byte[Math.clamp(meta.size(), 1, CHUNK_BYTES)];
    try (StorageFile file = fileSystem.open(path, FileSystem.Mode.READ)) {
      long at = 0;
      for (int n = file.read(ByteBuffer.wrap(chunk), at); n > 0; ) {
        crc.update(chunk, 0, n);
        at += n;
        n = file.read(ByteBuffer.wrap(chunk), at);
      }
    }
    if ((int) crc.getValue() != meta.crc32c()) {
      problems.add(
          new Problem(
              path,
              -1,
              "file with " + FileFrame.crcText(meta.crc32c()),
              FileFrame.crcText((int) crc.getValue())));
    }
  }
}
