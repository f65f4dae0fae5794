package io.tideline.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tideline.server.raft.RaftHosts.Host;
import io.tideline.server.replica.PartitionStatus.Role;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A group of three, one of which comes back without its disk at the worst moment. */
class WipedMemberTest {

  private static final Duration ELECTION_TIMEOUT = Duration.ofMillis(1_000);
  private static final Duration LONG = Duration.ofSeconds(40);

  @TempDir Path directory;

  @Test
  void aMemberThatForgotAnEntryDoesNotElectOneThatNeverHadIt() throws Exception {
    try (RaftHosts hosts = new RaftHosts(directory, 3, 1, ELECTION_TIMEOUT)) {
      hosts.write(1, "everybody has this", LONG);
      Host first = hosts.leader(1, LONG);
      List<Host> followers = hosts.hosts.stream().filter(host -> host != first).toList();
      Host never = followers.get(0);
      Host forgets = followers.get(1);
      List<String> members = hosts.hosts.stream().map(Host::name).toList();

      never.close();
      hosts.write(1, "only two have this", LONG);
      Host leads = hosts.leader(1, LONG);
      assertThat(leads).isNotSameAs(never);
      first.close();
      forgets.close();
      // The one that goes on to be there is the one that leads, whichever that is by now.
      Host wiped = leads == first ? forgets : first;
      Host keeps = leads;
      delete(wiped.directory);

      Host neverAgain = reopen(hosts, never, members, false);
      Host wipedAgain = reopen(hosts, wiped, members, false);
      await()
          .during(ELECTION_TIMEOUT.multipliedBy(5))
          .atMost(LONG)
          .until(
              () ->
                  neverAgain.groups.get(1L).role() != Role.LEADER
                      && wipedAgain.groups.get(1L).role() != Role.LEADER);
      assertThat(wipedAgain.states.get(1L).applied).isEmpty();

      Host keepsAgain = reopen(hosts, keeps, members, false);
      hosts.write(1, "and all go on", LONG);
      for (Host host : List.of(neverAgain, wipedAgain, keepsAgain)) {
        await()
            .atMost(LONG)
            .untilAsserted(
                () ->
                    assertThat(host.states.get(1L).applied)
                        .extracting(a -> new String(a.payload(), StandardCharsets.UTF_8))
                        .startsWith("everybody has this", "only two have this")
                        .contains("and all go on"));
      }

      // Caught up, it votes again, once the others have confirmed that it has what it may have
      // promised: the group lives on with it and one other.
      await().atMost(LONG).until(() -> wipedAgain.groups.get(1L).role() != Role.LEARNER);
      keepsAgain.close();
      hosts.write(1, "with the vote of the one that was wiped", LONG);
    }
  }

  private static Host reopen(RaftHosts hosts, Host old, List<String> members, boolean isNew)
      throws Exception {
    Host again = new Host(old.address, old.directory, ELECTION_TIMEOUT);
    again.open(1, members, isNew);
    hosts.hosts.add(again);
    return again;
  }

  private static void delete(Path root) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(root)) {
      files = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
  }
}
