package io.tideline.lsm.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.tideline.lsm.memory.NativeMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Decoded blocks of all engines of a process. Caffeine chooses what stays; blocks in use live on
 * after their eviction until the last reader lets go, so memory may exceed the bound by what is
 * pinned.
 *
 * <p>Threading: safe for many threads.
 */
public final class BlockCache implements AutoCloseable {

  /**
   * Heap a cached block costs beside its bytes: entry, key, block object. Keeps tiny blocks honest.
   */
  private static final int ENTRY_BYTES = 160;

  /** Buffers kept for reads of stored blocks: about as many as threads that read at once. */
  private static final int BUFFERS_MAX = 32;

  /** Stored blocks up to this size are read into a kept buffer. */
  private static final int BUFFER_BYTES = 128 << 10;

  private record Key(long table, int block) {}

  private final NativeMemory memory = new NativeMemory();
  private final Cache<Key, PinnedBlock> blocks;
  private final ArrayBlockingQueue<ByteBuffer> buffers = new ArrayBlockingQueue<>(BUFFERS_MAX);
  private final AtomicLong tableNumbers = new AtomicLong();
  private final AtomicLong tableBytes = new AtomicLong();
  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();
  private final long bytesMax;

  /**
   * @param bytes budget of blocks, indexes and filters together
   */
  public BlockCache(long bytes) {
    bytesMax = bytes;
    blocks =
        Caffeine.newBuilder()
            .maximumWeight(bytes)
            .weigher((Key key, PinnedBlock block) -> (int) block.data().byteSize() + ENTRY_BYTES)
            .executor(Runnable::run)
            .removalListener(
                (@Nullable Key key, @Nullable PinnedBlock block, RemovalCause cause) -> {
                  if (block != null) {
                    block.release();
                  }
                })
            .build();
  }

  /** A number for a table, unique in this process: names its blocks here. */
  public long newTableNumber() {
    return tableNumbers.incrementAndGet();
  }

  /** The memory that blocks are made of, for blocks that bypass the cache too. */
  public NativeMemory memory() {
    return memory;
  }

  /** A block, held for the caller, or null. */
  public @Nullable PinnedBlock getIfPresent(long table, int block) {
    PinnedBlock cached = blocks.getIfPresent(new Key(table, block));
    if (cached != null && cached.tryRetain()) {
      hits.increment();
      return cached;
    }
    misses.increment();
    return null;
  }

  /** Adds a block, of which the caller keeps its own hold, and returns it. */
  public PinnedBlock put(long table, int block, PinnedBlock loaded) {
    if (!loaded.tryRetain()) {
      throw new AssertionError("a new block is held by its maker");
    }
    blocks.put(new Key(table, block), loaded);
    return loaded;
  }

  /**
   * Accounts for the index and the filter of a table that is opened, or closed with a negative
   * number. Blocks get what these leave of the budget, and at least a quarter of it: without any
   * block cached, every read would decode one.
   */
  public void addTableBytes(long bytes) {
    long inTables = tableBytes.addAndGet(bytes);
    blocks
        .policy()
        .eviction()
        .ifPresent(policy -> policy.setMaximum(Math.max(bytesMax / 4, bytesMax - inTables)));
  }

  /** Bytes of the indexes and filters of open tables. */
  public long tableBytes() {
    return tableBytes.get();
  }

  /** Blocks that were there when asked for. */
  public long hits() {
    return hits.sum();
  }

  /** Blocks that had to be read. */
  public long misses() {
    return misses.sum();
  }

  /** Drops the blocks of a table that is gone. */
  public void invalidate(long table, int blockCount) {
    for (int i = 0; i < blockCount; i++) {
      blocks.invalidate(new Key(table, i));
    }
  }

  /** A direct little-endian buffer with {@code length} bytes to its limit. */
  public ByteBuffer takeBuffer(int length) {
    ByteBuffer kept = length <= BUFFER_BYTES ? buffers.poll() : null;
    if (kept == null) {
      kept =
          ByteBuffer.allocateDirect(Math.max(length, BUFFER_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    }
    return kept.clear().limit(length);
  }

  public void giveBack(ByteBuffer buffer) {
    if (buffer.capacity() == BUFFER_BYTES && !buffers.offer(buffer)) {
      return; // Enough are kept: the collector frees this one.
    }
  }

  /** Bytes of native memory in cached and pinned blocks. */
  public long usedBytes() {
    return memory.usedBytes();
  }

  @Override
  public void close() {
    blocks.invalidateAll();
    blocks.cleanUp();
    if (memory.usedBytes() != 0) {
      throw new IllegalStateException(
          "block cache closed with "
              + memory.usedBytes()
              + " bytes pinned: a cursor is still open");
    }
  }
}
