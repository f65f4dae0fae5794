package io.tideline.lsm;

import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.manifest.ManifestState;
import io.tideline.lsm.manifest.RunMeta;
import io.tideline.lsm.row.KeyRanges;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.version.Run;
import io.tideline.lsm.version.Table;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Makes engines of the parts of one: links its tables into their directories and writes manifests
 * that see them through bounds. No row is read or written.
 */
final class SplitJob {

  private final FileSystem fileSystem;
  private final Path directory;
  private final VersionSet.Durable durable;
  private final Set<Integer> copiedTables;

  SplitJob(
      FileSystem fileSystem,
      Path directory,
      VersionSet.Durable durable,
      Set<Integer> copiedTables) {
    this.fileSystem = fileSystem;
    this.directory = directory;
    this.durable = durable;
    this.copiedTables = copiedTables;
  }

  void run(List<EnginePart> parts) throws IOException {
    for (EnginePart part : parts) {
      if (fileSystem.exists(part.directory())) {
        requireEngine(part.directory());
      } else {
        make(part);
      }
    }
  }

  /** A directory under its final name is complete: an earlier attempt made it. */
  private void requireEngine(Path part) throws IOException {
    if (!fileSystem.exists(part.resolve(FileNames.MANIFEST))) {
      throw new FileAlreadyExistsException(part + " exists and is no part of a split");
    }
  }

  private void make(EnginePart part) throws IOException {
    StagedDirectory staged = StagedDirectory.begin(fileSystem, part.directory());
    try {
      KeyRanges keys = PartRanges.of(part.range(), copiedTables);
      List<RunMeta> runs = new ArrayList<>();
      for (Run run : durable.version().runs()) {
        List<TableMeta> tables = new ArrayList<>();
        for (Table table : run.tables()) {
          TableMeta seen = through(keys, table);
          if (seen != null) {
            tables.add(seen);
            String name = FileNames.table(seen.fileId());
            staged.link(directory.resolve(name), name);
          }
        }
        if (!tables.isEmpty()) {
          runs.add(new RunMeta(run.meta().minGeneration(), run.meta().maxGeneration(), tables));
        }
      }
      EngineState state =
          new EngineState(
              part.position(),
              part.configuration(),
              durable.state().timeMillis(),
              durable.state().expireBeforeMillis());
      staged.writeManifest(
          UUID.randomUUID(),
          new ManifestState(state, durable.nextFileId(), durable.nextGeneration(), runs));
      staged.publish();
    } catch (Throwable e) {
      staged.abandon(e);
      throw e;
    }
  }

  /** The table as someone sees it who has these keys; null if nothing of it is left. */
  static @Nullable TableMeta through(KeyRanges keys, Table table) throws IOException {
    TableMeta meta = table.meta();
    byte[] min = meta.properties().minKey();
    byte[] max = meta.properties().maxKey();
    if (keys.covers(min, max)) {
      return meta;
    }
    KeyRanges bounds = meta.bounds().intersect(keys);
    if (bounds == null || !bounds.overlaps(min, max)) {
      return null;
    }
    return meta.as(meta.fileId(), bounds, table.reader().liveBytes(bounds));
  }
}
