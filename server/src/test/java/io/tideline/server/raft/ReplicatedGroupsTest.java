package io.tideline.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alipay.sofa.jraft.NodeManager;
import com.alipay.sofa.jraft.ReplicatorGroup;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.core.NodeFacts;
import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.entity.EnumOutter.ErrorType;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.error.RaftException;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesResponse;
import com.alipay.sofa.jraft.rpc.RpcResponseClosure;
import io.tideline.server.raft.RaftHosts.Host;
import io.tideline.server.replica.PartitionStatus.Role;
import io.tideline.server.replica.RaftGroup;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Groups of three members in one JVM: elections, replication, members that are gone. */
final class ReplicatedGroupsTest {

  private static final Duration ELECTION_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration SOON = Duration.ofSeconds(20);

  /** What is at the address of a member that is gone. */
  enum Gone {
    /** The process is stopped where it stands: connections stay open, nothing is answered. */
    HANGS,
    /** Nobody listens. */
    REFUSES,
    /** Connections are accepted and never answered, as of a proxy without a server. */
    SILENT,
    /** Connection attempts are not answered, as of a machine without power. */
    DROPS
  }

  @TempDir Path directory;
  private RaftHosts cluster;

  @AfterEach
  void stop() throws IOException {
    if (cluster != null) {
      cluster.close();
    }
  }

  private void start(int groups) throws Exception {
    cluster = new RaftHosts(directory, 3, groups, ELECTION_TIMEOUT);
  }

  @Test
  void allMembersApplyTheSameEntriesInTheSameOrder() throws Exception {
    start(1);
    Host leader = cluster.leader(1, SOON);
    for (int first = 0; first < 2_000; first += 100) {
      List<CompletableFuture<Long>> writes = new ArrayList<>();
      for (int i = first; i < first + 100; i++) {
        writes.add(RaftHosts.propose(leader, 1, "entry " + i));
      }
      for (CompletableFuture<Long> write : writes) {
        write.get(20, TimeUnit.SECONDS);
      }
    }
    List<String> expected = LongStream.range(0, 2_000).mapToObj(i -> "entry " + i).toList();
    for (Host host : cluster.hosts) {
      await()
          .atMost(SOON)
          .untilAsserted(() -> assertThat(RaftHosts.applied(host, 1)).isEqualTo(expected));
    }
  }

  @Test
  void aReadOnAnyMemberSeesWhatWasAcknowledged() throws Exception {
    start(1);
    cluster.write(1, "written", SOON);
    for (Host host : cluster.hosts) {
      CompletableFuture<String> answer = new CompletableFuture<>();
      host.groups.get(1L).readIndex(problem -> answer.complete(problem == null ? "ok" : problem));
      assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("ok");
      assertThat(RaftHosts.applied(host, 1)).contains("written");
    }
  }

  /**
   * The new members alone are a majority to JRaft from the moment the change begins, here the
   * leader itself; the old ones could have elected another leader by now.
   */
  @Test
  void aLeaderWhoseMembersAreBeingChangedGivesNoReadIndex() throws Exception {
    cluster = new RaftHosts(directory, 3, 1, Duration.ofSeconds(5));
    cluster.write(1, "before", SOON);
    Host leader = cluster.leader(1, SOON);
    assertThat(readIndex(leader)).isEqualTo("ok");
    for (Host host : cluster.hosts) {
      if (host != leader) {
        host.close();
      }
    }
    NodeImpl node = node(leader, 1);
    node.changePeers(new Configuration(List.of(PeerId.parsePeer(leader.name()))), status -> {});
    await().atMost(SOON).until(() -> !NodeFacts.of(node).membership().isStable());
    assertThat(readIndex(leader)).contains("members of the group are being changed");
  }

