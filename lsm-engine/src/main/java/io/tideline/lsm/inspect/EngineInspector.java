package io.tideline.lsm.inspect;

import io.tideline.lsm.EngineState;
import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.manifest.ManifestReader;
import io.tideline.lsm.manifest.RunMeta;
import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.row.KeyRanges;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.table.TableOrigin;
import io.tideline.lsm.table.TableProperties;
import io.tideline.lsm.table.TableWalk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Describes manifests and tables. */
public final class EngineInspector {

  /**
   * A table as its manifest or it itself tells.
   *
   * @param name file name
   * @param size bytes, -1 if not known
   * @param crc32c of the whole file, 0 if not known
   * @param origin engine and file id in the file's header, as {@code <engine id>/<file id>}
   * @param liveBytes how much of it counts, {@code size} unless it is virtual
   * @param bounds of a virtual table, the ranges that count as {@code [key, key)}; empty if all of
   *     it counts
   * @param firstKey smallest key in words: {@code timeline 6162} or {@code record 3 6162}, in hex
   */
  public record TableInfo(
      String name,
      long size,
      int crc32c,
      String origin,
      long liveBytes,
      List<String> bounds,
      long groups,
      long rows,
      long rawBytes,
      long minMillis,
      long maxMillis,
      long minLogIndex,
      long maxLogIndex,
      boolean hasUpdates,
      boolean hasTrims,
      boolean hasRecords,
      String firstKey,
      String lastKey) {}

  /** A run: the merged content of the memtables of generations {@code [min, max]}. */
  public record RunInfo(long minGeneration, long maxGeneration, List<TableInfo> tables) {}

  /**
   * A manifest.
   *
   * @param runs newest first
   * @param edits valid edits in the file
   * @param validBytes bytes of the file that are in use
   * @param tornTail whether bytes of an edit that was never acknowledged follow: harmless
   */
  public record ManifestInfo(
      UUID engineId,
      EngineState state,
      long nextFileId,
      long nextGeneration,
      int edits,
      long validBytes,
      boolean tornTail,
      List<RunInfo> runs) {}

  /** A group or a part of one, in words. */
  public record GroupInfo(int block, String key, boolean first, int rows, String head) {}

  /** A table opened for itself. */
  public record TableDescription(
      UUID engineId, long fileId, int version, int blocks, TableInfo table) {}

  private EngineInspector() {}

  /** Describes the manifest of an engine's directory. */
  public static ManifestInfo manifest(FileSystem fileSystem, Path directory) throws IOException {
    ManifestReader.Content content =
        ManifestReader.read(fileSystem, directory.resolve(FileNames.MANIFEST));
    return new ManifestInfo(
        content.engineId(),
        content.state().state(),
        content.state().nextFileId(),
        content.state().nextGeneration(),
        content.edits().size(),
        content.end(),
        content.torn(),
        content.state().runs().stream().map(EngineInspector::run).toList());
  }

  private static RunInfo run(RunMeta run) {
    return new RunInfo(
        run.minGeneration(),
        run.maxGeneration(),
        run.tables().stream().map(EngineInspector::table).toList());
  }

  private static TableInfo table(TableMeta meta) {
    return info(
        FileNames.table(meta.fileId()),
        meta.size(),
        meta.crc32c(),
        meta.origin(),
        meta.liveBytes(),
        meta.isVirtual()
            ? meta.bounds().list().stream().map(EngineInspector::text).toList()
            : List.of(),
        meta.properties());
  }

  private static String text(KeyRanges.Range range) {
    return "[" + keyText(range.low()) + ", " + keyText(range.high()) + ")";
  }

  private static TableInfo info(
      String name,
      long size,
      int crc,
      TableOrigin origin,
      long liveBytes,
      List<String> bounds,
      TableProperties properties) {
    return new TableInfo(
        name,
        size,
        crc,
        origin.engineId() + "/" + origin.fileId(),
        liveBytes,
        bounds,
        properties.groups(),
        properties.rows(),
        properties.rawBytes(),
        properties.minMillis(),
        properties.maxMillis(),
        properties.minLogIndex(),
        properties.maxLogIndex(),
        properties.has(TableProperties.HAS_OTHER_THAN_APPENDS),
        properties.has(TableProperties.HAS_TRIMS),
        properties.has(TableProperties.HAS_RECORDS),
        keyText(properties.minKey()),
        keyText(properties.maxKey()));
  }

  /** Describes one table file. */
  public static TableDescription table(FileSystem fileSystem, Path file) throws IOException {
    try (TableWalk walk = TableWalk.open(fileSystem, file, null)) {
      return new TableDescription(
          walk.engineId(),
          walk.fileId(),
          walk.version(),
          walk.blockCount(),
          info(
              String.valueOf(file.getFileName()),
              fileSystem.size(file),
              0,
              new TableOrigin(walk.engineId(), walk.fileId()),
              fileSystem.size(file),
              List.of(),
              walk.properties()));
    }
  }

  /** The first {@code limit} groups of a table, in order. */
  public static List<GroupInfo> groups(FileSystem fileSystem, Path file, int limit)
      throws IOException {
    List<GroupInfo> groups = new ArrayList<>();
    try (TableWalk walk = TableWalk.open(fileSystem, file, null)) {
      for (int block = 0; block < walk.blockCount() && groups.size() < limit; block++) {
        for (TableWalk.FragmentInfo fragment : walk.block(block).fragments()) {
          if (groups.size() < limit) {
            groups.add(
                new GroupInfo(
                    block,
                    keyText(fragment.key()),
                    fragment.first(),
                    fragment.rows().size(),
                    fragment.head() == null ? "" : fragment.head().toString()));
          }
        }
      }
    }
    return groups;
  }

  /**
   * Names of the tables that were found damaged and are kept in {@code quarantine/} of an engine's
   * directory; beside each is a text of what was found.
   */
  public static List<String> quarantined(FileSystem fileSystem, Path directory) throws IOException {
    Path quarantine = directory.resolve(FileNames.QUARANTINE);
    return fileSystem.exists(quarantine)
        ? fileSystem.list(quarantine).stream()
            .filter(name -> FileNames.tableId(name).isPresent())
            .toList()
        : List.of();
  }

  /** An internal key in words. */
  static String keyText(byte[] internalKey) {
    return InternalKey.toText(internalKey);
  }
}
