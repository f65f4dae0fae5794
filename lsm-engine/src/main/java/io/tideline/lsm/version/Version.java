package io.tideline.lsm.version;

import io.tideline.lsm.memtable.Memtable;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The layers of an engine at one time: the active memtable, the immutable ones that wait for their
 * flush, the runs. Immutable; reference counted. Made with one reference; while it has any, its
 * memtables keep their memory and its tables their files.
 *
 * <p>Threading: safe for many threads.
 */
public final class Version {

  private final Memtable active;
  private final List<Memtable> immutables;
  private final List<Run> runs;
  private final long mixedGeneration;
  private final AtomicInteger references = new AtomicInteger(1);

  /**
   * @param immutables newest first
   * @param runs newest first
   * @param mixedGeneration see {@link #mixedGeneration}
   */
  public Version(Memtable active, List<Memtable> immutables, List<Run> runs, long mixedGeneration) {
    this.active = active;
    this.immutables = List.copyOf(immutables);
    this.runs = List.copyOf(runs);
    this.mixedGeneration = mixedGeneration;
    retain(active);
    this.immutables.forEach(Version::retain);
    this.runs.forEach(Run::retain);
  }

  private static void retain(Memtable memtable) {
    if (!memtable.tryRetain()) {
      throw new AssertionError("memtable " + memtable.generation() + " is gone");
    }
  }

  public Memtable active() {
    return active;
  }

  public List<Memtable> immutables() {
    return immutables;
  }

  public List<Run> runs() {
    return runs;
  }

  /** Largest generation that is in a run, 0 if none. */
  public long flushedGeneration() {
    return runs.isEmpty() ? 0 : runs.getFirst().meta().maxGeneration();
  }

  /**
   * Up to this generation content may lie in runs of older generations, moved there by a compaction
   * that was or is under way: nothing can be said of a part of these runs.
   */
  public long mixedGeneration() {
    return mixedGeneration;
  }

  /** Takes a reference unless the last one is gone. */
  public boolean tryRetain() {
    int now = references.get();
    while (now > 0) {
      if (references.compareAndSet(now, now + 1)) {
        return true;
      }
      now = references.get();
    }
    return false;
  }

  public void release() {
    int left = references.decrementAndGet();
    if (left == 0) {
      active.release();
      immutables.forEach(Memtable::release);
      runs.forEach(Run::release);
    } else if (left < 0) {
      throw new AssertionError("version released too often");
    }
  }
}