  private static String readIndex(Host host) throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    host.groups.get(1L).readIndex(problem -> answer.complete(problem == null ? "ok" : problem));
    return answer.get(10, TimeUnit.SECONDS);
  }

  @Test
  void theLeadershipIsHandedOverToTheMemberThatWasNamed() throws Exception {
    start(1);
    cluster.write(1, "before", SOON);
    Host old = cluster.leader(1, SOON);
    Host next = cluster.hosts.stream().filter(h -> h != old).findFirst().orElseThrow();
    await().atMost(SOON).until(() -> RaftHosts.applied(next, 1).contains("before"));
    old.groups.get(1L).transferLeader(Optional.of(next.name())).get(5, TimeUnit.SECONDS);
    await().atMost(SOON).until(() -> cluster.leader(1, SOON) == next);
    assertThat(old.groups.get(1L).leader()).contains(next.name());
    cluster.write(1, "after", SOON);
    await().atMost(SOON).until(() -> RaftHosts.applied(old, 1).equals(List.of("before", "after")));
  }

  /** The member that is gone is a process of its own, so that it cannot say good-bye. */
  @ParameterizedTest
  @EnumSource(Gone.class)
  void groupsElectAnewWithinSecondsWhenTheirLeaderIsGone(Gone how) throws Exception {
    // A hundred once; the other cases differ in what happens to connections, not to groups.
    int groups = how == Gone.HANGS ? 100 : 30;
    List<InetSocketAddress> addresses = RaftHosts.freeAddresses(3);
    List<String> members = addresses.stream().map(a -> "127.0.0.1:" + a.getPort()).toList();
    String goner = members.getFirst();
    try (var process = new RaftHostProcess(directory, members, groups, ELECTION_TIMEOUT)) {
      cluster =
          new RaftHosts(
              directory, addresses.subList(1, 3), List.of(goner), groups, ELECTION_TIMEOUT);
      makeLeader(groups, goner);
      if (how == Gone.HANGS) {
        process.hang();
      } else {
        process.kill();
      }
      try (var _ = occupy(addresses.getFirst(), how)) {
        long begin = System.nanoTime();
        for (long group = 1; group <= groups; group++) {
          cluster.write(group, "after", Duration.ofSeconds(60));
        }
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        System.out.println(how + ": " + groups + " groups lead again after " + took);
        // Some election timeouts; a client that blocks on the address that is gone takes a minute.
        assertThat(took).isLessThan(ELECTION_TIMEOUT.multipliedBy(15));
      }
    }
  }

  /**
   * A process that is killed is not waited for: the election timeout is far longer than the test.
   */
  @Test
  void groupsElectAtOnceWhenTheProcessOfTheirLeaderHasEnded() throws Exception {
    Duration timeout = Duration.ofSeconds(8);
    int groups = 30;
    List<InetSocketAddress> addresses = RaftHosts.freeAddresses(3);
    List<String> members = addresses.stream().map(a -> "127.0.0.1:" + a.getPort()).toList();
    String goner = members.getFirst();
    try (var process = new RaftHostProcess(directory, members, groups, timeout)) {
      cluster = new RaftHosts(directory, addresses.subList(1, 3), List.of(goner), groups, timeout);
      makeLeader(groups, goner);
      process.kill();
      long begin = System.nanoTime();
      for (long group = 1; group <= groups; group++) {
        cluster.write(group, "after", Duration.ofSeconds(60));
      }
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(timeout);
      // The timeout is the configured one again: the new leaders stay.
      for (Host host : cluster.hosts) {
        for (long group = 1; group <= groups; group++) {
          NodeImpl node = node(host, group);
          await()
              .atMost(SOON)
              .until(() -> node.getOptions().getElectionTimeoutMs() == timeout.toMillis());
        }
      }
    }
  }

  /** Has all groups led by a member elsewhere, by asking whoever leads until it is so. */
  private void makeLeader(int groups, String member) {
    await("all groups led by " + member)
        .atMost(Duration.ofSeconds(60))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(500))
        .until(
            () -> {
              boolean all = true;
              for (Host host : cluster.hosts) {
                for (RaftGroup group : host.groups.values()) {
                  all &= group.leader().equals(Optional.of(member));
                  if (group.role() == Role.LEADER) {
                    // Refused while a change is under way; the next round asks again.
                    var _ = group.transferLeader(Optional.of(member));
                  }
                }
              }
              return all;
            });
  }

  /**
   * JRaft answers for a member it has no replicator to at once, holding the node's lock, and waits
   * there for whoever handles another member's answer: he must not wait for that lock.
   */
  @Test
  void anAnswerForAMemberThatIsGoneIsNotWaitedForByAnother() throws Exception {
    start(1);
    cluster.write(1, "before", SOON);
    Host leader = cluster.leader(1, SOON);
    NodeImpl node = node(leader, 1);
    Field field = NodeImpl.class.getDeclaredField("replicatorGroup");
    field.setAccessible(true);
    ReplicatorGroup replicators = (ReplicatorGroup) field.get(node);
    Field lock = NodeImpl.class.getDeclaredField("writeLock");
    lock.setAccessible(true);
    Lock nodeLock = (Lock) lock.get(node);
    AtomicInteger asked = new AtomicInteger();
    field.set(
        node,
        Proxy.newProxyInstance(
            ReplicatorGroup.class.getClassLoader(),
            new Class<?>[] {ReplicatorGroup.class},
            (proxy, method, arguments) -> {
              if (!method.getName().equals("sendHeartbeat")) {
                return method.invoke(replicators, arguments);
              }
              @SuppressWarnings("unchecked")
              var closure = (RpcResponseClosure<AppendEntriesResponse>) arguments[1];
              if (asked.incrementAndGet() == 2) {
                closure.run(new Status(RaftError.EHOSTDOWN, "no replicator"));
                return null;
              }
              // Somebody wants to write meanwhile: no reader is let in before him.
              Thread writer =
                  Thread.startVirtualThread(
                      () -> {
                        nodeLock.lock();
                        nodeLock.unlock();
                      });
              await().atMost(SOON).until(() -> writer.getState() == Thread.State.WAITING);
              Thread answering =
                  Thread.startVirtualThread(
                      () -> {
                        closure.setResponse(
                            AppendEntriesResponse.newBuilder().setTerm(1).setSuccess(true).build());
                        closure.run(Status.OK());
                      });
              await()
                  .atMost(SOON)
                  .until(
                      () ->
                          answering.getState() == Thread.State.TERMINATED
                              || answering.getState() == Thread.State.WAITING);
              return null;
            }));
    CompletableFuture<String> answer = new CompletableFuture<>();
    leader.groups.get(1L).readIndex(problem -> answer.complete(problem == null ? "ok" : problem));
    assertThat(answer.get(SOON.toSeconds(), TimeUnit.SECONDS)).isEqualTo("ok");
    assertThat(asked).hasValueGreaterThanOrEqualTo(2);
    field.set(node, replicators);
    cluster.write(1, "after", SOON);
  }

  @Test
  void aMemberThatComesBackCatchesUp() throws Exception {
    start(1);
    cluster.write(1, "one", SOON);
    Host leader = cluster.leader(1, SOON);
    Host gone = cluster.hosts.stream().filter(h -> h != leader).findFirst().orElseThrow();
    List<String> members = cluster.hosts.stream().map(Host::name).toList();
    gone.close();
    cluster.write(1, "two", SOON);
    Host back = new Host(gone.address, gone.directory, ELECTION_TIMEOUT);
    cluster.hosts.set(cluster.hosts.indexOf(gone), back);
    back.open(1, members);
    await().atMost(SOON).until(() -> RaftHosts.applied(back, 1).equals(List.of("one", "two")));
  }

  @Test
  void aNodeInErrorIsMadeAnewOnTheSameStateAndAppliesNothingTwice() throws Exception {
    start(1);
    for (int i = 0; i < 10; i++) {
      cluster.write(1, "entry " + i, SOON);
    }
    Host host = cluster.leader(1, SOON);
    RaftGroup group = host.groups.get(1L);
    RaftException error = new RaftException(ErrorType.ERROR_TYPE_LOG);
    error.setStatus(new Status(RaftError.EINVAL, "broken on purpose"));
    NodeImpl broken = node(host, 1);
    broken.onError(error);
    await().atMost(SOON).until(() -> node(host, 1) != broken && group.role() != Role.STARTING);
    cluster.write(1, "after", SOON);
    await().atMost(SOON).until(() -> RaftHosts.applied(host, 1).contains("after"));
    assertThat(RaftHosts.applied(host, 1)).contains("entry 0", "entry 9", "after");
    // Each position once, although the new node read the whole log again.
    assertThat(List.copyOf(host.states.get(1L).applied))
        .extracting(entry -> entry.position().index())
        .isSorted()
        .doesNotHaveDuplicates();
    assertThat(host.states.get(1L).failures).isEmpty();
    assertThat(host.groups.get(1L)).isSameAs(group);
  }

  @Test
  void aLeaderWhoseHeartbeatsToAMemberHaveStoppedHandsOver() throws Exception {
    start(1);
    cluster.write(1, "before", SOON);
    Host leader = cluster.leader(1, SOON);
    Host starved = cluster.hosts.stream().filter(h -> h != leader).findFirst().orElseThrow();
    // What a rejected callback leaves behind in JRaft: a leader without a replicator to a member.
    Field replicators = NodeImpl.class.getDeclaredField("replicatorGroup");
    replicators.setAccessible(true);
    ((ReplicatorGroup) replicators.get(node(leader, 1)))
        .stopReplicator(PeerId.parsePeer(starved.name()));
    long index = cluster.write(1, "unheard", SOON);
    assertThat(index).isPositive();
    await().atMost(SOON).until(() -> RaftHosts.applied(starved, 1).contains("unheard"));
    assertThat(leader.states.get(1L).failures).isEmpty();
  }

  @Test
  void threadsOfNodesAreVirtual() throws Exception {
    start(5);
    for (long group = 1; group <= 5; group++) {
      cluster.write(group, "entry", SOON);
    }
    for (Host host : cluster.hosts) {
      await().atMost(SOON).until(() -> !RaftHosts.applied(host, 1).isEmpty());
      assertThat(host.states.get(1L).applier).isNotNull().matches(Thread::isVirtual);
    }
    // Only platform threads are listed.
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .noneMatch(name -> name.startsWith("JRaft-") || name.contains("AppendEntries"));
  }

  private static NodeImpl node(Host host, long group) {
    return (NodeImpl) NodeManager.getInstance().get("p" + group, PeerId.parsePeer(host.name()));
  }

  private static AutoCloseable occupy(InetSocketAddress address, Gone how) throws IOException {
    if (how == Gone.REFUSES || how == Gone.HANGS) {
      return () -> {};
    }
    // A full queue of connections nobody accepts makes the kernel drop further attempts.
    ServerSocket listener = new ServerSocket();
    listener.setReuseAddress(true);
    listener.bind(address, how == Gone.DROPS ? 1 : 1_000);
    List<Socket> held = new ArrayList<>();
    if (how == Gone.DROPS) {
      for (int i = 0; i < 4; i++) {
        Socket socket = new Socket();
        held.add(socket);
        try {
          socket.connect(address, 200);
        } catch (java.net.SocketTimeoutException full) {
          break;
        }
      }
    }
    return () -> {
      for (Socket socket : held) {
        socket.close();
      }
      listener.close();
    };
  }
}
