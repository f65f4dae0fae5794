package io.tideline.server.catalog;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.server.cluster.Members;
import io.tideline.server.cluster.OtherCopies;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way back for a member whose log is damaged in the middle: all its data is set aside, and it
 * begins anew as a member that lost its disk.
 *
 * <p>What was in the log behind the damage was acknowledged, so such a member must not go on with
 * what is left. It gives its data up only if every partition it has is whole and voting on all its
 * other members: until it has caught up, a second loss is one too many.
 *
 * <p>Set aside are {@code partitions}, {@code transfer} and, last, {@code log}, into {@code
 * set-aside-N} in the data directory, which is on the same disk. While the damaged log is in its
 * place the node does not start, so a crash in between leaves nothing that could be taken for a
 * sound member.
 */
final class LostLog {

  /** Directories that data is moved to begin so. */
  static final String ASIDE = "set-aside-";

  /** What is moved, in this order. */
  private static final List<String> DATA =
      List.of(ReplicaHost.PARTITIONS, ReplicaHost.TRANSFER, ReplicaHost.LOG_DIRECTORY);

  /** Obstacles that are named; the others are like them. */
  private static final int NAMED_MAX = 10;

  private static final Logger LOG = LoggerFactory.getLogger(LostLog.class);

  private LostLog() {}

  /**
   * Sets the data of a node aside whose log is damaged.
   *
   * @param damage why the node does not start
   * @throws CorruptionException {@code damage}, if it is not of the log
   * @throws IOException if the other members cannot make the loss good now; nothing was moved then
   */
  static void giveUp(FileSystem files, Path data, Members members, CorruptionException damage)
      throws IOException, InterruptedException {
    if (!damage.file().startsWith(data.resolve(ReplicaHost.LOG_DIRECTORY))) {
      throw damage;
    }
    List<String> obstacles = OtherCopies.obstacles(members);
    if (!obstacles.isEmpty()) {
      throw new IOException(
          "the data cannot be given up now, and stays as it is: "
              + String.join("; ", obstacles.subList(0, Math.min(NAMED_MAX, obstacles.size())))
              + (obstacles.size() > NAMED_MAX ? "; and more" : "")
              + ". Make the other members well and try again",
          damage);
    }
    Path aside = setAside(files, data);
    LOG.warn(
        "the data with the damaged log is set aside in {}. This node begins as one that lost its"
            + " disk and copies everything from the other members; delete the directory when it"
            + " has caught up (`tideline cluster health`)",
        aside);
  }

  /** Moves the data, the log last; where it is now. */
  static Path setAside(FileSystem files, Path data) throws IOException {
    Path aside = data.resolve(ASIDE + 1);
    for (int i = 2; files.exists(aside); i++) {
      aside = data.resolve(ASIDE + i);
    }
    files.createDirectories(aside);
    files.syncDirectory(data);
    for (String name : DATA) {
      if (files.exists(data.resolve(name))) {
        files.rename(data.resolve(name), aside.resolve(name));
        files.syncDirectory(aside);
        files.syncDirectory(data);
      }
    }
    return aside;
  }
}
