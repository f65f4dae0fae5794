package io.tideline.server.node;

import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The directory of one node, locked and known to be its own.
 *
 * <p>Lifetime: from {@link #open} to {@link #close}, which gives the lock back and comes last when
 * a node stops.
 */
final class DataDirectory implements Closeable {

  static final String IDENTITY_FILE = "IDENTITY";
  private static final String IDENTITY_NEW_FILE = "IDENTITY.new";
  private static final String LOCK_FILE = "LOCK";

  /** More than any identity; a larger file is something else. */
  private static final int IDENTITY_BYTES_MAX = 4 << 10;

  private final Path path;
  private final NodeIdentity identity;
  private final boolean isNew;
  private final Closeable lock;

  private DataDirectory(Path path, NodeIdentity identity, boolean isNew, Closeable lock) {
    this.path = path;
    this.identity = identity;
    this.isNew = isNew;
    this.lock = lock;
  }

  /**
   * Locks the directory and checks that it is this node's, or makes it so if it is empty.
   *
   * @param clusterId the cluster it must belong to; any if empty
   * @param newIdentity asked only for an empty directory
   */
  static DataDirectory open(
      FileSystem files,
      Path path,
      String nodeId,
      Optional<String> clusterId,
      Supplier<NodeIdentity> newIdentity)
      throws StartException {
    Closeable lock = lock(files, path);
    try {
      files.createDirectories(path);
      boolean isNew = !files.exists(path.resolve(IDENTITY_FILE));
      NodeIdentity identity =
          isNew ? create(files, path, newIdentity) : read(files, path.resolve(IDENTITY_FILE));
      refuseForeign(path, identity, nodeId, clusterId);
      return new DataDirectory(path, identity, isNew, lock);
    } catch (IOException e) {
      giveBack(lock, e);
      throw new StartException("data directory " + path + " cannot be used: " + e, e);
    } catch (StartException | RuntimeException e) {
      giveBack(lock, e);
      throw e;
    }
  }

  Path path() {
    return path;
  }

  NodeIdentity identity() {
    return identity;
  }

  /** Whether this start made it. */
  boolean isNew() {
    return isNew;
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }

  private static Closeable lock(FileSystem files, Path path) throws StartException {
    try {
      files.createDirectories(path);
      return files.lock(path);
    } catch (AccessDeniedException e) {
      throw new StartException(
          "data directory "
              + path
              + " is not writable for this user ("
              + e.getMessage()
              + "); change its owner or mode, or set node.data_directory",
          e);
    } catch (FileAlreadyExistsException e) {
      throw new StartException(
          "data directory " + path + " is a file; set node.data_directory to a directory", e);
    } catch (IOException e) {
      // The lock's own message tells who holds it.
      throw new StartException(
          "data directory "
              + path
              + " cannot be used: "
              + e.getMessage()
              + "; node.data_directory sets which one is",
          e);
    }
  }

  private static NodeIdentity create(
      FileSystem files, Path path, Supplier<NodeIdentity> newIdentity)
      throws IOException, StartException {
    List<String> found =
        files.list(path).stream()
            .filter(name -> !name.equals(LOCK_FILE) && !name.equals(IDENTITY_NEW_FILE))
            .toList();
    if (!found.isEmpty()) {
      throw new StartException(
          "data directory "
              + path
              + " is not empty ("
              + String.join(", ", found.subList(0, Math.min(3, found.size())))
              + (found.size() > 3 ? ", …" : "")
              + ") but has no "
              + IDENTITY_FILE
              + ", so it is not a node's; set node.data_directory to an empty or absent directory");
    }
    NodeIdentity identity = newIdentity.get();
    Path temporary = path.resolve(IDENTITY_NEW_FILE);
    if (files.exists(temporary)) {
      files.delete(temporary);
    }
    try (StorageFile file = files.open(temporary, FileSystem.Mode.CREATE_NEW)) {
      file.write(ByteBuffer.wrap(identity.encode()), 0);
      file.force();
    }
    files.rename(temporary, path.resolve(IDENTITY_FILE));
    files.syncDirectory(path);
    return identity;
  }

  private static NodeIdentity read(FileSystem files, Path file) throws IOException, StartException {
    long size = files.size(file);
    if (size > IDENTITY_BYTES_MAX) {
      throw new StartException(file + " of " + size + " bytes is not an identity file of Tideline");
    }
    ByteBuffer content = ByteBuffer.allocate((int) size);
    try (StorageFile open = files.open(file, FileSystem.Mode.READ)) {
      open.read(content, 0);
    }
    try {
      return NodeIdentity.decode(content.array());
    } catch (NodeIdentity.IdentityException e) {
      throw new StartException(file + " " + e.getMessage(), e);
    }
  }

  private static void refuseForeign(
      Path path, NodeIdentity identity, String nodeId, Optional<String> clusterId)
      throws StartException {
    if (clusterId.isPresent() && !clusterId.get().equals(identity.clusterId())) {
      throw new StartException(
          "data directory "
              + path
              + " belongs to cluster "
              + identity.clusterId()
              + ", but cluster.id is "
              + clusterId.get()
              + "; set node.data_directory to this cluster's directory, or cluster.id to that"
              + " cluster");
    }
    if (!nodeId.equals(identity.nodeId())) {
      throw new StartException(
          "data directory "
              + path
              + " belongs to node "
              + identity.nodeId()
              + ", but node.id is "
              + nodeId
              + "; set node.id or node.data_directory");
    }
  }

  private static void giveBack(Closeable lock, Exception cause) {
    try {
      lock.close();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }
}
