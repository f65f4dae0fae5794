package io.tideline.server.log;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What is durable of one group: its bounds, where its entries are, its meta.
 *
 * <p><b>Invariants</b>
 *
 * <ol>
 *   <li>{@code base <= durableFirst <= first <= last + 1}.
 *   <li>Entries {@code [durableFirst, last]} are counted as live in their segments. Those in {@code
 *       [base, durableFirst)} are given up but still readable; a place of 0 there means gone.
 *   <li>{@code first} may be ahead of {@code durableFirst}: a truncated prefix shows at once, but
 *       frees nothing until its record is durable.
 * </ol>
 *
 * <p>Threading: changed by the writer thread (and recovery), read by many; {@code this} guards
 * everything.
 */
final class GroupIndex {

  private static final int CAPACITY_MIN = 16;

  private long base = 1;
  private long durableFirst = 1;
  private long first = 1;
  private long last;
  private GroupMeta meta = GroupMeta.NONE;

  /** True once any record told of the group. */
  private boolean known;

  /** Places and payload lengths of {@code [base, last]}, from {@code head} on. */
  private long[] locations = new long[CAPACITY_MIN];

  private int[] lengths = new int[CAPACITY_MIN];
  private int head;

  private final TreeSet<Long> tagged = new TreeSet<>();

  /** Where an entry is. */
  record Place(long location, int payloadLength) {}

  synchronized long first() {
    return first;
  }

  synchronized long last() {
    return last;
  }

  synchronized GroupMeta meta() {
    return meta;
  }

  synchronized boolean isKnown() {
    return known;
  }

  synchronized @Nullable Place locate(long index) {
    if (index < base || index > last) {
      return null;
    }
    int at = at(index);
    return locations[at] == 0 ? null : new Place(locations[at], lengths[at]);
  }

  /** Place of the first live entry from an index on, null if there is none. */
  synchronized @Nullable Place locateLive(long index) {
    return locate(Math.max(index, durableFirst));
  }

  synchronized List<Long> taggedIndexes() {
    return new ArrayList<>(tagged.tailSet(first));
  }

  /** Indexes of live entries in a segment, ascending. */
  synchronized List<Long> liveIn(long segment) {
    List<Long> indexes = new ArrayList<>();
    for (long index = durableFirst; index <= last; index++) {
      if (Segments.segmentOf(locations[at(index)]) == segment) {
        indexes.add(index);
      }
    }
    return indexes;
  }

  /** Bytes of the live records in a segment. */
  synchronized long liveBytesIn(long segment) {
    long bytes = 0;
    for (long index = durableFirst; index <= last; index++) {
      int at = at(index);
      if (Segments.segmentOf(locations[at]) == segment) {
        bytes += LogFormat.recordBytes(lengths[at]);
      }
    }
    return bytes;
  }

  /** The first index in {@code [first, last]} whose place is not known, or -1. */
  synchronized long firstMissing() {
    for (long index = first; index <= last; index++) {
      if (locations[at(index)] == 0) {
        return index;
      }
    }
    return -1;
  }

  synchronized void append(long index, long location, int payloadLength, int tag, Segments segs) {
    if (index != last + 1) {
      throw new AssertionError("entry " + index + " appended after " + last);
    }
    known = true;
    reserve();
    last = index;
    locations[at(index)] = location;
    lengths[at(index)] = payloadLength;
    if (tag != 0) {
      tagged.add(index);
    }
    segs.addLive(location, payloadLength);
  }

  /** The entry has a newer copy. */
  synchronized void relocate(long index, long location, Segments segs) {
    if (index < base || index > last) {
      return;
    }
    int at = at(index);
    if (index >= durableFirst) {
      if (locations[at] != 0) {
        segs.removeLive(locations[at], lengths[at]);
      }
      segs.addLive(location, lengths[at]);
    }
    locations[at] = location;
  }

  /** Recovery only: as {@link #relocate}, of an entry whose first copy may be gone. */
  synchronized void recoverCopy(long index, long location, int payloadLength, int tag, Segments s) {
    if (index < base || index > last) {
      return;
    }
    int at = at(index);
    if (locations[at] == 0) {
      lengths[at] = payloadLength;
      if (tag != 0) {
        tagged.add(index);
      }
    }
    relocate(index, location, s);
  }

  /** Shows the new first index; {@link #freePrefix} follows when its record is durable. */
  synchronized void truncatePrefix(long firstKept) {
    known = true;
    first = Math.max(first, firstKept);
    tagged.headSet(first).clear();
  }

  synchronized void freePrefix(long firstKept, Segments segs) {
    long bound = Math.min(firstKept, last + 1);
    for (; durableFirst < bound; durableFirst++) {
      int at = at(durableFirst);
      if (locations[at] != 0) {
        segs.removeLive(locations[at], lengths[at]);
      }
    }
  }

  synchronized void truncateSuffix(long lastKept, Segments segs) {
    known = true;
    for (long index = Math.max(durableFirst, lastKept + 1); index <= last; index++) {
      int at = at(index);
      if (locations[at] != 0) {
        segs.removeLive(locations[at], lengths[at]);
      }
    }
    last = lastKept;
    durableFirst = Math.min(durableFirst, last + 1);
    base = Math.min(base, durableFirst);
    tagged.tailSet(last + 1).clear();
  }

  synchronized void reset(long nextIndex, Segments segs) {
    truncateSuffix(durableFirst - 1, segs);
    moveTo(nextIndex, nextIndex - 1);
  }

  synchronized void destroy(Segments segs) {
    reset(1, segs);
    meta = GroupMeta.NONE;
    known = false;
  }

  synchronized void saveMeta(GroupMeta saved) {
    known = true;
    meta = saved;
  }

  /** Recovery only: the state a checkpoint names, with all places unknown. */
  synchronized void restore(long firstIndex, long lastIndex, GroupMeta saved) {
    moveTo(firstIndex, firstIndex - 1);
    while (last < lastIndex) {
      reserve();
      last++;
      locations[at(last)] = 0;
    }
    saveMeta(saved);
  }

  /** Forgets the places of given-up entries in segments up to {@code segment}, which go now. */
  synchronized void forgetUpTo(long segment) {
    for (long index = base; index < durableFirst; index++) {
      int at = at(index);
      if (Segments.segmentOf(locations[at]) <= segment) {
        locations[at] = 0;
      }
    }
    while (base < durableFirst && locations[head] == 0) {
      base++;
      head++;
    }
  }

  private void moveTo(long firstIndex, long lastIndex) {
    base = firstIndex;
    durableFirst = firstIndex;
    first = firstIndex;
    last = lastIndex;
    head = 0;
    locations = new long[CAPACITY_MIN];
    lengths = new int[CAPACITY_MIN];
    tagged.clear();
    known = true;
  }

  private int at(long index) {
    return head + (int) (index - base);
  }

  /** Makes room for one more entry, moving the used part to the front. */
  private void reserve() {
    int used = (int) (last + 1 - base);
    if (head + used < locations.length) {
      return;
    }
    int capacity = Math.max(CAPACITY_MIN, used * 2);
    locations = Arrays.copyOf(Arrays.copyOfRange(locations, head, head + used), capacity);
    lengths = Arrays.copyOf(Arrays.copyOfRange(lengths, head, head + used), capacity);
    head = 0;
  }
}
