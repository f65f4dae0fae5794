package io.tideline.lsm.inspect;

import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.manifest.ManifestReader;
import io.tideline.lsm.manifest.RunMeta;
import io.tideline.lsm.row.Heads;
import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.row.RowType;
import io.tideline.lsm.table.TableMeta;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The truth about an engine's files, told slowly: reads the manifest and every row of every table
 * and checks what readers rely on.
 *
 * <ol>
 *   <li>All checksums hold ({@link ChecksumVerifier}).
 *   <li>Each table: keys and ids ascend, groups are whole, index entries and properties are what
 *       the blocks say, the filter knows every key ({@link TableChecker}).
 *   <li>Tables of a run ascend; a group goes on in the next table only where it says so. Of virtual
 *       tables this holds for the keys within their bounds, which cut no group.
 *   <li>Each table is the one its origin says.
 *   <li>Runs do not overlap in age, nor, for one timeline and as far as this engine wrote them, in
 *       log index.
 *   <li>An append has a larger id than every row of its timeline in older runs, and no row has a
 *       larger id than its timeline's head.
 * </ol>
 *
 * <p>For engines that are not open. Holds one entry per timeline in memory.
 */
public final class EngineChecker {

  private final FileSystem fileSystem;
  private final Path directory;
  private final List<Problem> problems = new ArrayList<>();

  /** Largest id of any row in the runs looked at so far, oldest first. */
  private final TreeMap<byte[], Long> largestIds = new TreeMap<>(Arrays::compareUnsigned);

  /** Log index up to which the runs looked at so far have content of a timeline. */
  private final TreeMap<byte[], Long> logIndexes = new TreeMap<>(Arrays::compareUnsigned);

  private final TreeMap<byte[], TimelineHead> heads = new TreeMap<>(Arrays::compareUnsigned);

  private EngineChecker(FileSystem fileSystem, Path directory) {
    this.fileSystem = fileSystem;
    this.directory = directory;
  }

  /** Checks the engine in {@code directory}; an empty list means all is well. */
  public static List<Problem> check(FileSystem fileSystem, Path directory) throws IOException {
    List<Problem> damage = ChecksumVerifier.verify(fileSystem, directory).problems();
    if (!damage.isEmpty()) {
      return damage;
    }
    return checkStructure(fileSystem, directory);
  }

  /**
   * As {@link #check}, of an engine whose checksums were found right before.
   *
   * @throws IOException if a file cannot be read
   */
  public static List<Problem> checkStructure(FileSystem fileSystem, Path directory)
      throws IOException {
    EngineChecker checker = new EngineChecker(fileSystem, directory);
    checker.checkRuns();
    return List.copyOf(checker.problems);
  }

  private void checkRuns() throws IOException {
    Path path = directory.resolve(FileNames.MANIFEST);
    ManifestReader.Content content = ManifestReader.read(fileSystem, path);
    Map<Long, RunMeta> owners = new HashMap<>();
    long logIndex = 0;
    List<RunMeta> newestFirst = content.state().runs();
    for (int i = newestFirst.size() - 1; i >= 0; i--) {
      RunMeta run = newestFirst.get(i);
      for (TableMeta table : run.tables()) {
        RunMeta other = owners.put(table.fileId(), run);
        require(other == null, path, "each table in one run", "table " + table.fileId() + " twice");
        require(
            table.fileId() < content.state().nextFileId(),
            path,
            "file ids below " + content.state().nextFileId(),
            "table " + table.fileId());
        if (isOwn(table, content)) {
          logIndex = Math.max(logIndex, table.properties().maxLogIndex());
        }
      }
      checkRun(run, content);
    }
    require(
        logIndex <= content.state().state().position().index(),
        path,
        "content up to the durable position",
        "log index " + logIndex);
    checkHeads(path);
  }

  private static boolean isOwn(TableMeta table, ManifestReader.Content content) {
    return table.origin().engineId().equals(content.engineId());
  }

  private void checkRun(RunMeta run, ManifestReader.Content content) throws IOException {
    TreeMap<byte[], Long> logIndexesHere = new TreeMap<>(Arrays::compareUnsigned);
    TreeMap<byte[], Long> largestHere = new TreeMap<>(Arrays::compareUnsigned);
    TableChecker previous = null;
    for (TableMeta meta : run.tables()) {
      Path path = directory.resolve(FileNames.table(meta.fileId()));
      TableChecker checker =
          new TableChecker(path, meta, problems, previous) {
            @Override
            void timelineRow(byte[] key, long id, int meta) {
              Long older = largestIds.get(key);
              if (RowType.type(meta) == RowType.APPEND && older != null && id <= older) {
                problem("appends above " + older + " of " + EngineInspector.keyText(key), "" + id);
              }
              largestHere.merge(key, id, Math::max);
            }

            @Override
            void head(byte[] key, TimelineHead head) {
              if (isOwn(meta, content)) {
                checkLogIndex(this, key, meta.properties().minLogIndex());
                logIndexesHere.put(key, meta.properties().maxLogIndex());
              }
              TimelineHead sum = heads.getOrDefault(key, Heads.NONE);
              heads.put(key, Heads.merge(head, sum));
            }
          };
      checker.check(fileSystem);
      previous = checker;
    }
    if (previous != null) {
      previous.requireGroupEnded();
    }
    logIndexes.putAll(logIndexesHere);
    largestHere.forEach((key, id) -> largestIds.merge(key, id, Math::max));
  }

  /** From 0 is what has content of another engine's log, whose positions mean nothing here. */
  private void checkLogIndex(TableChecker table, byte[] key, long from) {
    long older = logIndexes.getOrDefault(key, 0L);
    if (from > 0 && from < older) {
      table.problem(
          "content after log index " + older + " of " + EngineInspector.keyText(key),
          "from " + from);
    }
  }

  private void checkHeads(Path manifest) {
    largestIds.forEach(
        (key, id) -> {
          TimelineHead head = heads.getOrDefault(key, Heads.NONE);
          require(
              InternalKey.isTimeline(key) && id <= head.lastSequenceId(),
              manifest,
              "rows of " + EngineInspector.keyText(key) + " up to the head's last id",
              "id " + id + " above " + head);
        });
  }

  private void require(boolean holds, Path file, String expected, String found) {
    if (!holds) {
      problems.add(new Problem(file, -1, expected, found));
    }
  }
}
