package io.tideline.server.transfer;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.EngineSnapshot;
import io.tideline.lsm.EngineSnapshot.FileInfo;
import io.tideline.lsm.EngineState;
import io.tideline.lsm.SnapshotReceiver;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A snapshot all of whose files are here, durable and verified, but not yet an engine's content.
 *
 * <p>Its files stay until it is installed, or until the next fetch of the same kind begins for the
 * partition ({@link SnapshotTransfers#fetch}, {@link SnapshotTransfers#fetchForRepair}).
 */
public final class ArrivedSnapshot {

  private final FileSystem fileSystem;
  private final Path staging;
  private final SnapshotReceiver receiver;
  private final EngineState promised;
  private final Path engine;

  ArrivedSnapshot(
      FileSystem fileSystem,
      Path staging,
      SnapshotReceiver receiver,
      EngineState promised,
      Path engine) {
    this.fileSystem = fileSystem;
    this.staging = staging;
    this.receiver = receiver;
    this.promised = promised;
    this.engine = engine;
  }

  /** Log position and membership of its content; time and watermark are not known yet and 0. */
  public EngineState state() {
    return promised;
  }

  /**
   * Looks at what is to be installed, while the engine still has its old content: reads the
   * manifest and the sizes of its tables.
   *
   * @throws UnusableSnapshotException if it cannot be installed
   * @throws IOException if the disk fails
   */
  public void requireUsable() throws IOException {
    try {
      EngineSnapshot found = EngineSnapshot.read(fileSystem, staging);
      if (!found.state().position().equals(promised.position())) {
        throw otherThanPromised(staging, found.state());
      }
      for (FileInfo file : found.files()) {
        Path path = staging.resolve(file.name());
        try (StorageFile open = fileSystem.open(path, FileSystem.Mode.READ)) {
          if (open.size() != file.size()) {
            throw new CorruptionException(path, 0, file.size() + " bytes", open.size() + " bytes");
          }
        }
      }
    } catch (NoSuchFileException | CorruptionException e) {
      throw new UnusableSnapshotException(
          "what arrived in " + staging + " cannot be installed: " + e, e);
    }
  }

  /**
   * Makes it the content of the engine's directory. The engine must be closed. After a failure or a
   * crash the directory has the old content or the new one, whole.
   *
   * @return what the engine will hold when it is opened
   * @throws CorruptionException if the manifest does not hold what was promised
   */
  public EngineState install() throws IOException {
    EngineState installed = receiver.install();
    if (!installed.position().equals(promised.position())) {
      throw otherThanPromised(engine, installed);
    }
    return installed;
  }

  private CorruptionException otherThanPromised(Path where, EngineState found) {
    return new CorruptionException(
        where, 0, "a snapshot at " + promised.position(), found.position().toString());
  }
}
