package io.tideline.lsm;

import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.file.Syncs;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.manifest.Manifest;
import io.tideline.lsm.manifest.ManifestState;
import io.tideline.lsm.manifest.RunMeta;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.version.Run;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Links the tables of the durable state into another directory and writes a manifest for them. The
 * manifest comes last: a directory with tables and without it is refused when opened.
 */
final class SnapshotJob {

  private final FileSystem fileSystem;
  private final Path directory;
  private final Path target;
  private final UUID engineId;
  private final VersionSet versions;

  SnapshotJob(
      FileSystem fileSystem, Path directory, Path target, UUID engineId, VersionSet versions) {
    this.fileSystem = fileSystem;
    this.directory = directory;
    this.target = target;
    this.engineId = engineId;
    this.versions = versions;
  }

  EngineSnapshot run() throws IOException {
    if (fileSystem.exists(target)) {
      throw new FileAlreadyExistsException(target.toString());
    }
    VersionSet.Durable durable = versions.acquireDurable();
    try {
      Syncs.createDirectories(fileSystem, target);
      return fill(durable);
    } catch (Throwable e) {
      removeTarget(e);
      throw e;
    } finally {
      durable.version().release();
    }
  }

  private EngineSnapshot fill(VersionSet.Durable durable) throws IOException {
    List<EngineSnapshot.FileInfo> files = new ArrayList<>();
    List<RunMeta> runs = durable.version().runs().stream().map(Run::meta).toList();
    for (RunMeta run : runs) {
      for (TableMeta table : run.tables()) {
        String name = FileNames.table(table.fileId());
        fileSystem.link(directory.resolve(name), target.resolve(name));
        files.add(new EngineSnapshot.FileInfo(name, table.size(), table.crc32c()));
      }
    }
    Syncs.directory(fileSystem, target);
    ManifestState state =
        new ManifestState(durable.state(), durable.nextFileId(), durable.nextGeneration(), runs);
    Manifest.create(fileSystem, target, engineId, state).close();
    files.add(manifestInfo());
    Path parent = target.toAbsolutePath().getParent();
    if (parent != null) {
      Syncs.directory(fileSystem, parent);
    }
    return new EngineSnapshot(durable.state(), files);
  }

  /** Takes back a half-made snapshot, so that the caller may try again. */
  private void removeTarget(Throwable cause) {
    try {
      for (String name : fileSystem.list(target)) {
        fileSystem.delete(target.resolve(name));
      }
      fileSystem.delete(target);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private EngineSnapshot.FileInfo manifestInfo() throws IOException {
    try (StorageFile file =
        fileSystem.open(target.resolve(FileNames.MANIFEST), FileSystem.Mode.READ)) {
      ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(file.size()));
      int read = file.read(bytes, 0);
      CRC32C crc = new CRC32C();
      crc.update(bytes.array(), 0, read);
      return new EngineSnapshot.FileInfo(FileNames.MANIFEST, read, (int) crc.getValue());
    }
  }
}
