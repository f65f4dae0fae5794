package io.tideline.server.log;

import io.tideline.lsm.fs.FileSystem;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;

/** The log that all groups of a node share. */
public final class GroupLog implements Closeable {

  private GroupLog() {}

  /**
   * Opens the log of a directory, or makes a new one, and takes the directory's lock.
   *
   * @throws io.tideline.lsm.CorruptionException if bytes that were durable are damaged; nothing on
   *     disk has been changed then
   */
  public static GroupLog open(
      FileSystem fileSystem, Path directory, GroupLogOptions options, GroupLogListener listener)
      throws IOException {
    throw new UnsupportedOperationException();
  }

  /** The group of this id; an empty log that starts at 1 if nothing is known of it. */
  public LogGroup group(long id) {
    throw new UnsupportedOperationException();
  }

  /** Ids of all groups that have entries, meta or a position. */
  public Collection<Long> groups() {
    throw new UnsupportedOperationException();
  }

  public GroupLogStats stats() {
    throw new UnsupportedOperationException();
  }

  /** Finishes what is queued and releases the directory. Later writes fail. */
  @Override
  public void close() throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Waits for a write and turns its failure into the exception it failed with; not ended by
   * interrupts, for what was submitted is going to happen anyway.
   */
  public static void await(CompletableFuture<Void> write) throws IOException {
    throw new UnsupportedOperationException();
  }
}
