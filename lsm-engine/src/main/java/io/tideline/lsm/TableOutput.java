package io.tideline.lsm;

import io.tideline.lsm.compaction.RunWriter;
import io.tideline.lsm.fs.DiskFullException;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.table.TableStyle;
import io.tideline.lsm.version.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Where flush and compaction put their tables: written, forced, opened, and taken back if they do
 * not become part of the engine.
 *
 * <p>Threading: safe for many threads.
 */
final class TableOutput {

  private final Path directory;
  private final EngineResources resources;
  private final FileSystem fileSystem;
  private final UUID engineId;
  private final VersionSet versions;
  private final DeadTables deadTables;
  private final long tableBytesMax;
  private final long diskReserveBytes;

  TableOutput(
      Path directory,
      EngineOptions options,
      EngineResources resources,
      UUID engineId,
      VersionSet versions,
      DeadTables deadTables) {
    this.directory = directory;
    this.resources = resources;
    this.fileSystem = resources.fileSystem();
    this.engineId = engineId;
    this.versions = versions;
    this.deadTables = deadTables;
    diskReserveBytes = options.diskReserveBytes();
    tableBytesMax = Math.min(RunWriter.TABLE_BYTES_MAX, options.memtableBytes());
  }

  /** Whether this engine wrote a table, so that its positions are of this engine's log. */
  boolean isOwn(TableMeta table) {
    return table.origin().engineId().equals(engineId);
  }

  /** Size at which tables are closed. */
  long tableBytesMax() {
    return tableBytesMax;
  }

  /** Refuses to start what would not fit, so that a full disk leaves no half-written file. */
  void requireSpace(long bytes) throws IOException {
    long usable = fileSystem.usableBytes(directory);
    if (usable < bytes / 4 + diskReserveBytes / 4) {
      throw new DiskFullException(directory, usable, "writing about " + bytes + " bytes", null);
    }
  }

  RunWriter.Target target(TableStyle style, List<byte[]> cuts, long minLogIndex, long maxLogIndex) {
    return new RunWriter.Target(
        fileSystem,
        directory,
        engineId,
        versions::newFileId,
        style,
        tableBytesMax,
        cuts,
        minLogIndex,
        maxLogIndex);
  }

  /** Writes tables and opens them; on failure nothing of them stays. May be none. */
  List<Table> write(RunWriter writer, GroupSource groups) throws IOException {
    List<Table> tables = new ArrayList<>();
    try {
      writer.addAll(groups);
      for (TableMeta meta : writer.finish()) {
        tables.add(
            new Table(
                meta,
                EngineOpener.openTable(fileSystem, directory, engineId, meta, resources),
                deadTables::add));
      }
      return tables;
    } catch (Throwable e) {
      tables.forEach(deadTables::add);
      writer.abandon(e);
      throw e;
    }
  }

  /** Makes written tables part of the engine. */
  interface Installation {
    void run() throws IOException;
  }

  /**
   * Runs an installation. The files are deleted after a failure only if the manifest surely does
   * not name them.
   */
  void install(RunWriter writer, List<Table> tables, Installation installation) throws IOException {
    try {
      installation.run();
    } catch (Throwable e) {
      tables.forEach(deadTables::add);
      if (e instanceof DiskFullException) {
        writer.abandon(e);
      }
      throw e;
    }
  }
}
