package io.tideline.server.replica;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The replication group of one partition works no more on this node, though neither its log nor its
 * state has failed. Others on the node are not concerned.
 */
public final class GroupFailedException extends IOException {

  private static final long serialVersionUID = 1L;

  private final long partitionId;

  public GroupFailedException(long partitionId, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.partitionId = partitionId;
  }

  public long partitionId() {
    return partitionId;
  }
}
