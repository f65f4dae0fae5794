package io.tideline.tools.inspect;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.lsm.inspect.ChecksumVerifier;
import io.tideline.lsm.inspect.EngineChecker;
import io.tideline.lsm.inspect.EngineInspector;
import io.tideline.server.log.LogInspector;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The files of a stopped node: {@code partitions/<id>/}, one engine each, and {@code log/}.
 *
 * <p>Lifetime: holds the node's lock from {@link #lock} to {@link #close}, so that no node starts
 * on the files meanwhile. Not thread-safe.
 */
public final class NodeFiles implements AutoCloseable {
  private final FileSystem fileSystem = new RealFileSystem();
  private final Path directory;
  private final Closeable lock;

  private NodeFiles(Path directory) throws IOException {
    this.directory = directory;
    this.lock = fileSystem.lock(directory);
  }

  /**
   * Takes the lock of a data directory.
   *
   * @throws IOException if a node has it
   */
  public static NodeFiles lock(Path directory) throws IOException {
    return new NodeFiles(directory);
  }

  /** Whether {@code directory} looks like a data directory of a node. */
  public static boolean isDataDirectory(Path directory) {
    return Files.isRegularFile(directory.resolve("IDENTITY"))
        || Files.isDirectory(directory.resolve("partitions"))
        || Files.isDirectory(directory.resolve("log"));
  }

  /**
   * Damage.
   *
   * @param file the damaged file
   * @param offset where in it, -1 for the file as a whole
   * @param expected what should be there
   * @param found what is there
   */
  public record Problem(Path file, long offset, String expected, String found) {}

  /**
   * What a verification found.
   *
   * @param files files read
   * @param bytes bytes read
   * @param problems damage, all of it
   * @param leftovers files nothing refers to; harmless, removed at the next start
   * @param tornTail whether the log ends with the rest of an interrupted write; harmless, never
   *     acknowledged
   */
  public record Verification(
      int files, long bytes, List<Problem> problems, List<Path> leftovers, boolean tornTail) {}

  /** Engine directories, by partition id. */
  public List<Path> engines() throws IOException {
    Path partitions = directory.resolve("partitions");
    if (!Files.isDirectory(partitions)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(partitions)) {
      return entries
          .filter(Files::isDirectory)
          .sorted(
              java.util.Comparator.comparingInt((Path path) -> path.toString().length())
                  .thenComparing(Path::toString))
          .toList();
    }
  }

  /** Names of the tables of an engine that were found damaged and are kept for study. */
  public List<String> quarantined(Path engine) throws IOException {
    return EngineInspector.quarantined(fileSystem, engine);
  }

  /** Describes the manifest of an engine. */
  public EngineInspector.ManifestInfo manifest(Path engine) throws IOException {
    return EngineInspector.manifest(fileSystem, engine);
  }

  /** Reads the whole log. */
  public LogInspector.Report log(Consumer<LogInspector.RecordInfo> records) throws IOException {
    Path log = directory.resolve("log");
    if (!Files.isDirectory(log)) {
      return new LogInspector.Report(List.of(), List.of(), false);
    }
    return LogInspector.inspect(fileSystem, log, records);
  }

  /** Bytes of all files, to tell how far a verification is. */
  public long totalBytes() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).mapToLong(NodeFiles::size).sum();
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException vanished) {
      return 0;
    }
  }

  /**
   * Verifies every checksum of every file, and the structure of engines whose checksums are right.
   *
   * @param bytesDone told of the bytes read so far
   * @throws IOException if the disk fails; damage is reported, not thrown
   */
  public Verification verify(Consumer<Long> bytesDone) throws IOException {
    int files = 0;
    long bytes = 0;
    List<Problem> problems = new ArrayList<>();
    List<Path> leftovers = new ArrayList<>();
    for (Path engine : engines()) {
      if (!Files.exists(engine.resolve("MANIFEST"))) {
        // Made but never opened: a crash during creation. The node makes it anew.
        leftovers.add(engine);
        continue;
      }
      try {
        ChecksumVerifier.Report report = ChecksumVerifier.verify(fileSystem, engine);
        files += report.files();
        bytes += report.bytes();
        report
            .problems()
            .forEach(p -> problems.add(new Problem(p.file(), p.offset(), p.expected(), p.found())));
        if (report.problems().isEmpty()) {
          EngineChecker.checkStructure(fileSystem, engine)
              .forEach(
                  p -> problems.add(new Problem(p.file(), p.offset(), p.expected(), p.found())));
        }
        report.leftovers().forEach(name -> leftovers.add(engine.resolve(name)));
      } catch (CorruptionException damage) {
        problems.add(
            new Problem(damage.file(), damage.offset(), damage.expected(), damage.found()));
      }
      bytesDone.accept(bytes);
    }
    LogInspector.Report log = log(record -> {});
    files += log.segments().size();
    for (LogInspector.SegmentInfo segment : log.segments()) {
      bytes += segment.fileBytes();
    }
    log.problems()
        .forEach(p -> problems.add(new Problem(p.file(), p.offset(), p.expected(), p.found())));
    bytesDone.accept(bytes);
    return new Verification(files, bytes, problems, leftovers, log.tornTail());
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
