package io.tideline.server.log;

import java.io.IOException;

/**
 * The log has no room for an entry: its segment is full and the disk has no space for another.
 * Nothing of the refused request was written; the log works on and takes entries again as soon as
 * there is space. Records that free space (truncations) and votes still fit when this is thrown for
 * entries.
 */
public final class LogFullException extends IOException {
  private static final long serialVersionUID = 1L;

  LogFullException(String message, Throwable cause) {
    super(message, cause);
  }
}
