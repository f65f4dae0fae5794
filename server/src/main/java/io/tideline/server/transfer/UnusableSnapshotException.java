package io.tideline.server.transfer;

import java.io.IOException;

/**
 * What arrived of a snapshot cannot become an engine's content: files are gone or not those that
 * arrived. The engine was not touched; another attempt may work.
 */
public final class UnusableSnapshotException extends IOException {

  private static final long serialVersionUID = 1L;

  UnusableSnapshotException(String message, IOException cause) {
    super(message, cause);
  }
}
