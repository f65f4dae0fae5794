package io.tideline.server.transfer;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.EngineState;
import io.tideline.lsm.SnapshotReceiver;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A snapshot all of whose files are here, durable and verified, but not yet an engine's content.
 */
public final class ArrivedSnapshot {

  private final SnapshotReceiver receiver;
  private final EngineState promised;
  private final Path engine;

  ArrivedSnapshot(SnapshotReceiver receiver, EngineState promised, Path engine) {
    this.receiver = receiver;
    this.promised = promised;
    this.engine = engine;
  }

  /** Log position and membership of its content; time and watermark are not known yet and 0. */
  public EngineState state() {
    return promised;
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
      throw new CorruptionException(
          engine, 0, "a snapshot at " + promised.position(), installed.position().toString());
    }
    return installed;
  }
}
