package io.tideline.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alipay.sofa.jraft.NodeManager;
import com.alipay.sofa.jraft.core.NodeFacts;
import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.core.State;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteResponse;
import io.tideline.server.raft.RaftHosts.Host;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Groups of three members with leases: who answers by its clock, and who keeps its vote. */
final class LeaseReadsTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  /** An election timeout where nothing must happen within one. */
  private static final Duration SHORT = Duration.ofSeconds(1);

  @TempDir Path directory;
  private RaftHosts cluster;

  private void start(Duration electionTimeout, boolean leaseReads) throws Exception {
    cluster =
        new RaftHosts(
            directory, RaftHosts.freeAddresses(3), List.of(), 1, electionTimeout, leaseReads);
    cluster.write(1, "before", SOON);
  }

  @AfterEach
  void stop() throws IOException {
    cluster.close();
  }

  /** While the lease lasts nobody else can lead; after that a majority is needed. */
  @Test
  void aLeaderThatIsCutOffAnswersUntilItsLeaseIsOver() throws Exception {
    start(Duration.ofSeconds(3), true);
    Host leader = cluster.leader(1, SOON);
    await().atMost(SOON).until(() -> byLease(leader).equals("ok"));
    closeOthers(leader);
    assertThat(byLease(leader)).isEqualTo("ok");
    await().atMost(SOON).until(() -> !byLease(leader).equals("ok"));
    assertThat(byLease(leader)).isNotEqualTo("ok");
  }

  @Test
  void withoutLeasesTheMajorityIsAskedWhateverTheReadWants() throws Exception {
    start(SHORT, false);
    Host leader = cluster.leader(1, SOON);
    assertThat(byLease(leader)).isEqualTo("ok");
    closeOthers(leader);
    assertThat(byLease(leader)).isNotEqualTo("ok");
  }

  /** A message that asks a member to take over may arrive when the hand-over was given up. */
  @Test
  void aLeaderThatOnceHandedOverHasNoLeaseForTheRestOfItsTerm() throws Exception {
    start(SHORT, true);
    Host leader = cluster.leader(1, SOON);
    Host gone = others(leader).getFirst();
    Host stays = others(leader).getLast();
    gone.close();
    MemberNode node = node(leader);
    long term = NodeFacts.of(node).term();
    assertThat(node.transferLeadershipTo(PeerId.parsePeer(gone.name())).isOk()).isTrue();
    await().atMost(SOON).until(() -> node.getNodeState() == State.STATE_LEADER);
    assertThat(NodeFacts.of(node).term()).isEqualTo(term);
    await().atMost(SOON).until(() -> byLease(leader).equals("ok"));
    stays.close();
    assertThat(byLease(leader)).isNotEqualTo("ok");
  }

  /** Of one group, one after the other: only the last one changes it. */
  @Test
  void membersFollowTheirLeaderAloneUntilItHandsOver() throws Exception {
    start(Duration.ofSeconds(2), true);
    followersAskTheirLeaderWhichUsesItsLease();
    aMemberThatHearsFromItsLeaderVotesForNobodyElse();
    leadershipIsHandedOverAlthoughTheMembersHaveHeardFromTheirLeader();
  }

  private void followersAskTheirLeaderWhichUsesItsLease() throws Exception {
    for (Host host : cluster.hosts) {
      await().atMost(SOON).until(() -> byLease(host).equals("ok"));
      assertThat(RaftHosts.applied(host, 1)).contains("before");
    }
  }

  private void aMemberThatHearsFromItsLeaderVotesForNobodyElse() {
    Host leader = cluster.leader(1, SOON);
    MemberNode voter = node(others(leader).getFirst());
    long term = NodeFacts.of(voter).term();
    assertThat(voter.handleRequestVoteRequest(candidacy(voter, false)))
        .isInstanceOfSatisfying(
            RequestVoteResponse.class, answer -> assertThat(answer.getGranted()).isFalse());
    assertThat(NodeFacts.of(voter).term()).as("nor does it take the term").isEqualTo(term);
  }

  /** Sooner than any member would stand for election. */
  private void leadershipIsHandedOverAlthoughTheMembersHaveHeardFromTheirLeader() throws Exception {
    Host old = cluster.leader(1, SOON);
    Host next = others(old).getFirst();
    long begin = System.nanoTime();
    old.groups.get(1L).transferLeader(Optional.of(next.name())).get(10, TimeUnit.SECONDS);
    assertThat(cluster.leader(1, SOON)).isSameAs(next);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMillis(1_800));
  }

  /** What it promised in its earlier life it does not know any more. */
  @Test
  void aMemberThatWasRestartedKeepsItsVoteForAnElectionTimeout() throws Exception {
    Duration electionTimeout = SHORT;
    start(electionTimeout, true);
    Host gone = others(cluster.leader(1, SOON)).getFirst();
    List<String> members = cluster.hosts.stream().map(Host::name).toList();
    cluster.close();
    long begin = System.nanoTime();
    Host back = new Host(gone.address, gone.directory, electionTimeout, true);
    cluster.hosts.set(cluster.hosts.indexOf(gone), back);
    back.open(1, members, false);
    MemberNode voter = node(back);
    for (boolean preVote : new boolean[] {true, false}) {
      assertThat(granted(voter, preVote)).isFalse();
    }
    await().atMost(SOON).until(() -> granted(voter, true));
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(electionTimeout);
  }

  private static boolean granted(MemberNode voter, boolean preVote) {
    RequestVoteRequest request = candidacy(voter, preVote);
    return ((RequestVoteResponse)
            (preVote
                ? voter.handlePreVoteRequest(request)
                : voter.handleRequestVoteRequest(request)))
        .getGranted();
  }

  /** Of another member with a longer log, in the next term. */
  private static RequestVoteRequest candidacy(MemberNode voter, boolean preVote) {
    PeerId candidate =
        NodeFacts.of(voter).membership().getConf().getPeers().stream()
            .filter(peer -> !peer.equals(voter.getServerId()) && !peer.equals(voter.getLeaderId()))
            .findFirst()
            .orElseThrow();
    return RequestVoteRequest.newBuilder()
        .setGroupId("p1")
        .setServerId(candidate.toString())
        .setPeerId(voter.getServerId().toString())
        .setTerm(NodeFacts.of(voter).term() + 1)
        .setLastLogTerm(1_000)
        .setLastLogIndex(1_000)
        .setPreVote(preVote)
        .build();
  }

  private List<Host> others(Host host) {
    return cluster.hosts.stream().filter(other -> other != host).toList();
  }

  private void closeOthers(Host host) {
    others(host).parallelStream()
        .forEach(
            other -> {
              try {
                other.close();
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
  }

  private static String byLease(Host host) throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    host.groups
        .get(1L)
        .readIndexByLease(problem -> answer.complete(problem == null ? "ok" : problem));
    return answer.get(20, TimeUnit.SECONDS);
  }

  private static MemberNode node(Host host) {
    NodeImpl node = (NodeImpl) NodeManager.getInstance().get("p1", PeerId.parsePeer(host.name()));
    return (MemberNode) node;
  }
}
