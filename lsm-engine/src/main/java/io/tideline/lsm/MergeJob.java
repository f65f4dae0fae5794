package io.tideline.lsm;

import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.manifest.ManifestState;
import io.tideline.lsm.manifest.RunMeta;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.row.KeyRanges;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.version.Run;
import io.tideline.lsm.version.Table;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Makes one engine of two neighbours by linking the tables of both. The runs of the right one come
 * to lie below those of the left one, each side in its own order of age: that is all reads need,
 * for no key is in both.
 */
final class MergeJob {

  private final FileSystem fileSystem;
  private final Set<Integer> tablesOfLeft;

  /** Newest first; generations are given when all are known. */
  private final List<List<TableMeta>> runs = new ArrayList<>();

  private long nextFileId = 1;

  MergeJob(FileSystem fileSystem, Set<Integer> tablesOfLeft) {
    this.fileSystem = fileSystem;
    this.tablesOfLeft = tablesOfLeft;
  }

  /** One of the two: where it is and what it has. */
  record Side(Path directory, VersionSet.Durable durable) {}

  void run(Side left, Side right, byte[] boundary, EnginePart target) throws IOException {
    if (fileSystem.exists(target.directory())) {
      if (fileSystem.exists(target.directory().resolve(FileNames.MANIFEST))) {
        return; // Complete: made by an earlier attempt.
      }
      throw new FileAlreadyExistsException(target.directory() + " exists and is no merged engine");
    }
    requireNeighbours(left, right, boundary);
    StagedDirectory staged = StagedDirectory.begin(fileSystem, target.directory());
    try {
      link(staged, left, KeyRanges.ALL);
      link(staged, right, PartRanges.allBut(tablesOfLeft));
      List<RunMeta> numbered = new ArrayList<>();
      for (int i = 0; i < runs.size(); i++) {
        long generation = (long) runs.size() - i;
        numbered.add(new RunMeta(generation, generation, runs.get(i)));
      }
      EngineState of = left.durable.state();
      EngineState and = right.durable.state();
      EngineState state =
          new EngineState(
              target.position(),
              target.configuration(),
              Math.max(of.timeMillis(), and.timeMillis()),
              Math.max(of.expireBeforeMillis(), and.expireBeforeMillis()));
      staged.writeManifest(
          UUID.randomUUID(), new ManifestState(state, nextFileId, runs.size() + 1L, numbered));
      staged.publish();
    } catch (Throwable e) {
      staged.abandon(e);
      throw e;
    }
  }

  private void link(StagedDirectory staged, Side side, KeyRanges keys) throws IOException {
    for (Run run : side.durable.version().runs()) {
      List<TableMeta> tables = new ArrayList<>();
      for (Table table : run.tables()) {
        TableMeta seen = SplitJob.through(keys, table);
        if (seen != null) {
          long fileId = nextFileId++;
          tables.add(seen.as(fileId, seen.bounds(), seen.liveBytes()));
          staged.link(table.reader().path(), FileNames.table(fileId));
        }
      }
      if (!tables.isEmpty()) {
        runs.add(tables);
      }
    }
  }

  /** Else a key could be in both, and the wrong one would be found first. */
  private void requireNeighbours(Side left, Side right, byte[] boundary) throws IOException {
    for (int space = 0; space <= InternalKey.TIMELINES; space++) {
      if (!tablesOfLeft.contains(space)) {
        byte[] from = InternalKey.of(space, boundary);
        requireNone(left, from, InternalKey.startOf(space + 1), "at or after");
        requireNone(right, InternalKey.startOf(space), from, "before");
      }
    }
  }

  private static void requireNone(Side side, byte[] from, byte[] to, String where)
      throws IOException {
    for (Run run : side.durable.version().runs()) {
      try (GroupSource groups = run.rows().groups(true)) {
        if (groups.seek(from) && Arrays.compareUnsigned(groups.key(), to) < 0) {
          throw new IllegalArgumentException(
              side.directory + " has a key " + where + " the boundary: it cannot be merged there");
        }
      }
    }
  }
}
