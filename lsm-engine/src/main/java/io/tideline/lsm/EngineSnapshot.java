package io.tideline.lsm;

import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.manifest.ManifestReader;
import io.tideline.lsm.manifest.RunMeta;
import io.tideline.lsm.table.TableMeta;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * A finished copy of an engine, made of hard links. Opening its directory as an engine restores it;
 * a {@link SnapshotReceiver} takes it to another machine.
 *
 * @param directory where it is
 * @param state what it contains
 * @param files every file of it, the manifest last
 */
public record EngineSnapshot(Path directory, EngineState state, List<FileInfo> files) {

  /**
   * A file and what tells whether someone has the same.
   *
   * @param name file name inside the snapshot's directory
   * @param size bytes
   * @param crc32c checksum of the whole file
   * @param engineId the engine that wrote it
   * @param fileId the number it had there, 0 for a manifest
   */
  public record FileInfo(String name, long size, int crc32c, UUID engineId, long fileId) {

    /** Whether both have the same bytes, under whatever names. */
    public boolean sameContent(FileInfo other) {
      return fileId == other.fileId
          && engineId.equals(other.engineId)
          && size == other.size
          && crc32c == other.crc32c;
    }

    boolean isManifest() {
      return name.equals(FileNames.MANIFEST);
    }
  }

  public EngineSnapshot {
    files = List.copyOf(files);
  }

  /**
   * Describes a snapshot, or an engine that is not open, from its manifest; reads no table.
   *
   * @throws CorruptionException if the manifest is damaged
   */
  public static EngineSnapshot read(FileSystem fileSystem, Path directory) throws IOException {
    Path manifest = directory.resolve(FileNames.MANIFEST);
    ManifestReader.Content content = ManifestReader.read(fileSystem, manifest);
    List<FileInfo> files = new ArrayList<>();
    for (RunMeta run : content.state().runs()) {
      run.tables().forEach(table -> files.add(info(table)));
    }
    files.add(manifestInfo(fileSystem, manifest, content.engineId()));
    return new EngineSnapshot(directory, content.state().state(), files);
  }

  static FileInfo info(TableMeta table) {
    return new FileInfo(
        FileNames.table(table.fileId()),
        table.size(),
        table.crc32c(),
        table.origin().engineId(),
        table.origin().fileId());
  }

  private static FileInfo manifestInfo(FileSystem fileSystem, Path manifest, UUID engineId)
      throws IOException {
    try (StorageFile file = fileSystem.open(manifest, FileSystem.Mode.READ)) {
      ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(file.size()));
      int read = file.read(bytes, 0);
      CRC32C crc = new CRC32C();
      crc.update(bytes.array(), 0, read);
      return new FileInfo(FileNames.MANIFEST, read, (int) crc.getValue(), engineId, 0);
    }
  }

  /**
   * Opens a file of it for reading. The caller closes it.
   *
   * @throws NoSuchFileException if the snapshot has no file of that name
   */
  public StorageFile open(FileSystem fileSystem, String name) throws IOException {
    if (files.stream().noneMatch(file -> file.name().equals(name))) {
      throw new NoSuchFileException(name, directory.toString(), "no file of this snapshot");
    }
    return fileSystem.open(directory.resolve(name), FileSystem.Mode.READ);
  }
}
