package io.tideline.server.raft;

import static org.awaitility.Awaitility.await;

import io.tideline.lsm.EngineState;
import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.server.command.Command;
import io.tideline.server.command.CommandBatch;
import io.tideline.server.command.CommandResult;
import io.tideline.server.log.GroupLog;
import io.tideline.server.log.GroupLogListener;
import io.tideline.server.log.GroupLogOptions;
import io.tideline.server.replica.PartitionStatus.Role;
import io.tideline.server.replica.Proposal;
import io.tideline.server.replica.RaftGroup;
import io.tideline.server.replica.Refusal;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Several hosts of the same groups in this JVM, on loopback, each with a log of its own. */
final class RaftHosts implements AutoCloseable {

  /** One host; closed by its owner or with all. */
  static final class Host {
    final InetSocketAddress address;
    final Path directory;
    final Map<Long, RaftGroup> groups = new HashMap<>();
    final Map<Long, FakeState> states = new HashMap<>();
    final GroupLog log;
    final JRaftGroups transport;
    private boolean closed;

    Host(InetSocketAddress address, Path directory, Duration electionTimeout) throws Exception {
      this(address, directory, electionTimeout, false);
    }

    Host(InetSocketAddress address, Path directory, Duration electionTimeout, boolean leaseReads)
        throws Exception {
      this.address = address;
      this.directory = directory;
      this.log =
          GroupLog.open(
              new RealFileSystem(),
              directory,
              GroupLogOptions.DEFAULT.withSegmentBytes(4 << 20),
              new NoListener());
      this.transport = JRaftGroups.start(log, address, electionTimeout, leaseReads);
    }

    void open(long group, List<String> members) throws IOException {
      open(group, members, true);
    }

    void open(long group, List<String> members, boolean isNew) throws IOException {
      FakeState state = new FakeState(EngineState.EMPTY);
      states.put(group, state);
      groups.put(group, transport.open(group, members, isNew, state));
    }

    String name() {
      return transport.self();
    }

    void close() throws IOException {
      if (closed) {
        return;
      }
      closed = true;
      groups.values().parallelStream().forEach(RaftGroup::close);
      transport.close();
      log.close();
    }
  }

  final List<Host> hosts = new ArrayList<>();

  /** Hosts that serve groups 1 to {@code groups}, none of which need have a leader yet. */
  RaftHosts(Path directory, int count, int groups, Duration electionTimeout) throws Exception {
    this(directory, freeAddresses(count), List.of(), groups, electionTimeout);
  }

  /**
   * @param elsewhere members of the groups that are not in this JVM
   */
  RaftHosts(
      Path directory,
      List<InetSocketAddress> addresses,
      List<String> elsewhere,
      int groups,
      Duration electionTimeout)
      throws Exception {
    this(directory, addresses, elsewhere, groups, electionTimeout, false);
  }

  RaftHosts(
      Path directory,
      List<InetSocketAddress> addresses,
      List<String> elsewhere,
      int groups,
      Duration electionTimeout,
      boolean leaseReads)
      throws Exception {
    for (InetSocketAddress address : addresses) {
      hosts.add(
          new Host(
              address, directory.resolve("log-" + address.getPort()), electionTimeout, leaseReads));
    }
    List<String> members = new ArrayList<>(elsewhere);
    hosts.forEach(host -> members.add(host.name()));
    for (Host host : hosts) {
      for (long group = 1; group <= groups; group++) {
        host.open(group, members);
      }
    }
  }

  /** The host that leads a group and can be told to, waiting for one. */
  Host leader(long group, Duration atMost) {
    AtomicReference<Host> found = new AtomicReference<>();
    await("a leader of group " + group)
        .atMost(atMost)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () -> {
              found.set(null);
              for (Host host : hosts) {
                if (!host.closed
                    && host.groups.get(group).role() == Role.LEADER
                    && host.states.get(group).term > 0) {
                  found.set(host);
                }
              }
              return found.get() != null;
            });
    return found.get();
  }

  /** Proposes to whoever leads until it is applied there; a refusal means to ask again. */
  long write(long group, String payload, Duration atMost) {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (true) {
      Host leader = leader(group, atMost);
      try {
        return propose(leader, group, payload).get(5, TimeUnit.SECONDS);
      } catch (Exception e) {
        if (System.nanoTime() > deadline) {
          throw new AssertionError("group " + group + " took no write", e);
        }
      }
    }
  }

  static CompletableFuture<Long> propose(Host host, long group, String payload) {
    CompletableFuture<Long> done = new CompletableFuture<>();
    host.groups
        .get(group)
        .propose(
            new Proposal() {
              @Override
              public CommandBatch batch() {
                return new CommandBatch(1, List.of(new Command.AdvanceTime()));
              }

              @Override
              public void applied(long index, List<CommandResult> results) {
                done.complete(index);
              }

              @Override
              public void refused(Refusal refusal) {
                done.completeExceptionally(new IOException("refused: " + refusal));
              }

              @Override
              public void unknown(String why) {
                done.completeExceptionally(new IOException("unknown: " + why));
              }
            },
            payload.getBytes(StandardCharsets.UTF_8),
            host.states.get(group).term);
    return done;
  }

  /** What a host has applied of a group, in order. */
  static List<String> applied(Host host, long group) {
    return List.copyOf(host.states.get(group).applied).stream()
        .map(entry -> new String(entry.payload(), StandardCharsets.UTF_8))
        .toList();
  }

  @Override
  public void close() throws IOException {
    for (Host host : hosts) {
      host.close();
    }
  }

  static List<InetSocketAddress> freeAddresses(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      sockets.add(socket);
      addresses.add(new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort()));
    }
    for (ServerSocket socket : sockets) {
      socket.close();
    }
    return addresses;
  }

  private static final class NoListener implements GroupLogListener {
    @Override
    public void failed(Throwable cause) {
      throw new AssertionError(cause);
    }

    @Override
    public void pinned(List<Long> pinned, long segment, long logBytes) {}

    @Override
    public void spaceLow(boolean low) {}
  }
}
