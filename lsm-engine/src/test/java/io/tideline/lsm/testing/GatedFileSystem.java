package io.tideline.lsm.testing;

import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A disk on which one sync takes as long as a test wants: it stops before a {@link
 * StorageFile#force} until it is let through, so a test can look at what goes on meanwhile.
 *
 * <p>Threading: safe for many threads; {@code this} guards the gate.
 */
public final class GatedFileSystem extends DelegatingFileSystem {

  private final FileSystem delegate;
  private @Nullable Gate gate;

  public GatedFileSystem(FileSystem delegate) {
    this.delegate = delegate;
  }

  /** Stops the next force of such a file; all later ones pass. */
  public synchronized Gate holdNextForce(Predicate<Path> files) {
    gate = new Gate(files);
    return gate;
  }

  /** Where a sync stops. Closing it lets the sync through. */
  public static final class Gate implements AutoCloseable {
    private final Predicate<Path> files;
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch opened = new CountDownLatch(1);

    private Gate(Predicate<Path> files) {
      this.files = files;
    }

    /** Whether a sync stands here now. */
    public boolean isHolding() {
      return reached.getCount() == 0 && opened.getCount() > 0;
    }

    private void pass() throws IOException {
      reached.countDown();
      try {
        opened.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted at the gate");
      }
    }

    @Override
    public void close() {
      opened.countDown();
    }
  }

  private synchronized @Nullable Gate gateFor(Path path) {
    Gate here = gate;
    if (here == null || !here.files.test(path)) {
      return null;
    }
    gate = null;
    return here;
  }

  @Override
  protected FileSystem delegate() {
    return delegate;
  }

  @Override
  public StorageFile open(Path path, Mode mode) throws IOException {
    return new GatedFile(path, delegate.open(path, mode));
  }

  private final class GatedFile extends DelegatingFile {
    private final Path path;

    GatedFile(Path path, StorageFile file) {
      super(file);
      this.path = path;
    }

    @Override
    public void force() throws IOException {
      Gate here = gateFor(path);
      if (here != null) {
        here.pass();
      }
      file.force();
    }
  }
}
