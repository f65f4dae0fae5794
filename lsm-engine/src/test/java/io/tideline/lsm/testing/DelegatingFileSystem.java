package io.tideline.lsm.testing;

import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * Passes every operation on to another disk: what the file systems that change some of them have in
 * common.
 *
 * <p>Threading: as the disk underneath.
 */
public abstract class DelegatingFileSystem implements FileSystem {

  /** The disk that is asked now. */
  protected abstract FileSystem delegate();

  @Override
  public StorageFile open(Path path, Mode mode) throws IOException {
    return delegate().open(path, mode);
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    delegate().createDirectories(directory);
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    return delegate().list(directory);
  }

  @Override
  public boolean exists(Path path) {
    return delegate().exists(path);
  }

  @Override
  public long size(Path path) throws IOException {
    return delegate().size(path);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    delegate().rename(from, to);
  }

  @Override
  public void link(Path existing, Path link) throws IOException {
    delegate().link(existing, link);
  }

  @Override
  public void delete(Path path) throws IOException {
    delegate().delete(path);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    delegate().syncDirectory(directory);
  }

  @Override
  public long usableBytes(Path directory) throws IOException {
    return delegate().usableBytes(directory);
  }

  @Override
  public Closeable lock(Path directory) throws IOException {
    return delegate().lock(directory);
  }

  /** A file that passes every operation on to another. */
  public abstract static class DelegatingFile implements StorageFile {
    protected final StorageFile file;

    protected DelegatingFile(StorageFile file) {
      this.file = file;
    }

    @Override
    public int read(ByteBuffer dst, long position) throws IOException {
      return file.read(dst, position);
    }

    @Override
    public void write(ByteBuffer src, long position) throws IOException {
      file.write(src, position);
    }

    @Override
    public void force() throws IOException {
      file.force();
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public void setSize(long size) throws IOException {
      file.setSize(size);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }

    @Override
    public String toString() {
      return file.toString();
    }
  }
}
