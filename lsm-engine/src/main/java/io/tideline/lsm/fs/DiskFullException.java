package io.tideline.lsm.fs;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The disk, or the quota on it, has no room for a write. Unlike other write errors it does not put
 * the bytes already on disk in doubt: the caller may undo the operation and try again once space
 * has been freed.
 */
public final class DiskFullException extends IOException {
  private static final long serialVersionUID = 1L;

  private final long usableBytes;

  /**
   * @param directory the directory that was written to
   * @param usableBytes what it could still take when the write failed
   * @param attempt what was being done, for the message
   * @param cause the error of the operating system, if there is one
   */
  public DiskFullException(
      Path directory, long usableBytes, String attempt, @Nullable Throwable cause) {
    super(
        "disk full: "
            + attempt
            + " failed, "
            + usableBytes
            + " bytes are free below "
            + directory
            + "; free space there and try again",
        cause);
    this.usableBytes = usableBytes;
  }

  /** Bytes that were free when the write failed. */
  public long usableBytes() {
    return usableBytes;
  }
}
