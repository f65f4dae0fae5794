package io.tideline.lsm;

import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.manifest.ManifestState;
import io.tideline.lsm.manifest.RunMeta;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.version.Run;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/** Links the tables of the durable state into another directory and writes a manifest for them. */
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
      StagedDirectory staged = StagedDirectory.begin(fileSystem, target);
      try {
        fill(staged, durable);
      } catch (Throwable e) {
        staged.abandon(e);
        throw e;
      }
    } finally {
      durable.version().release();
    }
    return EngineSnapshot.read(fileSystem, target);
  }

  private void fill(StagedDirectory staged, VersionSet.Durable durable) throws IOException {
    List<RunMeta> runs = durable.version().runs().stream().map(Run::meta).toList();
    for (RunMeta run : runs) {
      for (TableMeta table : run.tables()) {
        String name = FileNames.table(table.fileId());
        staged.link(directory.resolve(name), name);
      }
    }
    staged.writeManifest(
        engineId,
        new ManifestState(durable.state(), durable.nextFileId(), durable.nextGeneration(), runs));
    staged.publish();
  }
}
