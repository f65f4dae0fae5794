package io.tideline.server.raft;

import com.alipay.sofa.jraft.util.NamedThreadFactory;
import java.security.CodeSource;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Verifies that JRaft's threads are virtual: that our {@link NamedThreadFactory} stands before
 * JRaft's own on the class path. Without it a node works, and falls over at some hundred
 * partitions, which is worse than not starting.
 */
final class JRaftThreads {

  private JRaftThreads() {}

  /**
   * @throws IllegalStateException if JRaft would start platform threads
   */
  static void verify() {
    CodeSource ours = JRaftThreads.class.getProtectionDomain().getCodeSource();
    CodeSource theirs = NamedThreadFactory.class.getProtectionDomain().getCodeSource();
    verify(location(ours), location(theirs), new NamedThreadFactory("probe").newThread(() -> {}));
  }

  /** The check itself, apart from the classes that were found. */
  static void verify(@Nullable String ours, @Nullable String theirs, Thread made) {
    if (Objects.equals(ours, theirs) && made.isVirtual()) {
      return;
    }
    throw new IllegalStateException(
        NamedThreadFactory.class.getName()
            + " was loaded from "
            + theirs
            + " and not from "
            + ours
            + ": JRaft would start five platform threads for each partition. Put the jar"
            + " tideline-server before jraft-core on the class path, as bin/tideline does");
  }

  private static @Nullable String location(@Nullable CodeSource source) {
    return source == null ? null : String.valueOf(source.getLocation());
  }
}
