package io.tideline.server.log;

import java.io.IOException;

/**
 * The log met an error after which nobody knows what is on the disk (a failed write or sync). It
 * takes no more writes in this process; the process should stop and start again. Whether the
 * refused request survives is unknown.
 */
public final class LogFailedException extends IOException {
  private static final long serialVersionUID = 1L;

  LogFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
