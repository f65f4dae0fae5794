package io.tideline.server.replica;

import io.tideline.lsm.Engine;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Where a replica's engine lives, so that it can be opened again when its content was replaced.
 *
 * @param directory of the engine
 * @param opening opens the engine there
 */
public record EngineHome(Path directory, Opening opening) {

  /** Opens an engine. */
  public interface Opening {

    Engine open() throws IOException;
  }
}
