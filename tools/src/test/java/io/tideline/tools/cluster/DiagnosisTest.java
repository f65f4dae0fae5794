package io.tideline.tools.cluster;

import static io.tideline.tools.cluster.Replicas.damaged;
import static io.tideline.tools.cluster.Replicas.failed;
import static io.tideline.tools.cluster.Replicas.follower;
import static io.tideline.tools.cluster.Replicas.inRole;
import static io.tideline.tools.cluster.Replicas.leader;
import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.client.NodeInfo;
import io.tideline.client.PartitionStatus;
import io.tideline.client.ReplicaListing;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DiagnosisTest {

  private static final long LAG_MAX = 50;

  private static NodeInfo node(String id, boolean alive) {
    return new NodeInfo(id, id + ":7420", id + ":7421", id + ":7422", alive);
  }

  private static List<Diagnosis.Problem> problems(PartitionStatus... replicas) {
    return Diagnosis.of(
        List.of(node("node-1", true), node("node-2", true), node("node-3", true)),
        PartitionView.of(new ReplicaListing(List.of(replicas), List.of())),
        LAG_MAX);
  }

  @Test
  void aClusterWhoseFollowersKeepUpIsHealthy() {
    List<Diagnosis.Problem> problems =
        problems(leader("node-1", 1, 100), follower("node-2", 50), follower("node-3", 100));

    assertThat(problems).isEmpty();
    assertThat(Diagnosis.state(problems)).isEqualTo(Diagnosis.State.HEALTHY);
  }

  @Test
  void aFollowerThatIsFartherBehindThanAllowedDegrades() {
    List<Diagnosis.Problem> problems =
        problems(leader("node-1", 1, 100), follower("node-2", 49), follower("node-3", 100));

    assertThat(problems)
        .extracting(Diagnosis.Problem::what)
        .containsExactly("partition 7 of chat on node-2 is 51 entries behind");
    assertThat(Diagnosis.state(problems)).isEqualTo(Diagnosis.State.DEGRADED);
  }

  @Test
  void aNodeThatDoesNotAnswerDegrades() {
    List<Diagnosis.Problem> problems =
        Diagnosis.of(List.of(node("node-1", true), node("node-2", false)), List.of(), LAG_MAX);

    assertThat(problems)
        .extracting(Diagnosis.Problem::what)
        .containsExactly("node node-2 does not answer on node-2:7420");
    assertThat(Diagnosis.state(problems)).isEqualTo(Diagnosis.State.DEGRADED);
  }

  @Test
  void aFailedReplicaDegradesAndSaysWhy() {
    List<Diagnosis.Problem> problems =
        problems(leader("node-1", 1, 100), failed("node-2", "bad block"), follower("node-3", 100));

    assertThat(problems)
        .extracting(Diagnosis.Problem::what)
        .containsExactly("partition 7 of chat has failed on node-2: bad block");
    assertThat(Diagnosis.state(problems)).isEqualTo(Diagnosis.State.DEGRADED);
  }

  @Test
  void damagedTablesDegrade() {
    List<Diagnosis.Problem> problems =
        problems(leader("node-1", 1, 100), damaged("node-2", 3), follower("node-3", 100));

    assertThat(problems)
        .extracting(Diagnosis.Problem::what)
        .containsExactly("partition 7 of chat has 3 damaged tables on node-2");
  }

  @Test
  void aReplicaWithoutAVoteDegradesHoweverLittleItIsBehind() {
    List<Diagnosis.Problem> problems =
        problems(leader("node-1", 1, 100), inRole("node-2", "LEARNER"), follower("node-3", 100));

    assertThat(problems)
        .extracting(Diagnosis.Problem::what)
        .containsExactly("partition 7 of chat on node-2 has no vote until it has caught up");
    assertThat(problems.getFirst().advice()).contains("do not take another");
    assertThat(Diagnosis.state(problems)).isEqualTo(Diagnosis.State.DEGRADED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"STARTING", "STOPPED", "CANDIDATE"})
  void aReplicaThatDoesNotFollowDegrades(String role) {
    List<Diagnosis.Problem> problems =
        problems(leader("node-1", 1, 100), inRole("node-2", role), follower("node-3", 100));

    assertThat(problems)
        .extracting(Diagnosis.Problem::what)
        .containsExactly("partition 7 of chat on node-2 is " + role);
    assertThat(Diagnosis.state(problems)).isEqualTo(Diagnosis.State.DEGRADED);
  }

  @Test
  void aReplicaThatDoesNotRunOnANodeThatAnswersDegrades() {
    List<Diagnosis.Problem> problems = problems(leader("node-1", 1, 100), follower("node-2", 100));

    assertThat(problems)
        .extracting(Diagnosis.Problem::what)
        .containsExactly("partition 7 of chat does not run on node-3");
    assertThat(Diagnosis.state(problems)).isEqualTo(Diagnosis.State.DEGRADED);
  }

  @Test
  void withoutALeaderThePartitionIsUnavailableWhateverElseHolds() {
    List<Diagnosis.Problem> problems = problems(follower("node-1", 100), damaged("node-2", 3));

    assertThat(Diagnosis.state(problems)).isEqualTo(Diagnosis.State.UNAVAILABLE);
    assertThat(problems.getFirst().what()).isEqualTo("partition 7 of chat has no leader");
    assertThat(problems.getFirst().advice()).contains("node-3");
  }
}
