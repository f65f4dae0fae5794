package io.tideline.lsm;

import io.tideline.lsm.EngineSnapshot.FileInfo;
import io.tideline.lsm.file.FileChecksum;
import io.tideline.lsm.file.FileFrame;
import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.file.Syncs;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.manifest.Manifest;
import io.tideline.lsm.manifest.ManifestReader;
import io.tideline.lsm.manifest.ManifestState;
import io.tideline.lsm.manifest.RunMeta;
import io.tideline.lsm.table.TableMeta;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * Takes the files of a snapshot from elsewhere and makes them the content of an engine.
 *
 * <ol>
 *   <li>{@link #begin} says which files are {@linkplain #missing missing}: those that neither the
 *       engine's directory nor an earlier attempt has.
 *   <li>{@link #write} takes their bytes, in any order; {@link #finish} forces a file and verifies
 *       its size and checksum.
 *   <li>{@link #install}, with the engine closed, links all files into its directory under names
 *       that were never used there, makes them durable and replaces the manifest by one atomic
 *       rename. A crash before it leaves the old content, one after it the new; what the winner
 *       does not name is deleted when the engine opens.
 * </ol>
 *
 * <p>A file that does not verify is deleted and missing again. The installed engine has a new
 * identity, so that its files and the sender's are never mistaken for each other.
 *
 * <p>Threading: confined. Lifetime: {@link #close} closes what is half received and keeps it.
 */
public final class SnapshotReceiver implements Closeable {

  private final FileSystem fileSystem;
  private final Path staging;
  private final Path engine;
  private final List<FileInfo> offered;

  /** Where each file of the snapshot is that is here and verified. */
  private final Map<String, Path> present = new HashMap<>();

  private final Map<String, StorageFile> open = new HashMap<>();

  private SnapshotReceiver(
      FileSystem fileSystem, Path staging, Path engine, List<FileInfo> offered) {
    this.fileSystem = fileSystem;
    this.staging = staging;
    this.engine = engine;
    this.offered = List.copyOf(offered);
  }

  /**
   * Starts, or goes on after an interruption.
   *
   * @param staging directory for what arrives, on the same file system as {@code engine}; created
   *     if absent, what is in it and does not fit the snapshot is deleted
   * @param engine directory of the engine that will have the content; need not exist, may be open
   *     until {@link #install}
   * @param offered the files of the snapshot
   * @throws IllegalArgumentException if they are no snapshot: a name is not an engine's, or there
   *     is no manifest
   */
  public static SnapshotReceiver begin(
      FileSystem fileSystem, Path staging, Path engine, List<FileInfo> offered) throws IOException {
    for (FileInfo file : offered) {
      if (!file.isManifest() && FileNames.tableId(file.name()).isEmpty()) {
        throw new IllegalArgumentException("no file of an engine: " + file.name());
      }
    }
    if (offered.stream().filter(FileInfo::isManifest).count() != 1) {
      throw new IllegalArgumentException("not exactly one manifest in a snapshot");
    }
    SnapshotReceiver receiver = new SnapshotReceiver(fileSystem, staging, engine, offered);
    Syncs.createDirectories(fileSystem, staging);
    receiver.lookAtStaging();
    receiver.lookAtEngine();
    return receiver;
  }

  private void lookAtStaging() throws IOException {
    for (String name : fileSystem.list(staging)) {
      Path path = staging.resolve(name);
      boolean fits = false;
      for (FileInfo file : offered) {
        fits |=
            file.name().equals(name)
                && FileChecksum.matches(fileSystem, path, file.size(), file.crc32c())
                && isSameTable(file, path);
      }
      if (fits) {
        try (StorageFile file = fileSystem.open(path, FileSystem.Mode.READ_WRITE)) {
          Syncs.force(file); // It may have been written by a process that ended before it did so.
        }
        present.put(name, path);
      } else {
        fileSystem.delete(path);
      }
    }
  }

  /**
   * Replicas write the same tables under the same names, which differ in the header alone; and a
   * header ends in its own checksum, so the checksum of the file does not depend on what it says.
   */
  private boolean isSameTable(FileInfo offer, Path path) throws IOException {
    if (offer.isManifest()) {
      return true;
    }
    try (StorageFile file = fileSystem.open(path, FileSystem.Mode.READ)) {
      FileFrame.Header header = FileFrame.readHeader(file, path, FileFrame.Type.TABLE);
      return header.engineId().equals(offer.engineId()) && header.fileId() == offer.fileId();
    }
  }

  /** Tables the engine has are not sent again; each is verified before it is relied on. */
  private void lookAtEngine() throws IOException {
    if (!fileSystem.exists(engine.resolve(FileNames.MANIFEST))) {
      return;
    }
    EngineSnapshot have;
    try {
      have = EngineSnapshot.read(fileSystem, engine);
    } catch (CorruptionException e) {
      return; // Then nothing of it is relied on; this snapshot replaces it.
    }
    for (FileInfo file : missing()) {
      for (FileInfo mine : have.files()) {
        if (!file.isManifest() && file.sameContent(mine)) {
          takeOver(file, engine.resolve(mine.name()));
        }
      }
    }
  }

  /** Under a name of its own, for the engine may delete its own at any time. */
  private void takeOver(FileInfo file, Path existing) throws IOException {
    Path link = staging.resolve(file.name());
    if (present.containsKey(file.name())) {
      return;
    }
    try {
      fileSystem.link(existing, link);
    } catch (NoSuchFileException e) {
      return; // Merged away since the manifest was read.
    }
    if (FileChecksum.matches(fileSystem, link, file.size(), file.crc32c())) {
      present.put(file.name(), link);
    } else {
      fileSystem.delete(link);
    }
  }

  /** Files whose bytes are still needed, in the order of the snapshot. */
  public List<FileInfo> missing() {
    return offered.stream().filter(file -> !present.containsKey(file.name())).toList();
  }

  /**
   * Writes bytes of a missing file.
   *
   * @throws IllegalArgumentException if the file is not missing or the bytes lie beyond its end
   */
  public void write(String name, long position, ByteBuffer bytes) throws IOException {
    FileInfo file = missing(name);
    if (position < 0 || position > file.size() - bytes.remaining()) {
      throw new IllegalArgumentException(
          name + " has " + file.size() + " bytes, none at " + position + " + " + bytes.remaining());
    }
    StorageFile out = open.get(name);
    if (out == null) {
      Path path = staging.resolve(name);
      out =
          fileSystem.open(
              path,
              fileSystem.exists(path) ? FileSystem.Mode.READ_WRITE : FileSystem.Mode.CREATE_NEW);
      open.put(name, out);
    }
    out.write(bytes, position);
  }

  private FileInfo missing(String name) {
    return missing().stream()
        .filter(file -> file.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("not a missing file: " + name));
  }

  /**
   * Forces and verifies a file after its last byte was written.
   *
   * @throws CorruptionException if it is not the file that was offered; it is missing again then
   */
  public void finish(String name) throws IOException {
    FileInfo file = missing(name);
    Path path = staging.resolve(name);
    StorageFile out = open.remove(name);
    if (out == null) {
      throw new IllegalArgumentException("nothing of " + name + " was written");
    }
    try (out) {
      Syncs.force(out);
    }
    FileChecksum found = FileChecksum.of(fileSystem, path);
    if (found.size() != file.size() || found.crc32c() != file.crc32c()) {
      fileSystem.delete(path);
      throw new CorruptionException(
          path,
          0,
          file.size() + " bytes with " + FileFrame.crcText(file.crc32c()),
          found.size() + " bytes with " + FileFrame.crcText(found.crc32c()));
    }
    present.put(name, path);
  }

  /**
   * Replaces the content of the engine, which must be closed, and clears the staging directory.
   *
   * @return what the engine holds now
   * @throws IllegalStateException if files are missing
   * @throws CorruptionException if the manifest names other files than were offered
   */
  public EngineState install() throws IOException {
    if (!missing().isEmpty()) {
      throw new IllegalStateException(missing().size() + " files of the snapshot are missing");
    }
    ManifestReader.Content content =
        ManifestReader.read(fileSystem, staging.resolve(FileNames.MANIFEST));
    requireAllOffered(content.state());
    Syncs.createDirectories(fileSystem, engine);
    try (Closeable lock = fileSystem.lock(engine)) {
      assert lock != null;
      ManifestState installed = link(content.state());
      Syncs.directory(fileSystem, engine);
      Manifest.create(fileSystem, engine, UUID.randomUUID(), installed).close();
    }
    close();
    for (String name : fileSystem.list(staging)) {
      fileSystem.delete(staging.resolve(name));
    }
    fileSystem.delete(staging);
    return content.state().state();
  }

  private void requireAllOffered(ManifestState state) throws CorruptionException {
    for (RunMeta run : state.runs()) {
      for (TableMeta table : run.tables()) {
        if (!offered.contains(EngineSnapshot.info(table))) {
          throw new CorruptionException(
              staging.resolve(FileNames.MANIFEST),
              0,
              "a manifest of the files that were offered",
              "table " + EngineSnapshot.info(table));
        }
      }
    }
  }

  /** Gives every table a name in the engine's directory that no file there has or had. */
  private ManifestState link(ManifestState state) throws IOException {
    long nextFileId = unusedFileId(state.nextFileId());
    List<RunMeta> runs = new ArrayList<>();
    for (RunMeta run : state.runs()) {
      List<TableMeta> tables = new ArrayList<>();
      for (TableMeta table : run.tables()) {
        long fileId = nextFileId++;
        fileSystem.link(
            staging.resolve(FileNames.table(table.fileId())),
            engine.resolve(FileNames.table(fileId)));
        tables.add(table.as(fileId, table.bounds(), table.liveBytes()));
      }
      runs.add(new RunMeta(run.minGeneration(), run.maxGeneration(), tables));
    }
    return new ManifestState(state.state(), nextFileId, state.nextGeneration(), runs);
  }

  private long unusedFileId(long atLeast) throws IOException {
    long unused = atLeast;
    for (String name : fileSystem.list(engine)) {
      OptionalLong id = FileNames.tableId(name);
      unused = id.isPresent() ? Math.max(unused, id.getAsLong() + 1) : unused;
    }
    return unused;
  }

  @Override
  public void close() throws IOException {
    for (StorageFile file : open.values()) {
      file.close();
    }
    open.clear();
  }
}
