package io.tideline.lsm.testing;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Content of one file of a {@link CrashFileSystem}: what the page cache shows and what the disk
 * has.
 *
 * <p>Pages are immutable once stored, so versions may be shared; an absent page is a hole of zeros.
 * Not thread-safe: the file system's lock guards it.
 */
final class CrashInode {

  static final int PAGE_BYTES = 4096;

  /** A disk writes this much at once or not at all. */
  static final int SECTOR_BYTES = 512;

  /**
   * Unsynced versions kept of one page, so that a crash may also leave one written before the last;
   * older ones are forgotten, which bounds memory and loses little.
   */
  private static final int VERSIONS_MAX = 4;

  private static final byte[] ZEROS = new byte[PAGE_BYTES];

  private final Map<Long, byte[]> current = new HashMap<>();
  private final Map<Long, byte[]> durable = new HashMap<>();

  /** Versions of each page written since the last force, oldest first; the last is current. */
  private final TreeMap<Long, List<byte[]>> unsynced = new TreeMap<>();

  private long size;
  private long durableSize;

  /**
   * The smallest size since the last force: what lay above it is gone even if the file grew again.
   */
  private long lowestSize;

  /** Directory entries that lead here. */
  int links;

  /** Open handles. */
  int handles;

  long size() {
    return size;
  }

  /** Pages that take space on the disk now. */
  long pageCount() {
    return current.size();
  }

  /** Pages a write would add. */
  long pagesAddedBy(long position, long bytes) {
    long added = 0;
    for (long page = position / PAGE_BYTES; page * PAGE_BYTES < position + bytes; page++) {
      if (!current.containsKey(page)) {
        added++;
      }
    }
    return added;
  }

  int read(ByteBuffer dst, long position) {
    int count = (int) Math.max(0, Math.min(dst.remaining(), size - position));
    int left = count;
    long at = position;
    while (left > 0) {
      int inPage = (int) (at % PAGE_BYTES);
      int part = Math.min(left, PAGE_BYTES - inPage);
      dst.put(current.getOrDefault(at / PAGE_BYTES, ZEROS), inPage, part);
      at += part;
      left -= part;
    }
    return count;
  }

  void write(ByteBuffer src, long position) {
    long at = position;
    while (src.hasRemaining()) {
      int inPage = (int) (at % PAGE_BYTES);
      int part = Math.min(src.remaining(), PAGE_BYTES - inPage);
      byte[] page = current.getOrDefault(at / PAGE_BYTES, ZEROS).clone();
      src.get(page, inPage, part);
      put(at / PAGE_BYTES, page);
      at += part;
    }
    size = Math.max(size, at);
  }

  /** Grows with reserved zeros, or cuts. */
  void setSize(long newSize) {
    for (long page = pagesFor(size); page < pagesFor(newSize); page++) {
      put(page, ZEROS);
    }
    if (newSize < size) {
      for (long page = pagesFor(newSize); page < pagesFor(size); page++) {
        current.remove(page);
        unsynced.remove(page);
      }
      int inPage = (int) (newSize % PAGE_BYTES);
      byte[] last = current.get(newSize / PAGE_BYTES);
      if (inPage != 0 && last != null) {
        byte[] cut = last.clone();
        Arrays.fill(cut, inPage, PAGE_BYTES, (byte) 0);
        put(newSize / PAGE_BYTES, cut);
      }
    }
    size = newSize;
    lowestSize = Math.min(lowestSize, newSize);
  }

  void force() {
    for (Long page : unsynced.keySet()) {
      durable.put(page, current.getOrDefault(page, ZEROS));
    }
    unsynced.clear();
    if (lowestSize < durableSize) {
      durable.keySet().retainAll(current.keySet());
    }
    durableSize = size;
    lowestSize = size;
  }

  /** What the disk holds after a power cut now, as a file with nothing unsynced. */
  CrashInode afterCrash(RandomGenerator random, int keepPercent) {
    CrashInode survivor = new CrashInode();
    long survivingSize = survivingSize(random, keepPercent);
    durable.forEach(survivor.durable::put);
    unsynced.forEach(
        (page, versions) -> {
          if (random.nextInt(100) < keepPercent) {
            survivor.durable.put(page, survivingPage(page, versions, random, keepPercent));
          }
        });
    survivor.durable.keySet().removeIf(page -> page >= pagesFor(survivingSize));
    zeroTail(survivor.durable, survivingSize);
    survivor.current.putAll(survivor.durable);
    survivor.size = survivingSize;
    survivor.durableSize = survivingSize;
    survivor.lowestSize = survivingSize;
    return survivor;
  }

  private long survivingSize(RandomGenerator random, int keepPercent) {
    if (size == durableSize || keepPercent == 0) {
      return durableSize;
    }
    if (keepPercent == 100) {
      return size;
    }
    long low = Math.min(size, durableSize);
    long high = Math.max(size, durableSize);
    return switch (random.nextInt(3)) {
      case 0 -> durableSize;
      case 1 -> size;
      default -> random.nextLong(low, high + 1);
    };
  }

  /** One of the unsynced versions, whole or torn against the version before it. */
  private byte[] survivingPage(
      long page, List<byte[]> versions, RandomGenerator random, int keepPercent) {
    if (keepPercent == 100) {
      return versions.getLast();
    }
    int chosen = random.nextInt(versions.size());
    byte[] newer = versions.get(chosen);
    if (random.nextBoolean()) {
      return newer;
    }
    byte[] older = chosen == 0 ? durable.getOrDefault(page, ZEROS) : versions.get(chosen - 1);
    byte[] torn = newer.clone();
    for (int sector = 0; sector < PAGE_BYTES; sector += SECTOR_BYTES) {
      if (random.nextBoolean()) {
        System.arraycopy(older, sector, torn, sector, SECTOR_BYTES);
      }
    }
    return torn;
  }

  private void put(long page, byte[] content) {
    current.put(page, content);
    List<byte[]> versions = unsynced.computeIfAbsent(page, ignored -> new ArrayList<>(1));
    if (versions.size() == VERSIONS_MAX) {
      versions.removeFirst();
    }
    versions.add(content);
  }

  private static void zeroTail(Map<Long, byte[]> pages, long size) {
    int inPage = (int) (size % PAGE_BYTES);
    byte[] last = pages.get(size / PAGE_BYTES);
    if (inPage != 0 && last != null) {
      byte[] cut = last.clone();
      Arrays.fill(cut, inPage, PAGE_BYTES, (byte) 0);
      pages.put(size / PAGE_BYTES, cut);
    }
  }

  private static long pagesFor(long size) {
    return (size + PAGE_BYTES - 1) / PAGE_BYTES;
  }
}
