package io.tideline.lsm.manifest;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.UnsupportedFormatException;
import io.tideline.lsm.file.Encoder;
import io.tideline.lsm.file.FileFrame;
import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.file.Syncs;
import io.tideline.lsm.fs.DiskFullException;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.seeded.SeededBug;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The manifest of an open engine: appends edits, each durable before {@link #append} returns, and
 * rewrites the file when it has grown.
 *
 * <p>Threading: guarded by the caller. Lifetime: owns the open file.
 *
 * <p>Invariant: {@link #state} is what a reader finds after a crash, or the newer one of an append
 * in progress. After an IOException other than {@link DiskFullException} from {@link #append} the
 * two may differ and the engine must stop.
 */
public final class Manifest implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(Manifest.class);

  /** Size at which the file is rewritten: keeps reading it at start well below 10 ms. */
  static final long REWRITE_BYTES = 4L << 20;

  private final FileSystem fileSystem;
  private final Path directory;
  private final UUID engineId;
  private StorageFile file;
  private ManifestState state;
  private long end;
  private long editNumber;

  /**
   * What made it unknown whether the file and {@link #state} agree; nothing is written after it.
   */
  private @Nullable IOException failure;

  private Manifest(
      FileSystem fileSystem,
      Path directory,
      UUID engineId,
      StorageFile file,
      ManifestState state,
      long end,
      long editNumber) {
    this.fileSystem = fileSystem;
    this.directory = directory;
    this.engineId = engineId;
    this.file = file;
    this.state = state;
    this.end = end;
    this.editNumber = editNumber;
  }

  /** Opens the manifest of a directory for appending. */
  public static Manifest open(FileSystem fileSystem, Path directory) throws IOException {
    Path path = directory.resolve(FileNames.MANIFEST);
    ManifestReader.Content content = ManifestReader.read(fileSystem, path);
    StorageFile file = fileSystem.open(path, FileSystem.Mode.READ_WRITE);
    Manifest manifest =
        new Manifest(
            fileSystem,
            directory,
            content.engineId(),
            file,
            content.state(),
            content.end(),
            content.edits().size());
    if (content.torn()) {
      try {
        manifest.rewrite();
      } catch (Throwable e) {
        manifest.close();
        throw e;
      }
    }
    return manifest;
  }

  /** Makes a manifest with one edit in a directory that has none, durable on return. */
  public static Manifest create(
      FileSystem fileSystem, Path directory, UUID engineId, ManifestState state)
      throws IOException {
    Written written = write(fileSystem, directory, engineId, state);
    return new Manifest(fileSystem, directory, engineId, written.file, state, written.end, 1);
  }

  /** A finished manifest file, open for appending. */
  private record Written(StorageFile file, long end) {}

  /** Writes a manifest with one edit under its final name: tmp, force, rename, directory sync. */
  private static Written write(
      FileSystem fileSystem, Path directory, UUID engineId, ManifestState state)
      throws IOException {
    Path tmp = directory.resolve(FileNames.MANIFEST_TMP);
    Path path = directory.resolve(FileNames.MANIFEST);
    if (fileSystem.exists(tmp)) {
      fileSystem.delete(tmp);
    }
    long end;
    try (StorageFile file = fileSystem.open(tmp, FileSystem.Mode.CREATE_NEW)) {
      byte[] header = FileFrame.header(FileFrame.Type.MANIFEST, engineId, 0);
      long at = header.length;
      file.write(ByteBuffer.wrap(header), 0);
      ByteBuffer first = record(1, ManifestReader.TYPE_EDIT, state.asEdit());
      end = at + first.remaining();
      file.write(first, at);
      file.write(record(1, ManifestReader.TYPE_SEAL, null), end);
      Syncs.force(file);
    }
    fileSystem.rename(tmp, path);
    Syncs.directory(fileSystem, directory);
    return new Written(fileSystem.open(path, FileSystem.Mode.READ_WRITE), end);
  }

  private static ByteBuffer record(long number, int type, @Nullable VersionEdit edit) {
    Encoder out = new Encoder(512);
    out.putInt(0).putInt(0).putLong(number).putByte(type);
    if (edit != null) {
      edit.encodeTo(out);
    }
    out.setInt(4, out.size() - ManifestReader.RECORD_OVERHEAD);
    out.setInt(0, FileFrame.crc(out.array(), 4, out.size() - 4));
    return ByteBuffer.wrap(out.array(), 0, out.size());
  }

  /**
   * Appends an edit and forces it.
   *
   * @throws DiskFullException if there was no room; nothing has changed
   * @throws IOException if it cannot be told whether the edit is durable: final, every later call
   *     fails too, for an edit behind one of unknown fate would speak of a state nobody knows
   */
  public void append(VersionEdit edit) throws IOException {
    if (failure != null) {
      throw new IOException(directory + ": the manifest failed before: " + failure, failure);
    }
    try {
      appendWorking(edit);
    } catch (DiskFullException e) {
      throw e;
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }

  private void appendWorking(VersionEdit edit) throws IOException {
    ManifestState next = state.apply(edit);
    ByteBuffer record = record(editNumber + 1, ManifestReader.TYPE_EDIT, edit);
    final long nextEnd = end + record.remaining();
    file.write(record, end);
    if (!SeededBug.MANIFEST_EDIT_NOT_FORCED.isPlanted()) {
      Syncs.force(file);
    }
    state = next;
    end = nextEnd;
    editNumber++;
    seal();
    if (end > REWRITE_BYTES) {
      rewrite();
    }
  }

  /**
   * Reads the file and, if it does not say what {@link #state} does, writes it anew: memory is
   * right, for it comes from a file that was sound.
   *
   * @return whether it was damaged
   * @throws IOException if it was and cannot be written; as after a failed {@link #append}
   */
  public boolean repairIfDamaged() throws IOException {
    String found;
    try {
      ManifestReader.Content content =
          ManifestReader.read(fileSystem, directory.resolve(FileNames.MANIFEST));
      if (failure != null || content.state().equals(state)) {
        return false;
      }
      found = "an older state";
    } catch (CorruptionException | UnsupportedFormatException e) {
      found = String.valueOf(e.getMessage());
    }
    log.error("{}: the manifest is damaged and written anew: {}", directory, found);
    try {
      rewrite();
    } catch (IOException e) {
      failure = e;
      throw e;
    }
    return true;
  }

  private void seal() throws IOException {
    try {
      file.write(record(editNumber, ManifestReader.TYPE_SEAL, null), end);
    } catch (DiskFullException e) {
      log.warn("{}: no room for a manifest seal: {}", directory, e.getMessage());
    }
  }

  private void rewrite() throws IOException {
    Written written;
    try {
      written = write(fileSystem, directory, engineId, state);
    } catch (DiskFullException e) {
      // Thrown before the rename only: the old file stays in use.
      log.warn("{}: manifest not rewritten: {}", directory, e.getMessage());
      return;
    }
    file.close();
    file = written.file;
    end = written.end;
    editNumber = 1;
  }

  public ManifestState state() {
    return state;
  }

  public UUID engineId() {
    return engineId;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
