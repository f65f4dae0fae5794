package io.tideline.tools.transfer;

import java.util.concurrent.CompletionException;

/** A write of an import failed for good; the cause is the client's exception. */
public final class ImportFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long line;

  ImportFailure(long line, Throwable cause) {
    super("line " + line + " could not be written: " + unwrap(cause).getMessage(), unwrap(cause));
    this.line = line;
  }

  private static Throwable unwrap(Throwable cause) {
    Throwable inner = cause instanceof CompletionException ? cause.getCause() : cause;
    return inner == null ? cause : inner;
  }

  /** The line whose write failed first. */
  public long line() {
    return line;
  }
}
