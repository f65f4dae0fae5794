package io.tideline.lsm.testing;

import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.CrashNode.Edit;
import io.tideline.lsm.testing.CrashNode.OfDirectory;
import io.tideline.lsm.testing.CrashNode.OfFile;
import io.tideline.lsm.testing.CrashNode.Pending;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The directories of a {@link CrashFileSystem} and the operations on them that are not durable yet.
 * Not thread-safe: the file system's lock guards it.
 */
final class CrashTree {

  private final OfDirectory root = new OfDirectory();
  private final List<Pending> pending = new ArrayList<>();

  @Nullable CrashNode find(Path path) {
    CrashNode node = root;
    for (Path part : absolute(path)) {
      if (!(node instanceof OfDirectory directory)) {
        return null;
      }
      node = directory.entries.get(part.toString());
    }
    return node;
  }

  OfDirectory directoryAt(Path path) throws IOException {
    CrashNode node = find(path);
    if (node == null) {
      throw new NoSuchFileException(path.toString());
    }
    if (!(node instanceof OfDirectory directory)) {
      throw new NotDirectoryException(path.toString());
    }
    return directory;
  }

  OfDirectory parentOf(Path path) throws IOException {
    Path parent = absolute(path).getParent();
    if (parent == null) {
      throw new IOException(path + " is the root directory");
    }
    return directoryAt(parent);
  }

  CrashInode fileAt(Path path) throws IOException {
    CrashNode node = find(path);
    if (node == null) {
      throw new NoSuchFileException(path.toString());
    }
    if (!(node instanceof OfFile file)) {
      throw new IOException(path + " is a directory");
    }
    return file.inode();
  }

  OfDirectory root() {
    return root;
  }

  /** Applies edits to what programs see, as one operation that is not durable yet. */
  void edit(List<Edit> edits) {
    for (Edit edit : edits) {
      CrashNode after = edit.node();
      CrashNode before =
          after == null
              ? edit.directory().entries.remove(edit.name())
              : edit.directory().entries.put(edit.name(), after);
      if (after instanceof OfFile file) {
        file.inode().links++;
      }
      if (before instanceof OfFile file) {
        file.inode().links--;
      }
    }
    pending.add(new Pending(edits));
  }

  void makeDurable(OfDirectory directory) {
    Set<OfDirectory> reached = new HashSet<>();
    reached.add(directory);
    boolean[] included = new boolean[pending.size()];
    // Backwards: a rename between directories brings in what happened before it in the other one.
    for (int i = pending.size() - 1; i >= 0; i--) {
      Pending operation = pending.get(i);
      if (reached.stream().anyMatch(operation::touches)) {
        included[i] = true;
        operation.edits().forEach(edit -> reached.add(edit.directory()));
      }
    }
    List<Pending> left = new ArrayList<>();
    for (int i = 0; i < included.length; i++) {
      if (included[i]) {
        pending.get(i).applyTo(touched -> touched.durable);
      } else {
        left.add(pending.get(i));
      }
    }
    pending.clear();
    pending.addAll(left);
  }

  /** Fills an empty tree with what a crash leaves of this one. */
  void copySurvivorsTo(CrashTree target, Order order, RandomGenerator random, int keepPercent) {
    Map<OfDirectory, TreeMap<String, CrashNode>> surviving = new IdentityHashMap<>();
    for (Pending operation : survivors(order, random, keepPercent)) {
      operation.applyTo(
          directory -> surviving.computeIfAbsent(directory, d -> new TreeMap<>(d.durable)));
    }
    new Cloner(surviving, random, keepPercent).copy(root, target.root);
  }

  private List<Pending> survivors(Order order, RandomGenerator random, int keepPercent) {
    if (keepPercent == 0 || keepPercent == 100) {
      return keepPercent == 0 ? List.of() : pending;
    }
    return switch (order) {
      case ARBITRARY ->
          pending.stream().filter(operation -> random.nextInt(100) < keepPercent).toList();
      case ORDERED -> prefixes(random);
    };
  }

  /** A prefix of the operations of each directory; one that is in two directories needs both. */
  private List<Pending> prefixes(RandomGenerator random) {
    Map<OfDirectory, Integer> left = new HashMap<>();
    for (Pending operation : pending) {
      operation.edits().forEach(edit -> left.merge(edit.directory(), 1, Integer::sum));
    }
    left.replaceAll((directory, edits) -> random.nextInt(edits + 1));
    List<Pending> kept = new ArrayList<>();
    for (Pending operation : pending) {
      boolean keep = true;
      for (Edit edit : operation.edits()) {
        keep &= left.merge(edit.directory(), -1, Integer::sum) >= 0;
      }
      if (keep) {
        kept.add(operation);
      } else {
        operation.edits().forEach(edit -> left.put(edit.directory(), 0));
      }
    }
    return kept;
  }

  static Path absolute(Path path) {
    return path.toAbsolutePath().normalize();
  }

  static String nameOf(Path path) {
    return absolute(path).getFileName().toString();
  }

  /** Copies what survived, with one new inode for all the names of an old one. */
  private static final class Cloner {
    private final Map<OfDirectory, TreeMap<String, CrashNode>> surviving;
    private final RandomGenerator random;
    private final int keepPercent;
    private final Map<CrashInode, OfFile> copies = new IdentityHashMap<>();

    Cloner(
        Map<OfDirectory, TreeMap<String, CrashNode>> surviving,
        RandomGenerator random,
        int keepPercent) {
      this.surviving = surviving;
      this.random = random;
      this.keepPercent = keepPercent;
    }

    OfDirectory copy(OfDirectory from, OfDirectory to) {
      TreeMap<String, CrashNode> entries = surviving.getOrDefault(from, from.durable);
      entries.forEach(
          (name, node) -> {
            CrashNode copy =
                switch (node) {
                  case OfDirectory directory -> copy(directory, new OfDirectory());
                  case OfFile file -> copy(file);
                };
            to.entries.put(name, copy);
            to.durable.put(name, copy);
          });
      return to;
    }

    private OfFile copy(OfFile file) {
      OfFile copy =
          copies.computeIfAbsent(
              file.inode(), inode -> new OfFile(inode.afterCrash(random, keepPercent)));
      copy.inode().links++;
      return copy;
    }
  }
}
