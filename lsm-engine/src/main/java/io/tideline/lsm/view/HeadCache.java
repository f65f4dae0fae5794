package io.tideline.lsm.view;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.row.Heads;
import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.row.KeyHash;
import io.tideline.lsm.seeded.SeededBug;
import io.tideline.lsm.version.Run;
import io.tideline.lsm.version.Version;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The flushed part of heads, remembered. An entry is the sum of all runs up to a generation. It
 * never becomes wrong: what those runs say of a timeline does not change, not even by compaction. A
 * newer version adds the runs after that generation; only a run that begins before and ends after
 * it makes the entry useless.
 *
 * <p>Threading: safe for many threads. One for all engines of a process.
 */
public final class HeadCache {

  /** About 16 MiB of heap: the timelines that are written or polled within minutes, not all. */
  private static final int ENTRIES_MAX = 1 << 17;

  private record Key(long engine, byte[] timeline, int hash) {
    @Override
    public boolean equals(Object o) {
      return o instanceof Key other
          && hash == other.hash
          && engine == other.engine
          && Arrays.equals(timeline, other.timeline);
    }

    @Override
    public int hashCode() {
      // Engines split from one share their hash seed, and so the hashes of their timelines.
      return hash + 31 * Long.hashCode(engine);
    }
  }

  private record Entry(TimelineHead head, long generation) {
    boolean fits(Version version) {
      if (generation > version.flushedGeneration()) {
        return false;
      }
      for (Run run : version.runs()) {
        if (run.meta().minGeneration() <= generation) {
          return run.meta().maxGeneration() <= generation;
        }
      }
      return true;
    }
  }

  private final Cache<Key, Entry> entries =
      Caffeine.newBuilder().maximumSize(ENTRIES_MAX).executor(Runnable::run).build();
  private final AtomicLong engineNumbers = new AtomicLong();

  /** A number for an engine, unique in this process: names its timelines here. */
  public long newEngineNumber() {
    return engineNumbers.incrementAndGet();
  }

  /** The head of a timeline in the runs of a version, {@link Heads#NONE} if they have none. */
  TimelineHead flushedHead(long engine, Version version, byte[] timeline, long hash)
      throws IOException {
    List<Run> runs = version.runs();
    if (runs.isEmpty()) {
      return Heads.NONE;
    }
    Key key = new Key(engine, timeline, (int) hash);
    Entry known = entries.getIfPresent(key);
    if (known != null && !known.fits(version) && !SeededBug.HEAD_CACHE_STALE.isPlanted()) {
      known = null;
    }
    long covered = known == null ? 0 : known.generation;
    if (known != null && covered == version.flushedGeneration()) {
      return known.head;
    }
    TimelineHead head = sum(runs, covered, known, timeline, hash);
    entries.put(
        new Key(engine, timeline.clone(), (int) hash),
        new Entry(head, version.flushedGeneration()));
    return head;
  }

  private static TimelineHead sum(
      List<Run> runs, long covered, @Nullable Entry known, byte[] timeline, long hash)
      throws IOException {
    byte[] internalKey = InternalKey.of(InternalKey.TIMELINES, timeline);
    TimelineHead head = known == null ? Heads.NONE : known.head;
    for (int i = runs.size() - 1; i >= 0; i--) {
      Run run = runs.get(i);
      if (run.meta().minGeneration() > covered && run.rows().mayContain(internalKey, hash)) {
        head = Heads.merge(run.rows().head(internalKey), head);
      }
    }
    return head;
  }

  /** Hash of a timeline as {@link #flushedHead} wants it. */
  static long hash(byte[] timeline, long seed) {
    return KeyHash.of(InternalKey.TIMELINES, timeline, seed);
  }
}
