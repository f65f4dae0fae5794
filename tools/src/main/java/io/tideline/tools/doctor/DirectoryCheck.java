package io.tideline.tools.doctor;

import io.tideline.tools.cli.Humans;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether a node can keep data in a directory. If it does not exist yet, its nearest existing
 * parent is looked at, where the node would create it.
 *
 * @param directory the data directory
 */
record DirectoryCheck(Path directory) implements Check {
  /** A node stops writing somewhat above this, so that it can still be repaired. */
  private static final long FREE_BYTES_MIN = 256L << 20;

  /** Below this, one large merge of tables may not fit any more. */
  private static final long FREE_BYTES_GOOD = 5L << 30;

  private static final Set<String> VOLATILE = Set.of("tmpfs", "ramfs");
  private static final Set<String> REMOTE =
      Set.of("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "glusterfs", "ceph");

  @Override
  public String name() {
    return "directory";
  }

  @Override
  public List<Finding> run() {
    Path existing = nearestExisting(directory.toAbsolutePath());
    if (existing == null) {
      return List.of(
          Finding.fail(name(), directory + " has no existing parent", "Create it first."));
    }
    if (!Files.isDirectory(existing)) {
      return List.of(
          Finding.fail(
              name(),
              existing + " is not a directory",
              "Move the file away, or choose another one."));
    }
    List<Finding> findings = new ArrayList<>();
    findings.add(writable(existing));
    try {
      FileStore store = Files.getFileStore(existing);
      findings.add(space(store, existing));
      findings.add(type(store));
    } catch (IOException failure) {
      findings.add(
          Finding.fail(
              name(),
              "the file system of " + existing + " cannot be read: " + failure.getMessage(),
              "Check the mount and the disk."));
    }
    return findings;
  }

  private static @Nullable Path nearestExisting(Path path) {
    Path candidate = path;
    while (candidate != null && !Files.exists(candidate)) {
      candidate = candidate.getParent();
    }
    return candidate;
  }

  /** Permissions do not tell the whole truth (read-only mounts, quotas): a file does. */
  private Finding writable(Path existing) {
    try {
      Path probe = Files.createTempFile(existing, ".tideline-doctor", ".probe");
      try (FileChannel channel = FileChannel.open(probe, StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(new byte[4096]));
        channel.force(true);
      } finally {
        Files.delete(probe);
      }
    } catch (IOException failure) {
      return Finding.fail(
          name(),
          existing + " cannot be written: " + failure,
          "Give the user that runs the node write access, or choose another directory.");
    }
    return Finding.ok(
        name(),
        existing.equals(directory.toAbsolutePath())
            ? directory + " can be written and synced"
            : directory + " does not exist yet; " + existing + " can be written and synced");
  }

  private Finding space(FileStore store, Path existing) throws IOException {
    long free = store.getUsableSpace();
    String found = Humans.size(free) + " free of " + Humans.size(store.getTotalSpace());
    if (free < FREE_BYTES_MIN) {
      return Finding.fail(
          name(),
          existing + " has only " + found,
          "Free at least "
              + Humans.size(FREE_BYTES_MIN)
              + "; a node refuses writes when a disk is"
              + " full.");
    }
    if (free < FREE_BYTES_GOOD) {
      return Finding.warn(
          name(),
          existing + " has only " + found,
          "Merging tables needs room: keep " + Humans.size(FREE_BYTES_GOOD) + " free.");
    }
    return Finding.ok(name(), found);
  }

  private Finding type(FileStore store) {
    String type = store.type();
    if (VOLATILE.contains(type)) {
      return Finding.warn(
          name(),
          "the file system is " + type + ", which is gone after a reboot",
          "Use it for tests only; keep data on a disk.");
    }
    if (REMOTE.contains(type)) {
      return Finding.warn(
          name(),
          "the file system is " + type + ", over a network",
          "Use a local disk: syncing over a network is slow and not always what it promises.");
    }
    return Finding.ok(name(), "the file system is " + type);
  }
}
