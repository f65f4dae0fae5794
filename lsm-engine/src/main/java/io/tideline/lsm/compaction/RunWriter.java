package io.tideline.lsm.compaction;

import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.file.Syncs;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.Heads;
import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.row.RowType;
import io.tideline.lsm.seeded.SeededBug;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.table.TableStyle;
import io.tideline.lsm.table.TableWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes groups as one run of tables, leaving out what {@link Retention} says. A table is closed at
 * about {@link #TABLE_BYTES_MAX}, between two rows if a timeline is larger than that.
 *
 * <p>Threading: confined. Lifetime: ends with {@link #finish}, or with {@link #abandon}, which
 * deletes what was written.
 */
public final class RunWriter {

  /** Keeps one file's index and filter small and a copy of it resumable. */
  public static final long TABLE_BYTES_MAX = 64L << 20;

  /** A few blocks: often enough to yield within a millisecond or two. */
  private static final long PACE_BYTES = 64 << 10;

  /**
   * Where tables go.
   *
   * @param style how tables look
   * @param minLogIndex log index after which the oldest content was written
   * @param tableBytesMax size at which a table is closed
   * @param cuts keys, ascending, at which a table is closed too
   */
  public record Target(
      FileSystem fileSystem,
      Path directory,
      UUID engineId,
      LongSupplier fileIds,
      TableStyle style,
      long tableBytesMax,
      List<byte[]> cuts,
      long minLogIndex,
      long maxLogIndex) {}

  private final Target target;
  private final Retention retention;
  private final Pace pace;
  private final List<TableMeta> finished = new ArrayList<>();
  private final List<Path> created = new ArrayList<>();
  private @Nullable TableWriter table;
  private @Nullable StorageFile file;
  private long rowsExpired;
  private long rowsTrimmed;
  private long recordsSeen;

  /** Bytes of the present table that {@link #pace} knows of. */
  private long paced;

  /** Cuts before this position were made or passed. */
  private int nextCut;

  /**
   * @param pace told what is written; ends {@link #addAll} with a {@link
   *     java.util.concurrent.CancellationException} if it throws one
   */
  public RunWriter(Target target, Retention retention, Pace pace) {
    this.target = target;
    this.retention = retention;
    this.pace = pace;
  }

  /** Writes all groups of {@code source}, from its first. */
  public void addAll(GroupSource source) throws IOException {
    for (boolean more = source.seek(null); more; more = source.next()) {
      keepPace();
      if (addPlain(source)) {
        continue;
      }
      if (InternalKey.isTimeline(source.keyBuffer())) {
        addTimeline(source);
      } else {
        addRecord(source);
      }
    }
  }

  /** Writes a group of which nothing can be dropped without looking at each row. */
  private boolean addPlain(GroupSource source) throws IOException {
    if (retention.dropsRows()) {
      return false;
    }
    int bytes = source.plainBytes(retention.expireBeforeMillis());
    if (bytes == GroupSource.NOT_PLAIN || !TableWriter.takesPlain(target.style, bytes)) {
      return false;
    }
    writer(source).addPlain(source, bytes);
    return true;
  }

  private void keepPace() {
    TableWriter writer = table;
    long size = writer == null ? 0 : writer.size();
    if (size - paced >= PACE_BYTES || writer == null) {
      pace.written(size - paced);
      paced = size;
    }
  }

  private void addTimeline(GroupSource source) throws IOException {
    TimelineHead head = source.head();
    if (retention.dropsRows()) {
      if (!Heads.isNone(head)) {
        begin(source, head, false, false).endGroup(true);
      }
      return;
    }
    RowSource rows = source.rows();
    TableWriter writer = null;
    if (!Heads.isNone(head) && !SeededBug.HEADS_DROPPED_WITH_ROWS.isPlanted()) {
      writer = begin(source, head, false, false);
    }
    for (; rows.isValid(); rows.next()) {
      keepPace();
      long millis = rows.timestampMillis();
      int meta = rows.meta();
      Retention.Verdict verdict = retention.ofRow(head, rows.sequenceId(), millis, meta);
      if (verdict != Retention.Verdict.KEEP && millis < retention.expireBeforeMillis()) {
        rowsExpired += RowType.type(meta) == RowType.DELETE ? 0 : 1;
      } else if (verdict == Retention.Verdict.DROP && RowType.type(meta) != RowType.DELETE) {
        rowsTrimmed++;
      }
      if (verdict == Retention.Verdict.DROP) {
        continue;
      }
      if (writer == null) {
        writer = begin(source, head, false, false);
      }
      if (writer.size() >= target.tableBytesMax && writer.hasOpenRows()) {
        writer.endGroup(false);
        finishTable();
        writer = begin(source, head, false, true);
      }
      write(writer, rows, verdict, false);
    }
    if (writer != null) {
      writer.endGroup(true);
    }
  }

  private void addRecord(GroupSource source) throws IOException {
    RowSource rows = source.rows();
    if (!rows.isValid()) {
      return;
    }
    recordsSeen++;
    Retention.Verdict verdict = retention.ofRecord(rows.timestampMillis(), rows.meta());
    if (verdict != Retention.Verdict.DROP) {
      TableWriter writer = begin(source, Heads.NONE, true, false);
      write(writer, rows, verdict, true);
      writer.endGroup(true);
    }
  }

  private void write(TableWriter writer, RowSource rows, Retention.Verdict verdict, boolean record)
      throws IOException {
    if (verdict == Retention.Verdict.BURY) {
      writer.addTombstone(rows.sequenceId());
      return;
    }
    int meta = rows.meta();
    if (retention.oldest() && !record) {
      meta = RowType.meta(RowType.APPEND, RowType.kind(meta));
    }
    writer.add(rows.sequenceId(), rows.timestampMillis(), meta, rows);
  }

  private TableWriter begin(
      GroupSource source, TimelineHead head, boolean record, boolean continued) throws IOException {
    TableWriter writer = writer(source);
    writer.beginGroup(source.keyBuffer(), source.keyLength(), head, record, continued);
    return writer;
  }

  /** The open table, a new one if it is full or to be cut before this group. */
  private TableWriter writer(GroupSource source) throws IOException {
    boolean cut = false;
    while (nextCut < target.cuts.size() && isAtOrAfter(source, target.cuts.get(nextCut))) {
      nextCut++;
      cut = true;
    }
    if (table != null && (cut || table.size() >= target.tableBytesMax)) {
      finishTable();
    }
    TableWriter writer = table;
    return writer == null ? open() : writer;
  }

  private static boolean isAtOrAfter(GroupSource source, byte[] key) {
    return Arrays.compareUnsigned(source.keyBuffer(), 0, source.keyLength(), key, 0, key.length)
        >= 0;
  }

  private TableWriter open() throws IOException {
    long fileId = target.fileIds.getAsLong();
    Path path = target.directory.resolve(FileNames.table(fileId));
    StorageFile opened = target.fileSystem.open(path, FileSystem.Mode.CREATE_NEW);
    created.add(path);
    file = opened;
    TableWriter writer = new TableWriter(opened, target.engineId, fileId, target.style);
    table = writer;
    return writer;
  }

  private void finishTable() throws IOException {
    TableWriter writer = table;
    StorageFile open = file;
    if (writer == null || open == null) {
      return;
    }
    TableMeta meta = writer.finish(target.minLogIndex, target.maxLogIndex);
    finished.add(meta);
    pace.written(Math.max(0, meta.size() - paced));
    paced = 0;
    table = null;
    file = null;
    open.close();
  }

  /**
   * Completes the run: every file forced, their names durable.
   *
   * @return its tables, empty if nothing was left to write
   */
  public List<TableMeta> finish() throws IOException {
    finishTable();
    if (!finished.isEmpty() && !SeededBug.TABLE_DIRECTORY_NOT_SYNCED.isPlanted()) {
      Syncs.directory(target.fileSystem, target.directory);
    }
    return List.copyOf(finished);
  }

  /**
   * Deletes what was written, after a failure; what cannot be deleted is added to {@code cause}.
   */
  public void abandon(Throwable cause) {
    try {
      if (file != null) {
        file.close();
        file = null;
      }
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
    for (Path path : created) {
      try {
        target.fileSystem.delete(path);
      } catch (IOException e) {
        cause.addSuppressed(e);
      }
    }
  }

  /** Rows left out because a trim mark had passed them. */
  public long rowsTrimmed() {
    return rowsTrimmed;
  }

  /** Records read, kept or not. */
  public long recordsSeen() {
    return recordsSeen;
  }

  /** Rows left out because they had expired. */
  public long rowsExpired() {
    return rowsExpired;
  }
}
