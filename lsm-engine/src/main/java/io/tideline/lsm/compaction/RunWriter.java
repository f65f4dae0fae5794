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
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
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

  /**
   * Where tables go.
   *
   * @param style how tables look
   * @param minLogIndex log index after which the oldest content was written
   * @param tableBytesMax size at which a table is closed
   */
  public record Target(
      FileSystem fileSystem,
      Path directory,
      UUID engineId,
      LongSupplier fileIds,
      TableStyle style,
      long tableBytesMax,
      long minLogIndex,
      long maxLogIndex) {}

  private final Target target;
  private final Retention retention;
  private final BooleanSupplier cancelled;
  private final List<TableMeta> finished = new ArrayList<>();
  private final List<Path> created = new ArrayList<>();
  private @Nullable TableWriter table;
  private @Nullable StorageFile file;
  private long rowsExpired;

  /**
   * @param cancelled asked now and then; true ends {@link #addAll} with a {@link
   *     CancellationException}
   */
  public RunWriter(Target target, Retention retention, BooleanSupplier cancelled) {
    this.target = target;
    this.retention = retention;
    this.cancelled = cancelled;
  }

  /** Writes all groups of {@code source}, from its first. */
  public void addAll(GroupSource source) throws IOException {
    for (boolean more = source.seek(null); more; more = source.next()) {
      if (cancelled.getAsBoolean()) {
        throw new CancellationException("the engine is closing");
      }
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
    int bytes = source.plainBytes(retention.expireBeforeMillis());
    if (bytes == GroupSource.NOT_PLAIN || !TableWriter.takesPlain(target.style, bytes)) {
      return false;
    }
    writer().addPlain(source, bytes);
    return true;
  }

  private void addTimeline(GroupSource source) throws IOException {
    TimelineHead head = source.head();
    RowSource rows = source.rows();
    TableWriter writer = null;
    if (!Heads.isNone(head) && !SeededBug.HEADS_DROPPED_WITH_ROWS.isPlanted()) {
      writer = begin(source, head, false, false);
    }
    for (; rows.isValid(); rows.next()) {
      long millis = rows.timestampMillis();
      int meta = rows.meta();
      Retention.Verdict verdict = retention.ofRow(head, rows.sequenceId(), millis, meta);
      if (verdict != Retention.Verdict.KEEP && millis < retention.expireBeforeMillis()) {
        rowsExpired += RowType.type(meta) == RowType.DELETE ? 0 : 1;
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
    TableWriter writer = writer();
    writer.beginGroup(source.keyBuffer(), source.keyLength(), head, record, continued);
    return writer;
  }

  /** The open table, a new one if it is full. */
  private TableWriter writer() throws IOException {
    if (table != null && table.size() >= target.tableBytesMax) {
      finishTable();
    }
    TableWriter writer = table;
    return writer == null ? open() : writer;
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
    finished.add(writer.finish(target.minLogIndex, target.maxLogIndex));
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

  /** Rows left out because they had expired. */
  public long rowsExpired() {
    return rowsExpired;
  }
}
