package io.tideline.server.transfer;

import com.google.common.base.Ticker;
import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.Engine;
import io.tideline.lsm.EngineSnapshot;
import io.tideline.lsm.EngineSnapshot.FileInfo;
import io.tideline.lsm.fs.FileSystem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshots that other nodes may read, each a directory of hard links: the engine may merge and
 * delete its tables meanwhile.
 *
 * <p>A pin ends when its offer is closed, when nobody has read it for a while, or with the process:
 * what a crash left behind is deleted at the next start.
 *
 * <p>Threading: safe for many threads.
 */
final class PinnedSnapshots {

  /** One snapshot, and when it was last read. */
  static final class Pin {
    private final String id;
    private final long partitionId;
    private final EngineSnapshot snapshot;
    private final Consumer<CorruptionException> suspect;
    private final Map<String, SentFile> sent = new ConcurrentHashMap<>();
    private volatile long readAtNanos;

    Pin(
        String id,
        long partitionId,
        EngineSnapshot snapshot,
        Consumer<CorruptionException> suspect,
        long readAtNanos) {
      this.suspect = suspect;
      this.id = id;
      this.partitionId = partitionId;
      this.snapshot = snapshot;
      this.readAtNanos = readAtNanos;
    }

    String id() {
      return id;
    }

    EngineSnapshot snapshot() {
      return snapshot;
    }

    /**
     * Notes what was read of a file, which a reader does from its beginning to its end. One whose
     * bytes are not what was written is reported to the engine: nobody could ever use it.
     *
     * @return whether nothing is wrong as far as is known
     */
    boolean verify(FileInfo file, long offset, byte[] bytes) {
      if (offset == 0) {
        sent.put(file.name(), new SentFile());
      }
      SentFile soFar = sent.get(file.name());
      if (soFar == null || !soFar.add(offset, bytes) || offset + bytes.length < file.size()) {
        return true;
      }
      sent.remove(file.name());
      if (soFar.crc32c() == file.crc32c()) {
        return true;
      }
      suspect.accept(
          new CorruptionException(
              snapshot.directory().resolve(file.name()),
              0,
              "a file with crc32c " + Integer.toHexString(file.crc32c()),
              Integer.toHexString(soFar.crc32c())));
      return false;
    }
  }

  /** A file that is being read in order. */
  private static final class SentFile {
    private final CRC32C crc = new CRC32C();
    private long end;

    /** Whether the bytes follow those before. */
    synchronized boolean add(long offset, byte[] bytes) {
      if (offset != end) {
        return false;
      }
      crc.update(bytes);
      end += bytes.length;
      return true;
    }

    synchronized int crc32c() {
      return (int) crc.getValue();
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(PinnedSnapshots.class);

  private final FileSystem fileSystem;
  private final Path directory;
  private final TransferLimits limits;
  private final Ticker ticker;
  private final Map<String, Pin> pins = new ConcurrentHashMap<>();

  /** Pins there are and pins being made. */
  private final AtomicInteger count = new AtomicInteger();

  /**
   * @param directory of links; whatever is in it is deleted
   */
  PinnedSnapshots(FileSystem fileSystem, Path directory, TransferLimits limits, Ticker ticker)
      throws IOException {
    this.fileSystem = fileSystem;
    this.directory = directory;
    this.limits = limits;
    this.ticker = ticker;
    fileSystem.createDirectories(directory);
    for (String name : fileSystem.list(directory)) {
      Trees.delete(fileSystem, directory.resolve(name));
    }
  }

  /**
   * Links what is durable in an engine.
   *
   * @throws IOException if there are too many pins, or the engine or the disk does not allow it
   */
  Pin pin(long partitionId, Engine engine) throws IOException {
    if (count.incrementAndGet() > limits.pinnedMax()) {
      count.decrementAndGet();
      throw new IOException(
          "this node sends " + limits.pinnedMax() + " snapshots already, which is its limit");
    }
    String id = UUID.randomUUID().toString();
    try {
      Pin pin =
          new Pin(
              id,
              partitionId,
              engine.snapshot(path(partitionId, id)),
              engine::suspect,
              ticker.read());
      pins.put(id, pin);
      return pin;
    } catch (IOException | RuntimeException e) {
      count.decrementAndGet();
      throw e;
    }
  }

  /** The pin of that name, which counts as read now; empty if there is none or no longer. */
  Optional<Pin> find(long partitionId, String id) {
    Pin pin = pins.get(id);
    if (pin == null || pin.partitionId != partitionId) {
      return Optional.empty();
    }
    pin.readAtNanos = ticker.read();
    return Optional.of(pin);
  }

  /** Deletes the links; again does nothing. */
  void release(Pin pin) {
    if (!pins.remove(pin.id, pin)) {
      return;
    }
    count.decrementAndGet();
    try {
      Trees.delete(fileSystem, path(pin.partitionId, pin.id));
    } catch (IOException e) {
      LOG.warn(
          "links of a snapshot stay until the next start: {}", path(pin.partitionId, pin.id), e);
    }
  }

  /** Releases what nobody has read for a while: its reader is gone without a word. */
  void releaseIdle() {
    long now = ticker.read();
    for (Pin pin : pins.values()) {
      if (now - pin.readAtNanos > TimeUnit.MILLISECONDS.toNanos(limits.idleMillis())) {
        LOG.info(
            "partition {}: nobody has read snapshot {} for {} ms, it is withdrawn",
            pin.partitionId,
            pin.id,
            limits.idleMillis());
        release(pin);
      }
    }
  }

  void releaseAll() {
    pins.values().forEach(this::release);
  }

  int count() {
    return pins.size();
  }

  private Path path(long partitionId, String id) {
    return directory.resolve(partitionId + "-" + id);
  }
}
