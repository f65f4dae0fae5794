package io.tideline.server.catalog;

import io.tideline.lsm.Damage;
import io.tideline.server.replica.PartitionReplica;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says once of each damaged table what it means and what to do.
 *
 * <p>Threading: confined to the host's maintenance thread.
 */
final class DamageLog {

  private static final Logger LOG = LoggerFactory.getLogger(DamageLog.class);

  private final Path dataDirectory;
  private final Set<Path> told = new HashSet<>();

  DamageLog(Path dataDirectory) {
    this.dataDirectory = dataDirectory;
  }

  void tell(PartitionReplica replica) {
    List<Damage> damage = replica.status().damage();
    for (Damage table : damage) {
      if (told.add(table.file())) {
        LOG.error(
            "partition {} has a DAMAGED table: {}. Reads of these keys fail, all else is served; its"
                + " files are not merged any more. Stop the node, run `tideline inspect --data {}"
                + " --verify`, restore the file from a copy and start the node again; quarantine/"
                + " beside the file keeps the damaged bytes",
            replica.partitionId(),
            table,
            dataDirectory);
      }
    }
  }
}
