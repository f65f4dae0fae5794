package io.tideline.lsm;

import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.version.Table;
import java.io.IOException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes tables that nobody uses any more and deletes the files of obsolete ones, away from the
 * reader that happened to be the last.
 *
 * <p>A file that cannot be deleted stays behind; the next open of the engine removes it. Threading:
 * safe.
 */
final class DeadTables {

  private static final Logger log = LoggerFactory.getLogger(DeadTables.class);

  private final FileSystem fileSystem;
  private final Executor executor;
  private final ConcurrentLinkedQueue<Table> queue = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final AtomicLong filesDeleted = new AtomicLong();
  private final AtomicLong bytesFreed = new AtomicLong();

  /** After this tables are closed by whoever releases them: the engine's threads may be gone. */
  private volatile boolean closing;

  DeadTables(FileSystem fileSystem, Executor executor) {
    this.fileSystem = fileSystem;
    this.executor = executor;
  }

  void add(Table table) {
    queue.add(table);
    if (closing) {
      drain();
    } else if (scheduled.compareAndSet(false, true)) {
      try {
        executor.execute(this::run);
      } catch (RejectedExecutionException e) {
        drain();
      }
    }
  }

  private void run() {
    scheduled.set(false);
    drain();
  }

  private synchronized void drain() {
    for (Table table = queue.poll(); table != null; table = queue.poll()) {
      dispose(table);
    }
  }

  private void dispose(Table table) {
    try {
      table.reader().close();
      if (table.isObsolete()) {
        fileSystem.delete(table.reader().path());
        filesDeleted.incrementAndGet();
        bytesFreed.addAndGet(table.meta().size());
      }
    } catch (IOException e) {
      log.warn("cannot remove table {}: {}", table.reader().path(), e.toString());
    }
  }

  /** Disposes of everything handed over so far, and from now on at once. */
  void close() {
    closing = true;
    drain();
  }

  long filesDeleted() {
    return filesDeleted.get();
  }

  long bytesFreed() {
    return bytesFreed.get();
  }
}
