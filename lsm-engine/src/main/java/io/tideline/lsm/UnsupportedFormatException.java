package io.tideline.lsm;

import java.io.IOException;
import java.nio.file.Path;

/** A file is sound but not for this engine: it belongs to something else or to a newer version. */
public final class UnsupportedFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Why the file is refused. */
  public enum Reason {
    /** No file of this kind: another magic or another type. */
    NOT_OURS,
    /** Written by a newer version of the software. */
    TOO_NEW,
    /** A file of this kind, but of another engine or another file's content. */
    FOREIGN
  }

  private final Reason reason;

  public UnsupportedFormatException(Path file, Reason reason, String explanation) {
    super("cannot use " + file + ": " + explanation);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
