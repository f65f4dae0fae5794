package io.tideline.lsm;

import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.manifest.Manifest;
import io.tideline.lsm.manifest.ManifestState;
import io.tideline.lsm.manifest.RunMeta;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.table.TableReader;
import io.tideline.lsm.version.Run;
import io.tideline.lsm.version.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Recovery: from a directory to an open manifest and open runs. Nothing is changed before
 * everything the manifest names has been found sound; then files it does not name are deleted.
 */
final class EngineOpener {

  private static final Logger log = LoggerFactory.getLogger(EngineOpener.class);

  private final FileSystem fileSystem;
  private final Path directory;
  private final EngineResources resources;
  private final DeadTables deadTables;
  private final List<TableReader> opened = new ArrayList<>();

  EngineOpener(Path directory, EngineResources resources, DeadTables deadTables) {
    this.fileSystem = resources.fileSystem();
    this.directory = directory;
    this.resources = resources;
    this.deadTables = deadTables;
  }

  /** What was found. */
  record Opened(Manifest manifest, long nextFileId, List<Run> runs) {}

  Opened open() throws IOException {
    Manifest manifest = openManifest();
    try {
      List<Run> runs = new ArrayList<>();
      for (RunMeta run : manifest.state().runs()) {
        runs.add(openRun(run, manifest.engineId()));
      }
      return new Opened(manifest, deleteLeftovers(manifest.state()), runs);
    } catch (Throwable e) {
      for (TableReader reader : opened) {
        closeQuietly(reader, e);
      }
      closeQuietly(manifest, e);
      throw e;
    }
  }

  private static void closeQuietly(AutoCloseable resource, Throwable cause) {
    try {
      resource.close();
    } catch (Exception e) {
      cause.addSuppressed(e);
    }
  }

  private Manifest openManifest() throws IOException {
    if (fileSystem.exists(directory.resolve(FileNames.MANIFEST))) {
      return Manifest.open(fileSystem, directory);
    }
    for (String name : fileSystem.list(directory)) {
      if (FileNames.tableId(name).isPresent()) {
        throw new CorruptionException(
            directory.resolve(FileNames.MANIFEST),
            0,
            "a manifest",
            "none, though the directory holds table "
                + name
                + "; restore the manifest or the whole directory");
      }
    }
    return Manifest.create(fileSystem, directory, UUID.randomUUID(), ManifestState.EMPTY);
  }

  private Run openRun(RunMeta meta, UUID engineId) throws IOException {
    List<Table> tables = new ArrayList<>();
    for (TableMeta table : meta.tables()) {
      TableReader reader = openTable(fileSystem, directory, engineId, table, resources);
      opened.add(reader);
      tables.add(new Table(table, reader, deadTables::add));
    }
    return new Run(meta, tables);
  }

  /** Opens a table and checks that it is the one the manifest means. */
  static TableReader openTable(
      FileSystem fileSystem,
      Path directory,
      UUID engineId,
      TableMeta meta,
      EngineResources resources)
      throws IOException {
    Path path = directory.resolve(FileNames.table(meta.fileId()));
    if (!fileSystem.exists(path)) {
      throw new CorruptionException(path, 0, "a table of " + meta.size() + " bytes", "no file");
    }
    StorageFile file = fileSystem.open(path, FileSystem.Mode.READ);
    return TableReader.open(file, path, engineId, meta.fileId(), meta, resources.blockCache());
  }

  /** Deletes tables the manifest does not name; returns a file id above all that were there. */
  private long deleteLeftovers(ManifestState state) throws IOException {
    Set<Long> live = new HashSet<>();
    state.runs().forEach(run -> run.tables().forEach(table -> live.add(table.fileId())));
    long nextFileId = state.nextFileId();
    for (String name : fileSystem.list(directory)) {
      OptionalLong id = FileNames.tableId(name);
      boolean leftoverTable = id.isPresent() && !live.contains(id.getAsLong());
      if (leftoverTable) {
        nextFileId = Math.max(nextFileId, id.getAsLong() + 1);
      }
      if (leftoverTable || name.equals(FileNames.MANIFEST_TMP)) {
        log.info("{}: deleting {}, left behind by a crash", directory, name);
        fileSystem.delete(directory.resolve(name));
      }
    }
    return nextFileId;
  }
}
