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

  /**
   * @param repaired whether other members have the partition too, so that it is repaired from them
   */
  void tell(PartitionReplica replica, boolean repaired) {
    List<Damage> damage = replica.status().damage();
    for (Damage table : damage) {
      if (!told.add(table.file())) {
        continue;
      }
      if (repaired) {
        LOG.warn(
            "partition {} has a DAMAGED table: {}. Reads of these keys fail here until the replica"
                + " has another one's files, which it copies now",
            replica.partitionId(),
            table);
      } else {
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
