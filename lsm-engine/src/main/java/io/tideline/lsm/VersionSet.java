package io.tideline.lsm;

import io.tideline.lsm.manifest.Manifest;
import io.tideline.lsm.manifest.RunMeta;
import io.tideline.lsm.manifest.VersionEdit;
import io.tideline.lsm.memtable.Memtable;
import io.tideline.lsm.version.Run;
import io.tideline.lsm.version.Table;
import io.tideline.lsm.version.Version;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The present version of an engine and the only way to change it.
 *
 * <p>Threading: {@link #acquire} is lock-free. Changes of the durable part hold {@link
 * #manifestLock} while they write; the short switch of {@link #published} is under this object's
 * monitor, so the apply thread never waits for a disk.
 *
 * <p>Invariant: a version is published only after the manifest that describes its runs is durable.
 */
final class VersionSet {

  /** Guards {@link #manifest} and orders durable changes. Taken before the monitor, never after. */
  private final ReentrantLock manifestLock = new ReentrantLock();

  private final Manifest manifest;
  private final AtomicLong nextFileId;

  /** Written under the monitor. */
  private volatile Published published;

  private volatile EngineState durable;

  /** Set before the last version is given up. */
  private volatile boolean closed;

  VersionSet(Manifest manifest, long nextFileId, Memtable active, List<Run> runs) {
    this.manifest = manifest;
    this.nextFileId = new AtomicLong(nextFileId);
    durable = manifest.state().state();
    published = new Published(new Version(active, List.of(), runs, 0), active.limit(), durable);
  }

  EngineState durableState() {
    return durable;
  }

  Published published() {
    return published;
  }

  /** Smallest file id not given out yet. */
  long nextFileId() {
    return nextFileId.get();
  }

  long newFileId() {
    return nextFileId.getAndIncrement();
  }

  /**
   * The present moment, with a reference on its version that the caller gives back.
   *
   * @throws IllegalStateException if the engine was closed meanwhile
   */
  Published acquire() {
    while (true) {
      Published now = published;
      if (now.version().tryRetain()) {
        return now;
      }
      if (closed) {
        throw new IllegalStateException("the engine is closed");
      }
    }
  }

  /** Makes what was written to the active memtable up to {@code limit} visible. */
  synchronized void publish(int limit, EngineState state) {
    published = new Published(published.version(), limit, state);
  }

  /** Puts a new memtable in front; the old active one becomes immutable. */
  synchronized void rotate(Memtable active) {
    Published now = published;
    List<Memtable> immutables = new ArrayList<>(now.version().immutables().size() + 1);
    immutables.add(now.version().active());
    immutables.addAll(now.version().immutables());
    Version next =
        new Version(active, immutables, now.version().runs(), now.version().mixedGeneration());
    published = new Published(next, active.limit(), now.state());
    now.version().release();
  }

  /**
   * Makes a flush durable and visible.
   *
   * @param run what the memtable became, null if nothing of it was left
   */
  void installFlush(FrozenMemtable frozen, @Nullable Run run) throws IOException {
    manifestLock.lock();
    try {
      List<RunMeta> added = run == null ? List.of() : List.of(run.meta());
      long generation = frozen.memtable().generation();
      manifest.append(
          new VersionEdit(frozen.state(), nextFileId.get(), generation + 1, List.of(), added));
      synchronized (this) {
        Published now = published;
        List<Memtable> immutables = new ArrayList<>(now.version().immutables());
        immutables.remove(frozen.memtable());
        List<Run> runs = new ArrayList<>();
        if (run != null) {
          runs.add(run);
        }
        runs.addAll(now.version().runs());
        long mixed = now.version().mixedGeneration();
        switchTo(new Version(now.version().active(), immutables, runs, mixed), now);
      }
      durable = frozen.state();
    } finally {
      manifestLock.unlock();
    }
  }

  /**
   * Replaces neighbouring runs durably and visibly, and has the files that are in none of the new
   * ones deleted when their last reader is gone.
   *
   * @param outputs what they became, newest first; may be fewer, or none
   * @param mixes whether content moved from one run to another
   */
  void installCompaction(List<Run> inputs, List<Run> outputs, boolean mixes) throws IOException {
    manifestLock.lock();
    try {
      manifest.append(
          new VersionEdit(
              durable,
              nextFileId.get(),
              manifest.state().nextGeneration(),
              inputs.stream().map(Run::generations).toList(),
              outputs.stream().map(Run::meta).toList()));
      Set<Table> kept = new HashSet<>();
      outputs.forEach(run -> kept.addAll(run.tables()));
      inputs.stream()
          .flatMap(run -> run.tables().stream())
          .filter(table -> !kept.contains(table))
          .forEach(Table::makeObsolete);
      synchronized (this) {
        Published now = published;
        List<Run> runs = new ArrayList<>();
        for (Run run : now.version().runs()) {
          if (run == inputs.getFirst()) {
            runs.addAll(outputs);
          }
          if (!inputs.contains(run)) {
            runs.add(run);
          }
        }
        long mixed = now.version().mixedGeneration();
        if (mixes) {
          mixed = Math.max(mixed, inputs.getFirst().meta().maxGeneration());
        }
        switchTo(new Version(now.version().active(), now.version().immutables(), runs, mixed), now);
      }
    } finally {
      manifestLock.unlock();
    }
  }

  private void switchTo(Version next, Published now) {
    published = new Published(next, now.limit(), now.state());
    now.version().release();
  }

  /** The durable state and, with a reference, a version that has its runs. */
  record Durable(EngineState state, Version version, long nextFileId, long nextGeneration) {}

  Durable acquireDurable() {
    manifestLock.lock();
    try {
      Version version = acquire().version();
      return new Durable(durable, version, nextFileId.get(), manifest.state().nextGeneration());
    } finally {
      manifestLock.unlock();
    }
  }

  /** Verifies the manifest's file and writes it anew if it is damaged; true if it was. */
  boolean repairManifest() throws IOException {
    manifestLock.lock();
    try {
      return manifest.repairIfDamaged();
    } finally {
      manifestLock.unlock();
    }
  }

  /** Gives up the present version and closes the manifest. */
  void close() throws IOException {
    manifestLock.lock();
    try {
      closed = true;
      published.version().release();
      manifest.close();
    } finally {
      manifestLock.unlock();
    }
  }
}
