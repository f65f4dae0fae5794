package io.tideline.tools.torture;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What may happen to one node at a time. */
enum Fault {
  /** kill -9, and a start some time later. */
  KILL(false),
  /** The process stands still for some seconds and goes on as if nothing had happened. */
  PAUSE(false),
  /** The node, or one pair of nodes, cannot reach the others. Needs network namespaces. */
  CUT(true),
  /** The process gets a fifth of the time it wants. */
  SLOW(false),
  /** kill -9, and a start on an empty directory. */
  WIPE(false),
  /** No byte is left on the node's disk for some seconds. Needs a disk of its own. */
  FULL_DISK(true);

  private final boolean root;

  Fault(boolean root) {
    this.root = root;
  }

  /** Whether only root can prepare it. */
  boolean needsRoot() {
    return root;
  }

  /** As on the command line. */
  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Optional<Fault> ofWord(String word) {
    return Arrays.stream(values()).filter(fault -> fault.word().equals(word)).findFirst();
  }
}
