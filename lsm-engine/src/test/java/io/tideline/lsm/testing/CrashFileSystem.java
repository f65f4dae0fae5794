package io.tideline.lsm.testing;

import io.tideline.lsm.fs.DiskFullException;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.testing.CrashNode.Edit;
import io.tideline.lsm.testing.CrashNode.OfDirectory;
import io.tideline.lsm.testing.CrashNode.OfFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * An in-memory disk that knows what a power cut would leave of it.
 *
 * <p>The simulated disk may do what a real one may:
 *
 * <ul>
 *   <li>Each 4 KiB page written since the last {@link StorageFile#force} is kept, dropped or torn
 *       at 512 bytes, each independently; the size is the old one, the new one or any between, and
 *       bytes that were never written read as zeros.
 *   <li>{@code force} makes bytes and size durable but not the directory entry; {@link
 *       #syncDirectory} makes entries durable but never bytes. A new directory is itself an entry
 *       of its parent.
 *   <li>Each directory operation since then is kept or dropped; a rename is atomic. {@link
 *       Order#ORDERED} keeps a prefix per directory, {@link Order#ARBITRARY} any subset.
 *   <li>Hard links are names of one inode.
 * </ul>
 *
 * <p>{@link #crashClone} gives the disk after a power cut and leaves this one running, so one run
 * serves many crash points. The root directory always exists.
 *
 * <p>Threading: safe for many threads; {@code lock} guards everything. The sync hook runs outside
 * of it, on the thread that syncs.
 */
public final class CrashFileSystem implements FileSystem {

  /** Which sets of unsynced directory operations may survive a crash. */
  public enum Order {
    /** A prefix of each directory's operations, as journalling file systems do. */
    ORDERED,
    /** Any of them. */
    ARBITRARY
  }

  private final Object lock = new Object();
  private final Order order;
  private final CrashTree tree = new CrashTree();
  private final Set<Path> locked = new HashSet<>();
  private long capacityPages = Long.MAX_VALUE / CrashInode.PAGE_BYTES;
  private long usedPages;
  private int openHandles;
  private long syncPoints;
  private boolean ignoresForce;
  private boolean ignoresDirectorySync;
  private boolean poweredOff;
  private @Nullable LongConsumer syncHook;
  private @Nullable Runnable changeHook;

  /** An empty disk. */
  public CrashFileSystem(Order order) {
    this.order = order;
  }

  // ---- what tests do to the disk ----

  /**
   * The disk as it could be found after a power cut at this moment; nothing is locked or open on
   * it.
   *
   * @param seed the same seed gives the same choice
   * @param keepUnsyncedPercent chance of each unsynced thing to survive: 0 keeps exactly what was
   *     synced, 100 everything, as after the death of the process alone
   */
  public CrashFileSystem crashClone(long seed, int keepUnsyncedPercent) {
    if (keepUnsyncedPercent < 0 || keepUnsyncedPercent > 100) {
      throw new IllegalArgumentException(
          "keepUnsyncedPercent " + keepUnsyncedPercent + " is outside 0..100");
    }
    synchronized (lock) {
      CrashFileSystem clone = new CrashFileSystem(order);
      tree.copySurvivorsTo(clone.tree, order, new SplittableRandom(seed), keepUnsyncedPercent);
      Set<CrashInode> inodes = new HashSet<>();
      collectInodes(clone.tree.root(), inodes);
      clone.usedPages = inodes.stream().mapToLong(CrashInode::pageCount).sum();
      clone.capacityPages = capacityPages;
      return clone;
    }
  }

  /** Forces and directory syncs asked for so far. */
  public long syncPoints() {
    synchronized (lock) {
      return syncPoints;
    }
  }

  /**
   * Called with the number (from 1) of each sync point before it takes effect, on the syncing
   * thread; it may take a {@link #crashClone} or {@link #powerOff}.
   */
  public void onSyncPoint(@Nullable LongConsumer hook) {
    synchronized (lock) {
      syncHook = hook;
    }
  }

  /**
   * Called before each change of the disk that is no sync (create, write, resize, rename, link,
   * delete), on the changing thread; it may take a {@link #crashClone}.
   */
  public void onChange(@Nullable Runnable hook) {
    synchronized (lock) {
      changeHook = hook;
    }
  }

  /** From now on every operation fails, so that the program on this disk comes to an end. */
  public void powerOff() {
    synchronized (lock) {
      poweredOff = true;
    }
  }

  /** A disk that lies: {@code force} and {@code syncDirectory} succeed and do nothing. */
  public void ignoreSyncs(boolean files, boolean directories) {
    synchronized (lock) {
      ignoresForce = files;
      ignoresDirectorySync = directories;
    }
  }

  /** Limits the disk; beyond it writes fail as on a full disk. Counted in pages of 4 KiB. */
  public void setCapacityBytes(long bytes) {
    synchronized (lock) {
      capacityPages = bytes / CrashInode.PAGE_BYTES;
    }
  }

  /** Bytes in use, counted in pages of 4 KiB, including deleted files that are still open. */
  public long usedBytes() {
    synchronized (lock) {
      return usedPages * CrashInode.PAGE_BYTES;
    }
  }

  /** Open handles, to find leaks. */
  public int openHandles() {
    synchronized (lock) {
      return openHandles;
    }
  }

  // ---- FileSystem ----

  @Override
  public StorageFile open(Path path, Mode mode) throws IOException {
    if (mode == Mode.CREATE_NEW) {
      reachChange();
    }
    synchronized (lock) {
      requirePower();
      if (mode == Mode.CREATE_NEW) {
        addEntry(path, new OfFile(new CrashInode()));
      }
      return new Handle(path, tree.fileAt(path), mode != Mode.READ);
    }
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    reachChange();
    synchronized (lock) {
      requirePower();
      OfDirectory at = tree.root();
      for (Path part : CrashTree.absolute(directory)) {
        String name = part.toString();
        CrashNode node = at.entries.get(name);
        if (node == null) {
          node = new OfDirectory();
          tree.edit(List.of(new Edit(at, name, node)));
        }
        if (!(node instanceof OfDirectory next)) {
          throw new FileAlreadyExistsException(directory.toString());
        }
        at = next;
      }
    }
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    synchronized (lock) {
      requirePower();
      return List.copyOf(tree.directoryAt(directory).entries.keySet());
    }
  }

  @Override
  public boolean exists(Path path) {
    synchronized (lock) {
      return tree.find(path) != null;
    }
  }

  @Override
  public long size(Path path) throws IOException {
    synchronized (lock) {
      requirePower();
      return tree.fileAt(path).size();
    }
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    reachChange();
    synchronized (lock) {
      requirePower();
      CrashNode node = existing(from);
      CrashNode replaced = tree.find(to);
      if (node == replaced) {
        return;
      }
      requireNoEntries(to, replaced);
      OfDirectory target = tree.parentOf(to);
      OfDirectory source = tree.parentOf(from);
      tree.edit(
          List.of(
              new Edit(target, CrashTree.nameOf(to), node),
              new Edit(source, CrashTree.nameOf(from), null)));
      releaseIfGone(replaced);
    }
  }

  @Override
  public void link(Path existing, Path link) throws IOException {
    reachChange();
    synchronized (lock) {
      requirePower();
      addEntry(link, new OfFile(tree.fileAt(existing)));
    }
  }

  @Override
  public void delete(Path path) throws IOException {
    reachChange();
    synchronized (lock) {
      requirePower();
      CrashNode node = existing(path);
      requireNoEntries(path, node);
      tree.edit(List.of(new Edit(tree.parentOf(path), CrashTree.nameOf(path), null)));
      releaseIfGone(node);
    }
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    reachSyncPoint();
    synchronized (lock) {
      requirePower();
      OfDirectory synced = tree.directoryAt(directory);
      if (!ignoresDirectorySync) {
        tree.makeDurable(synced);
      }
    }
  }

  @Override
  public long usableBytes(Path directory) {
    synchronized (lock) {
      return Math.max(0, capacityPages - usedPages) * CrashInode.PAGE_BYTES;
    }
  }

  @Override
  public Closeable lock(Path directory) throws IOException {
    synchronized (lock) {
      requirePower();
      Path lockFile = CrashTree.absolute(directory).resolve(RealFileSystem.LOCK_FILE);
      if (tree.find(lockFile) == null) {
        addEntry(lockFile, new OfFile(new CrashInode()));
      }
      if (!locked.add(lockFile)) {
        throw new IOException("directory " + directory + " is already in use by this process");
      }
      return () -> {
        synchronized (lock) {
          locked.remove(lockFile);
        }
      };
    }
  }

  // ---- helpers; all are called under the lock, but for reachSyncPoint and reachChange ----

  private void addEntry(Path path, CrashNode node) throws IOException {
    OfDirectory parent = tree.parentOf(path);
    String name = CrashTree.nameOf(path);
    if (parent.entries.containsKey(name)) {
      throw new FileAlreadyExistsException(path.toString());
    }
    tree.edit(List.of(new Edit(parent, name, node)));
  }

  private CrashNode existing(Path path) throws IOException {
    CrashNode node = tree.find(path);
    if (node == null) {
      throw new NoSuchFileException(path.toString());
    }
    return node;
  }

  private static void requireNoEntries(Path path, @Nullable CrashNode node) throws IOException {
    if (node instanceof OfDirectory directory && !directory.entries.isEmpty()) {
      throw new DirectoryNotEmptyException(path.toString());
    }
  }

  private void releaseIfGone(@Nullable CrashNode node) {
    if (node instanceof OfFile file) {
      releaseIfGone(file.inode());
    }
  }

  private void releaseIfGone(CrashInode inode) {
    if (inode.links == 0 && inode.handles == 0) {
      usedPages -= inode.pageCount();
    }
  }

  private static void collectInodes(OfDirectory directory, Set<CrashInode> into) {
    for (CrashNode node : directory.entries.values()) {
      switch (node) {
        case OfFile file -> into.add(file.inode());
        case OfDirectory child -> collectInodes(child, into);
      }
    }
  }

  private void requirePower() throws IOException {
    if (poweredOff) {
      throw new IOException("the power is off");
    }
  }

  private void reachSyncPoint() throws IOException {
    LongConsumer hook;
    long number;
    synchronized (lock) {
      requirePower();
      number = ++syncPoints;
      hook = syncHook;
    }
    if (hook != null) {
      hook.accept(number);
    }
  }

  private void reachChange() {
    Runnable hook;
    synchronized (lock) {
      hook = poweredOff ? null : changeHook;
    }
    if (hook != null) {
      hook.run();
    }
  }

  /** An open file. */
  private final class Handle implements StorageFile {
    private final Path path;
    private final CrashInode inode;
    private final boolean writable;
    private boolean closed;

    Handle(Path path, CrashInode inode, boolean writable) {
      this.path = path;
      this.inode = inode;
      this.writable = writable;
      inode.handles++;
      openHandles++;
    }

    @Override
    public int read(ByteBuffer dst, long position) throws IOException {
      synchronized (lock) {
        requireOpen();
        return inode.read(dst, position);
      }
    }

    @Override
    public void write(ByteBuffer src, long position) throws IOException {
      reachChange();
      synchronized (lock) {
        requireWritable();
        long added = inode.pagesAddedBy(position, src.remaining());
        requireSpace(added, "write of " + src.remaining() + " bytes to " + path);
        inode.write(src, position);
        usedPages += added;
      }
    }

    @Override
    public void force() throws IOException {
      reachSyncPoint();
      synchronized (lock) {
        requireWritable();
        if (!ignoresForce) {
          inode.force();
        }
      }
    }

    @Override
    public long size() throws IOException {
      synchronized (lock) {
        requireOpen();
        return inode.size();
      }
    }

    @Override
    public void setSize(long size) throws IOException {
      reachChange();
      synchronized (lock) {
        requireWritable();
        long before = inode.pageCount();
        long growth = Math.max(0, size - inode.size());
        requireSpace(
            inode.pagesAddedBy(inode.size(), growth),
            "extension of " + path + " to " + size + " bytes");
        inode.setSize(size);
        usedPages += inode.pageCount() - before;
      }
    }

    @Override
    public void close() {
      synchronized (lock) {
        if (!closed) {
          closed = true;
          openHandles--;
          inode.handles--;
          releaseIfGone(inode);
        }
      }
    }

    @Override
    public String toString() {
      return path.toString();
    }

    private void requireSpace(long pages, String attempt) throws IOException {
      if (pages > capacityPages - usedPages) {
        throw new DiskFullException(
            CrashTree.absolute(path).getParent(), usableBytes(path), attempt, /* cause= */ null);
      }
    }

    private void requireOpen() throws IOException {
      requirePower();
      if (closed) {
        throw new ClosedChannelException();
      }
    }

    private void requireWritable() throws IOException {
      requireOpen();
      if (!writable) {
        throw new IOException(path + " was opened for reading only");
      }
    }
  }
}
