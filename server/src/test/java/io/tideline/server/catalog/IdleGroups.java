package io.tideline.server.catalog;

import io.tideline.lsm.LogPosition;
import io.tideline.server.replica.FakeGroup;
import io.tideline.server.replica.RaftGroup;
import io.tideline.server.replica.RaftGroups;
import io.tideline.server.replica.ReplicatedState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Groups that never elect; joining them can be made to fail. */
final class IdleGroups implements RaftGroups {

  volatile @Nullable RuntimeException failure;

  @Override
  public RaftGroup open(
      long partitionId, List<String> members, boolean isNew, ReplicatedState state) {
    RuntimeException thrown = failure;
    if (thrown != null) {
      throw thrown;
    }
    return new FakeGroup();
  }

  @Override
  public String self() {
    return PartitionFixture.SELF.raftAddress();
  }

  @Override
  public void adopt(long partitionId, LogPosition position) {}

  @Override
  public void destroy(long partitionId) {}
}
