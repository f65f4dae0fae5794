package io.tideline.server.log;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the log of a stopped node without changing it: every record, every checksum, and unlike
 * recovery it goes on behind damage to tell how much there is.
 */
public final class LogInspector {

  private final FileSystem fileSystem;
  private final Path directory;
  private final Consumer<RecordInfo> records;
  private final List<SegmentInfo> segments = new ArrayList<>();
  private final List<Problem> problems = new ArrayList<>();

  private LogInspector(FileSystem fileSystem, Path directory, Consumer<RecordInfo> records) {
    this.fileSystem = fileSystem;
    this.directory = directory;
    this.records = records;
  }

  /**
   * One record.
   *
   * @param file the segment it is in
   * @param offset where it starts there
   * @param bytes its size on disk
   * @param type its kind, as in the format's description
   * @param group the group it is about
   * @param index the index of an entry or the bound of a truncation
   * @param term the term of an entry or a vote
   * @param tag the owner's mark on an entry
   * @param payloadBytes size of its payload
   */
  public record RecordInfo(
      Path file,
      long offset,
      long bytes,
      String type,
      long group,
      long index,
      long term,
      int tag,
      int payloadBytes) {}

  /**
   * One segment file.
   *
   * @param file its path
   * @param number its number
   * @param fileBytes its size
   * @param endOffset where its records end
   * @param records how many valid records it has
   */
  public record SegmentInfo(Path file, long number, long fileBytes, long endOffset, long records) {}

  /**
   * Something that is not as it was written.
   *
   * @param file the damaged file
   * @param offset where
   * @param expected what should be there
   * @param found what is there
   */
  public record Problem(Path file, long offset, String expected, String found) {}

  /**
   * What was found.
   *
   * @param segments the segment files, oldest first
   * @param problems damage; empty for a sound log
   * @param tornTail whether the last segment ends with the rest of an interrupted write, which is
   *     no damage: it was never acknowledged
   */
  public record Report(List<SegmentInfo> segments, List<Problem> problems, boolean tornTail) {}

  /**
   * Reads a log directory from end to end.
   *
   * @param records told of each valid record, in the order of the log
   * @throws IOException if the disk fails; damage is reported, not thrown
   */
  public static Report inspect(FileSystem fileSystem, Path directory, Consumer<RecordInfo> records)
      throws IOException {
    LogInspector inspector = new LogInspector(fileSystem, directory, records);
    return inspector.run();
  }

  private Report run() throws IOException {
    List<SegmentHeader> headers = readHeaders();
    boolean torn = false;
    for (int i = 0; i < headers.size(); i++) {
      SegmentHeader next = i + 1 < headers.size() ? headers.get(i + 1) : null;
      torn = scan(headers.get(i), next);
    }
    requireReplayable();
    return new Report(List.copyOf(segments), List.copyOf(problems), torn);
  }

  private List<SegmentHeader> readHeaders() throws IOException {
    List<SegmentHeader> headers = new ArrayList<>();
    for (long number : LogRecovery.segmentNumbers(fileSystem, directory)) {
      Path path = path(number);
      try (StorageFile file = fileSystem.open(path, FileSystem.Mode.READ)) {
        SegmentHeader header = LogRecovery.readHeader(path, file, number);
        LogRecovery.requireFollows(path, headers.isEmpty() ? null : headers.getLast(), header);
        headers.add(header);
      } catch (CorruptionException e) {
        addProblem(e);
      }
    }
    return headers;
  }

  /** Reports the records of one segment; true if it ends with a torn write. */
  private boolean scan(SegmentHeader header, @Nullable SegmentHeader next) throws IOException {
    Path path = path(header.id().number());
    try (StorageFile file = fileSystem.open(path, FileSystem.Mode.READ)) {
      SegmentScanner scanner = new SegmentScanner(file, header.id(), file.size());
      long offset = SegmentHeader.BYTES;
      int crc = header.crc();
      long count = 0;
      boolean torn = false;
      while (next == null || offset < next.previousEnd()) {
        SegmentScanner.Found found = scanner.read(offset, crc);
        if (found instanceof SegmentScanner.Found.Valid(LogRecord record)) {
          records.accept(describe(path, record));
          count++;
          offset = record.end();
          crc = record.headerCrc();
          continue;
        }
        if (next == null
            && offset >= header.checkpointEnd()
            && LogRecovery.isTorn(scanner, offset)) {
          torn = found instanceof SegmentScanner.Found.Damaged;
          break;
        }
        addProblem(path, offset, found);
        LogRecord later = scanner.search(offset + LogFormat.ALIGNMENT);
        if (later == null) {
          break;
        }
        // Goes on behind the damage; the chain starts again there.
        offset = later.offset();
        crc = later.prevCrc();
      }
      segments.add(new SegmentInfo(path, header.id().number(), file.size(), offset, count));
      return torn;
    }
  }

  /** What only a replay shows: gaps, bounds, checkpoints that disagree. */
  private void requireReplayable() throws IOException {
    if (!problems.isEmpty()) {
      return;
    }
    LogRecovery recovery = new LogRecovery(fileSystem, directory);
    try {
      recovery.run();
      recovery.segments().close();
    } catch (CorruptionException e) {
      addProblem(e);
    }
  }

  private void addProblem(CorruptionException e) {
    problems.add(new Problem(e.file(), e.offset(), e.expected(), e.found()));
  }

  private void addProblem(Path path, long offset, SegmentScanner.Found found) {
    switch (found) {
      case SegmentScanner.Found.Damaged(String expected, String actual) ->
          problems.add(new Problem(path, offset, expected, actual));
      case SegmentScanner.Found.Nothing nothing ->
          problems.add(new Problem(path, offset, "a record", "nothing"));
      case SegmentScanner.Found.Valid valid ->
          throw new AssertionError("valid record at " + offset);
    }
  }

  private static RecordInfo describe(Path path, LogRecord record) {
    return new RecordInfo(
        path,
        record.offset(),
        record.end() - record.offset(),
        record.type().name(),
        record.group(),
        record.index(),
        record.term(),
        record.tag(),
        record.payloadLength());
  }

  private Path path(long number) {
    return directory.resolve(LogFormat.segmentName(number));
  }
}
