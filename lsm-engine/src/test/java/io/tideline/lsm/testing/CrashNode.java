package io.tideline.lsm.testing;

import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a directory entry of a {@link CrashFileSystem} leads to. */
sealed interface CrashNode {

  /** A file; several entries may lead to the same inode. */
  record OfFile(CrashInode inode) implements CrashNode {}

  /** A directory: the entries programs see, and those the disk has. */
  final class OfDirectory implements CrashNode {
    final TreeMap<String, CrashNode> entries = new TreeMap<>();
    final TreeMap<String, CrashNode> durable = new TreeMap<>();
  }

  /** An entry put (node present) or removed (node null). */
  record Edit(OfDirectory directory, String name, @Nullable CrashNode node) {}

  /**
   * A directory operation that is not yet durable. Its edits survive a crash all together or not at
   * all, which is what makes a rename atomic.
   */
  record Pending(List<Edit> edits) {

    boolean touches(OfDirectory directory) {
      return edits.stream().anyMatch(edit -> edit.directory() == directory);
    }

    /** Applies the edits to the entries that {@code entriesOf} names for each directory. */
    void applyTo(Function<OfDirectory, TreeMap<String, CrashNode>> entriesOf) {
      CrashNode moved = edits.size() > 1 ? edits.getFirst().node() : null;
      for (Edit edit : edits) {
        TreeMap<String, CrashNode> entries = entriesOf.apply(edit.directory());
        if (edit.node() != null) {
          entries.put(edit.name(), edit.node());
        } else if (moved == null || moved.equals(entries.get(edit.name()))) {
          // A rename removes its old name only while that leads to the renamed file: with
          // operations kept in arbitrary order another file may have the name by now.
          entries.remove(edit.name());
        }
      }
    }
  }
}
