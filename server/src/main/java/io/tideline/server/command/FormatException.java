package io.tideline.server.command;

import java.io.IOException;

/** Bytes of the log or of a record that this version cannot read: damaged, foreign or newer. */
public final class FormatException extends IOException {
  private static final long serialVersionUID = 1L;

  public FormatException(String message) {
    super(message);
  }
}
