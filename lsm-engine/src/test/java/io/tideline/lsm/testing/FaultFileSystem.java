package io.tideline.lsm.testing;

import io.tideline.lsm.fs.DiskFullException;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.testing.FaultRule.Fault;
import io.tideline.lsm.testing.FaultRule.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Any file system, with chosen operations failing or lying.
 *
 * <p>The usual loop: run the program with {@link FaultRule#nth} for n = 1, 2, 3 … until a run ends
 * in which {@link #faultsFired} is 0; after each, reopen on the {@code delegate} and check.
 *
 * <p>Threading: safe for many threads; {@code this} guards the rules and their counters.
 */
public final class FaultFileSystem extends DelegatingFileSystem {

  private static final int PAGE_BYTES = CrashInode.PAGE_BYTES;

  private final FileSystem delegate;
  private final SplittableRandom random;
  private final List<ArmedRule> rules = new ArrayList<>();
  private final Map<Path, UndoLog> undoLogs = new ConcurrentHashMap<>();
  private long operations;
  private long faultsFired;

  /**
   * @param delegate the disk underneath
   * @param seed decides bits, lengths and lost pages
   */
  public FaultFileSystem(FileSystem delegate, long seed) {
    this.delegate = delegate;
    this.random = new SplittableRandom(seed);
  }

  /** Adds a rule; its count starts now. */
  public synchronized void arm(FaultRule rule) {
    rules.add(new ArmedRule(rule));
  }

  /** Removes all rules: the disk works again. */
  public synchronized void disarm() {
    rules.clear();
  }

  /** Operations seen so far. */
  public synchronized long operations() {
    return operations;
  }

  /** Operations that failed or lied so far. */
  public synchronized long faultsFired() {
    return faultsFired;
  }

  @Override
  protected FileSystem delegate() {
    return delegate;
  }

  @Override
  public StorageFile open(Path path, Mode mode) throws IOException {
    fail(Operation.OPEN, path);
    return new FaultFile(path, delegate.open(path, mode));
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    fail(Operation.CREATE_DIRECTORIES, directory);
    delegate.createDirectories(directory);
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    fail(Operation.LIST, directory);
    return delegate.list(directory);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    fail(Operation.RENAME, to);
    delegate.rename(from, to);
  }

  @Override
  public void link(Path existing, Path link) throws IOException {
    fail(Operation.LINK, link);
    delegate.link(existing, link);
  }

  @Override
  public void delete(Path path) throws IOException {
    fail(Operation.DELETE, path);
    delegate.delete(path);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    fail(Operation.SYNC_DIRECTORY, directory);
    delegate.syncDirectory(directory);
  }

  /** For operations that can only fail: lying faults pass them by. */
  private void fail(Operation operation, Path path) throws IOException {
    Fault fault = next(operation, path);
    if (fault != null && fault.isReported()) {
      throw error(fault, operation, path);
    }
  }

  private IOException error(Fault fault, Operation operation, Path path) throws IOException {
    String attempt = operation + " of " + path;
    return switch (fault) {
      case NO_SPACE, SHORT_WRITE_NO_SPACE -> new DiskFullException(path, 0, attempt, null);
      case IO_ERROR, SHORT_WRITE, LOSE_PAGES -> new IOException(attempt + ": Input/output error");
      case BIT_FLIP, MISDIRECTED_READ, LOST_WRITE, MISDIRECTED_WRITE ->
          throw new AssertionError(fault + " is not an error");
    };
  }

  private synchronized @Nullable Fault next(Operation operation, Path path) {
    operations++;
    Fault fault = null;
    for (ArmedRule armed : rules) {
      if (armed.rule.matches(operation, path) && armed.rule.hits(++armed.seen) && fault == null) {
        fault = armed.rule.fault();
      }
    }
    if (fault != null && (fault.isReported() || canLie(fault, operation))) {
      faultsFired++;
    }
    return fault;
  }

  private static boolean canLie(Fault fault, Operation operation) {
    return switch (fault) {
      case BIT_FLIP, MISDIRECTED_READ -> operation == Operation.READ;
      case LOST_WRITE, MISDIRECTED_WRITE -> operation == Operation.WRITE;
      case IO_ERROR, NO_SPACE, SHORT_WRITE, SHORT_WRITE_NO_SPACE, LOSE_PAGES -> false;
    };
  }

  private synchronized int randomBelow(int bound) {
    return random.nextInt(bound);
  }

  private synchronized boolean mayLosePages(Path path) {
    return rules.stream()
        .anyMatch(a -> a.rule.fault() == Fault.LOSE_PAGES && a.rule.paths().test(path));
  }

  private static final class ArmedRule {
    final FaultRule rule;
    long seen;

    ArmedRule(FaultRule rule) {
      this.rule = rule;
    }
  }

  /** What each page held, and the size the file had, at its last force. */
  private static final class UndoLog {
    final TreeMap<Long, ByteBuffer> pages = new TreeMap<>();

    synchronized void remember(StorageFile file, long position, int bytes) throws IOException {
      for (long page = position / PAGE_BYTES; page * PAGE_BYTES < position + bytes; page++) {
        if (!pages.containsKey(page)) {
          ByteBuffer before = ByteBuffer.allocate(PAGE_BYTES);
          file.read(before, page * PAGE_BYTES);
          pages.put(page, before.clear());
        }
      }
    }

    synchronized void clear() {
      pages.clear();
    }
  }

  private final class FaultFile extends DelegatingFile {
    private final Path path;

    FaultFile(Path path, StorageFile file) {
      super(file);
      this.path = path;
    }

    @Override
    public int read(ByteBuffer dst, long position) throws IOException {
      Fault fault = next(Operation.READ, path);
      int start = dst.position();
      if (fault == Fault.MISDIRECTED_READ) {
        long other = position >= PAGE_BYTES ? position - PAGE_BYTES : position + PAGE_BYTES;
        return file.read(dst, other);
      }
      if (fault != null && fault.isReported()) {
        throw error(fault, Operation.READ, path);
      }
      int count = file.read(dst, position);
      if (fault == Fault.BIT_FLIP && count > 0) {
        int at = start + randomBelow(count);
        dst.put(at, (byte) (dst.get(at) ^ (1 << randomBelow(8))));
      }
      return count;
    }

    @Override
    public void write(ByteBuffer src, long position) throws IOException {
      Fault fault = next(Operation.WRITE, path);
      if (mayLosePages(path)) {
        undoLogs
            .computeIfAbsent(path, p -> new UndoLog())
            .remember(file, position, src.remaining());
      }
      if (fault == null || !(fault.isReported() || canLie(fault, Operation.WRITE))) {
        file.write(src, position);
        return;
      }
      switch (fault) {
        case LOST_WRITE -> src.position(src.limit());
        case MISDIRECTED_WRITE -> file.write(src, position + PAGE_BYTES);
        case SHORT_WRITE, SHORT_WRITE_NO_SPACE -> {
          ByteBuffer part = src.slice(src.position(), randomBelow(src.remaining() + 1));
          file.write(part, position);
          throw error(fault, Operation.WRITE, path);
        }
        case IO_ERROR, NO_SPACE, LOSE_PAGES -> throw error(fault, Operation.WRITE, path);
        case BIT_FLIP, MISDIRECTED_READ -> throw new AssertionError(fault + " is for reads");
      }
    }

    @Override
    public void force() throws IOException {
      Fault fault = next(Operation.FORCE, path);
      UndoLog undo = undoLogs.get(path);
      if (fault == Fault.LOSE_PAGES && undo != null) {
        for (Map.Entry<Long, ByteBuffer> page : undo.pages.entrySet()) {
          if (randomBelow(2) == 0) {
            revert(page.getKey() * PAGE_BYTES, page.getValue());
          }
        }
      }
      if (undo != null) {
        undo.clear();
      }
      if (fault != null && fault.isReported()) {
        throw error(fault, Operation.FORCE, path);
      }
      file.force();
    }

    private void revert(long position, ByteBuffer before) throws IOException {
      // Within the file's size: losing pages does not change it.
      long bytes = Math.min(before.remaining(), file.size() - position);
      if (bytes > 0) {
        file.write(before.slice(0, (int) bytes), position);
      }
    }

    @Override
    public void setSize(long size) throws IOException {
      fail(Operation.SET_SIZE, path);
      file.setSize(size);
    }
  }
}
