package io.tideline.server.catalog;

import java.util.Objects;

/**
 * Why a partition of this node could not be opened. It stays so until it is repaired from another
 * replica or, where there is none, the node is started again; what is in the shared log for it is
 * kept.
 *
 * @param place the damaged file and the offset in it
 * @param message what is wrong and what to do, for people
 */
public record PartitionFailure(long partitionId, String place, String message) {

  public PartitionFailure {
    Objects.requireNonNull(place, "place");
    Objects.requireNonNull(message, "message");
  }
}
