package io.tideline.server.catalog;

import io.tideline.server.cluster.Member;
import io.tideline.server.replica.PartitionReplica;
import io.tideline.server.transfer.ArrivedSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * This node's copy of a partition that others have too, whose files are damaged.
 *
 * @param replica null if it could not be opened
 * @param directory of its engine
 * @param others who have one too, the leader first if it is known
 * @param what the damage, for people
 * @param replacement gives it other files
 */
record DamagedCopy(
    long partitionId,
    @Nullable PartitionReplica replica,
    Path directory,
    List<Member> others,
    String what,
    Replacement replacement) {

  /** How the files of a copy are replaced. */
  interface Replacement {

    /**
     * Closes the copy, if it runs, replaces its files and opens it again.
     *
     * @return false if the copy is gone meanwhile
     * @throws IOException if the content does not fit the log here; then the old files stay
     */
    boolean replace(DamagedCopy copy, ArrivedSnapshot content)
        throws IOException, InterruptedException;
  }

  /** As {@link Replacement#replace}. */
  boolean replaceBy(ArrivedSnapshot content) throws IOException, InterruptedException {
    return replacement.replace(this, content);
  }
}
