package io.tideline.tools.cluster;

import static io.tideline.tools.cluster.Replicas.follower;
import static io.tideline.tools.cluster.Replicas.leader;
import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.client.PartitionStatus;
import io.tideline.client.ReplicaListing;
import java.util.List;
import org.junit.jupiter.api.Test;

class PartitionViewTest {

  private static PartitionView view(PartitionStatus... replicas) {
    List<PartitionView> views = PartitionView.of(new ReplicaListing(List.of(replicas), List.of()));
    assertThat(views).hasSize(1);
    return views.getFirst();
  }

  @Test
  void lagIsWhatTheLeaderHasAppliedMore() {
    PartitionView view =
        view(follower("node-1", 90), leader("node-2", 1, 100), follower("node-3", 104));

    assertThat(view.leaderNode()).isEqualTo("node-2");
    assertThat(view.others())
        .extracting(PartitionStatus::nodeId)
        .containsExactly("node-1", "node-3");
    assertThat(view.others()).extracting(view::lag).containsExactly(10L, 0L);
    assertThat(view.silent()).isEmpty();
  }

  @Test
  void ofTwoThatSayTheyLeadTheOneOfTheNewerTermDoes() {
    PartitionView view = view(leader("node-1", 4, 80), leader("node-3", 5, 70));

    assertThat(view.leaderNode()).isEqualTo("node-3");
    assertThat(view.others()).extracting(PartitionStatus::nodeId).containsExactly("node-1");
  }

  @Test
  void whoHasAReplicaAndSaysNothingIsSilent() {
    assertThat(view(leader("node-2", 1, 100)).silent()).containsExactly("node-1", "node-3");
  }

  @Test
  void withoutALeaderNobodyIsBehind() {
    PartitionView view = view(follower("node-1", 90), follower("node-2", 10));

    assertThat(view.leader()).isEmpty();
    assertThat(view.leaderNode()).isEmpty();
    assertThat(view.others()).extracting(view::lag).containsExactly(0L, 0L);
  }
}
