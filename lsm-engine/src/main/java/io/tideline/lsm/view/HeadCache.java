package io.tideline.lsm.view;

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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The flushed part of heads, remembered. An entry is the sum of all runs up to a generation. It
 * never becomes wrong: what those runs say of a timeline does not change, not even by compaction. A
 * newer version adds the runs after that generation; only a run that begins before and ends after
 * it, or a compaction that moved content across it, makes the entry useless.
 *
 * <p>A hash of small sets: a timeline's entry is in one of the {@link #WAYS} slots of its set, and
 * the one not asked for since the last replacement there gives way to a new one.
 *
 * <p>Threading: safe for many threads, wait-free: entries are immutable but for a hint, and a lost
 * one is read again. One for all engines of a process.
 */
public final class HeadCache {

  /** 16 MiB of heap: the timelines that are written or polled within minutes, not all. */
  private static final long BYTES_MAX = 16L << 20;

  /** An entry, its head and its key's array header. */
  private static final int ENTRY_BYTES = 120;

  /** Bytes of an ordinary entry: decides the number of slots. */
  private static final int USUAL_BYTES = ENTRY_BYTES + 24;

  /** Slots of a set: few enough to look at each, enough that hot entries seldom meet. */
  private static final int WAYS = 8;

  /** The slots are one array. */
  private static final int SETS_MAX = Integer.MAX_VALUE / WAYS;

  private static final class Entry {
    final long engine;
    final long hash;
    final byte[] timeline;
    final TimelineHead head;
    final long generation;

    /** A hint for replacement: races only make it a little wrong. */
    boolean asked = true;

    Entry(long engine, long hash, byte[] timeline, TimelineHead head, long generation) {
      this.engine = engine;
      this.hash = hash;
      this.timeline = timeline;
      this.head = head;
      this.generation = generation;
    }

    boolean isOf(long otherEngine, long otherHash, byte[] otherTimeline) {
      return hash == otherHash && engine == otherEngine && Arrays.equals(timeline, otherTimeline);
    }

    boolean fits(Version version) {
      if (generation < version.mixedGeneration()) {
        return false;
      }
      if (generation == version.flushedGeneration()) {
        return true;
      }
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

    long bytes() {
      return (long) ENTRY_BYTES + timeline.length;
    }
  }

  private final long bytesMax;
  private final AtomicReferenceArray<@Nullable Entry> slots;
  private final int sets;
  private final AtomicLong bytes = new AtomicLong();

  /** Whose turn it is in {@link #makeRoom}. */
  private final AtomicInteger hand = new AtomicInteger();

  private final AtomicLong engineNumbers = new AtomicLong();
  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();

  public HeadCache() {
    this(BYTES_MAX);
  }

  /**
   * @param bytesMax heap bytes of all entries together, at least 64 KiB
   */
  public HeadCache(long bytesMax) {
    if (bytesMax < 64 << 10) {
      throw new IllegalArgumentException("head cache of " + bytesMax + " bytes is below 64 KiB");
    }
    this.bytesMax = bytesMax;
    sets = (int) Math.min(SETS_MAX, bytesMax / USUAL_BYTES / WAYS);
    slots = new AtomicReferenceArray<>(sets * WAYS);
  }

  /** A number for an engine, unique in this process: names its timelines here. */
  public long newEngineNumber() {
    return engineNumbers.incrementAndGet();
  }

  /** Heap bytes of the entries. */
  public long usedBytes() {
    return bytes.get();
  }

  /** Heads that were there when asked for. */
  public long hits() {
    return hits.sum();
  }

  /** Heads that had to be read from runs. */
  public long misses() {
    return misses.sum();
  }

  /** The head of a timeline in the runs of a version, {@link Heads#NONE} if they have none. */
  TimelineHead flushedHead(long engine, Version version, byte[] timeline, long hash)
      throws IOException {
    List<Run> runs = version.runs();
    if (runs.isEmpty()) {
      return Heads.NONE;
    }
    Entry known = find(engine, version, timeline, hash);
    long covered = known == null ? 0 : known.generation;
    if (known != null && covered == version.flushedGeneration()) {
      hits.increment();
      return known.head;
    }
    misses.increment();
    TimelineHead head = sum(runs, covered, known, timeline, hash);
    put(new Entry(engine, hash, timeline.clone(), head, version.flushedGeneration()));
    return head;
  }

  /**
   * Generation up to which all runs of a version are known to have no row of a timeline with an id
   * at or above {@code low}; 0 if that is not known. Reads nothing.
   */
  long generationWithoutRowsFrom(
      long low, long engine, Version version, byte[] timeline, long hash) {
    if (version.runs().isEmpty()) {
      return 0;
    }
    Entry known = find(engine, version, timeline, hash);
    return known != null && known.head.lastSequenceId() < low ? known.generation : 0;
  }

  private int set(long engine, long hash) {
    return (int) Math.unsignedMultiplyHigh(hash + engine * 0x9E3779B97F4A7C15L, sets);
  }

  private @Nullable Entry find(long engine, Version version, byte[] timeline, long hash) {
    int from = set(engine, hash) * WAYS;
    for (int i = from; i < from + WAYS; i++) {
      Entry entry = slots.getAcquire(i);
      if (entry != null && entry.isOf(engine, hash, timeline)) {
        if (!entry.asked) {
          entry.asked = true;
        }
        return entry.fits(version) || SeededBug.HEAD_CACHE_STALE.isPlanted() ? entry : null;
      }
    }
    return null;
  }

  /** Puts an entry where its predecessor or nothing is, or where nobody has asked lately. */
  private void put(Entry entry) {
    int from = set(entry.engine, entry.hash) * WAYS;
    int victim = from;
    boolean found = false;
    for (int i = from; i < from + WAYS && !found; i++) {
      Entry other = slots.getAcquire(i);
      if (other == null || other.isOf(entry.engine, entry.hash, entry.timeline)) {
        victim = i;
        found = true;
      }
    }
    for (int i = from; i < from + WAYS && !found; i++) {
      Entry other = slots.getAcquire(i);
      if (other != null && other.asked) {
        other.asked = false;
      } else {
        victim = i;
        found = true;
      }
    }
    remove(victim);
    makeRoom(entry.bytes());
    if (bytes.addAndGet(entry.bytes()) > bytesMax) {
      bytes.addAndGet(-entry.bytes());
      return;
    }
    Entry raced = slots.getAndSet(victim, entry);
    bytes.addAndGet(raced == null ? 0 : -raced.bytes());
  }

  /** Where keys are long, bytes run out before slots: entries give way in turn. */
  private void makeRoom(long wanted) {
    for (int i = 0; i < slots.length() && bytes.get() + wanted > bytesMax; i++) {
      remove(Math.floorMod(hand.getAndIncrement(), slots.length()));
    }
  }

  private void remove(int slot) {
    Entry removed = slots.getAndSet(slot, null);
    bytes.addAndGet(removed == null ? 0 : -removed.bytes());
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
