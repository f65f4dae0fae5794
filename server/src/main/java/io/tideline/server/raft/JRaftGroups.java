package io.tideline.server.raft;

import com.alipay.remoting.rpc.protocol.RpcCommandCode;
import com.alipay.remoting.rpc.protocol.RpcProtocol;
import com.alipay.remoting.rpc.protocol.RpcProtocolV2;
import com.alipay.remoting.rpc.protocol.RpcResponseProcessor;
import com.alipay.sofa.jraft.NodeManager;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.error.RemotingException;
import com.alipay.sofa.jraft.option.ApplyTaskMode;
import com.alipay.sofa.jraft.option.NodeOptions;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.option.ReadOnlyOption;
import com.alipay.sofa.jraft.option.RpcOptions;
import com.alipay.sofa.jraft.rpc.ProtobufMsgFactory;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteResponse;
import com.alipay.sofa.jraft.rpc.RpcServer;
import com.alipay.sofa.jraft.rpc.impl.AbstractClientService;
import com.alipay.sofa.jraft.rpc.impl.BoltRpcServer;
import com.alipay.sofa.jraft.rpc.impl.PingRequestProcessor;
import com.alipay.sofa.jraft.rpc.impl.core.ReadIndexRequestProcessor;
import com.alipay.sofa.jraft.util.Endpoint;
import com.alipay.sofa.jraft.util.RpcFactoryHelper;
import com.google.common.util.concurrent.MoreExecutors;
import io.tideline.lsm.LogPosition;
import io.tideline.server.log.GroupLog;
import io.tideline.server.log.GroupMeta;
import io.tideline.server.log.LogGroup;
import io.tideline.server.replica.RaftGroup;
import io.tideline.server.replica.RaftGroups;
import io.tideline.server.replica.ReplicatedState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The JRaft groups of one node, on one shared log and one listening port.
 *
 * <p>Lifetime: {@link #start} listens; every group is closed before {@link #close}.
 */
public final class JRaftGroups implements RaftGroups, AutoCloseable {

  /** Queue slots of each of a group's four stages; below 256 JRaft may block itself. */
  private static final int RING_SLOTS = 256;

  /** Soft limit of entries a group keeps in memory until they are on disk and applied. */
  private static final long LOGS_IN_MEMORY_BYTES = 16L << 20;

  /** Heartbeats in an election timeout: four may be lost before anybody stands for election. */
  private static final int HEARTBEATS = 5;

  /** A copy of a large partition over a slow network; JRaft would begin anew after it. */
  private static final int INSTALL_TIMEOUT_MILLIS = 3_600_000;

  /** For JRaft's own connection attempts; {@link SharedClient} answers without making any. */
  private static final int CONNECT_TIMEOUT_MILLIS = 300;

  /** How long another member may take for an answer from memory. */
  private static final int QUESTION_MILLIS = 1_000;

  // Together two seconds; it takes milliseconds.
  private static final int PORT_RELEASE_ATTEMPTS = 400;

  private static final long PORT_RELEASE_PAUSE_NANOS = 5_000_000;
  private static final Logger LOG = LoggerFactory.getLogger(JRaftGroups.class);

  private final GroupLog log;
  private final PeerId self;
  private final Duration electionTimeout;
  private final boolean leaseReads;
  private final RpcServer server;
  private final GroupSupervisor supervisor;
  private final OpenGroups open;
  private final OrderedAppendProcessor append;

  /** Asks other members; no group's. */
  private final SharedClient client = new SharedClient();

  private JRaftGroups(
      GroupLog log,
      PeerId self,
      Duration electionTimeout,
      boolean leaseReads,
      RpcServer server,
      OpenGroups open,
      OrderedAppendProcessor append) {
    this.leaseReads = leaseReads;
    this.open = open;
    this.append = append;
    client.init(new RpcOptions());
    this.log = log;
    this.self = self;
    this.electionTimeout = electionTimeout;
    this.server = server;
    this.supervisor =
        new GroupSupervisor(
            electionTimeout.toMillis(), JRaftProcess.executor(), MonotonicClock.MILLIS);
  }

  /**
   * Listens for other members.
   *
   * @param address where to listen; also this member's name in its groups
   * @param leaseReads whether leaders may answer reads by lease; the same on all members
   * @throws IOException if the port is in use
   */
  public static JRaftGroups start(
      GroupLog log, InetSocketAddress address, Duration electionTimeout, boolean leaseReads)
      throws IOException {
    JRaftProcess.initialize();
    String ip = address.getAddress().getHostAddress();
    // JRaft writes members as "ip:port" and reads an IPv6 address back only in brackets.
    Endpoint endpoint = new Endpoint(ip.indexOf(':') >= 0 ? "[" + ip + "]" : ip, address.getPort());
    com.alipay.remoting.rpc.RpcServer bolt =
        new com.alipay.remoting.rpc.RpcServer(ip, endpoint.getPort(), true);
    JRaftProcess.channelSecurity().prepare(bolt);
    RpcServer server = new BoltRpcServer(bolt);
    OpenGroups open = new OpenGroups(log);
    OrderedAppendProcessor append = registerProcessors(server, open);
    try {
      if (!server.init(null)) {
        throw new IOException("cannot listen on Raft address " + endpoint);
      }
    } catch (RuntimeException e) {
      throw new IOException("cannot listen on Raft address " + endpoint + ": is it in use?", e);
    }
    registerExecutors(bolt);
    NodeManager.getInstance().addAddress(endpoint);
    JRaftGroups groups =
        new JRaftGroups(
            log, new PeerId(endpoint, 0), electionTimeout, leaseReads, server, open, append);
    groups.supervisor.start();
    return groups;
  }

  /**
   * Of the whole process, clients included. Answers go from the network's thread straight to the
   * executor of their callback, which keeps their order and saves a change of threads for each.
   */
  private static void registerExecutors(com.alipay.remoting.rpc.RpcServer server) {
    for (byte protocol : List.of(RpcProtocol.PROTOCOL_CODE, RpcProtocolV2.PROTOCOL_CODE)) {
      server.registerDefaultExecutor(protocol, JRaftProcess.executor());
      server.registerProcessor(
          protocol,
          RpcCommandCode.RPC_RESPONSE,
          new RpcResponseProcessor(MoreExecutors.newDirectExecutorService()));
    }
  }

  /** Only what members say to each other: no administration and no file transfer by this port. */
  private static OrderedAppendProcessor registerProcessors(RpcServer server, OpenGroups open) {
    ProtobufMsgFactory.load();
    if (!(RpcFactoryHelper.rpcFactory() instanceof SharedRpcFactory)) {
      throw new IllegalStateException(
          "JRaft found "
              + RpcFactoryHelper.rpcFactory().getClass()
              + " instead of ours: is META-INF/services complete in this distribution?");
    }
    OrderedAppendProcessor append = new OrderedAppendProcessor(JRaftProcess.executor(), open::mute);
    server.registerProcessor(append);
    server.registerProcessor(new MemberProcessors.Votes(JRaftProcess.executor(), open));
    server.registerProcessor(new MemberProcessors.TakeOver(JRaftProcess.executor(), open));
    server.registerProcessor(new ReadIndexRequestProcessor(JRaftProcess.executor()));
    // Blocks for a whole copy: on this executor nothing waits behind it.
    server.registerProcessor(new MemberProcessors.Snapshots(JRaftProcess.executor(), open));
    server.registerProcessor(new PingRequestProcessor(JRaftProcess.executor()));
    return append;
  }

  @Override
  public RaftGroup open(
      long partitionId, List<String> members, boolean isNew, ReplicatedState state)
      throws IOException {
    String groupId = groupId(partitionId);
    JRaftProcess.registerExecutor(groupId);
    List<PeerId> voters = Membership.voters(members);
    SupervisedState supervised = new SupervisedState(state, MonotonicClock.MILLIS);
    LogGroup logGroup = log.group(partitionId);
    GroupMetaStorage meta = new GroupMetaStorage(logGroup, supervised::failed);
    boolean isEmpty = logGroup.lastIndex() == 0 && state.durableState().position().index() == 0;
    Rejoin rejoin =
        new Rejoin(
            self,
            voters.stream().filter(voter -> !voter.equals(self)).toList(),
            logGroup,
            meta,
            (member, index) -> ask(groupId, member, index),
            isEmpty && !isNew);
    // Nobody was promised anything by the first node of a new group.
    AtomicBoolean hasPast = new AtomicBoolean(!isNew || !isEmpty || logGroup.meta().term() > 0);
    open.add(groupId, rejoin);
    try {
      JRaftGroup group =
          new JRaftGroup(
              self,
              logGroup,
              supervised,
              () ->
                  startNode(partitionId, voters, supervised, meta, rejoin, hasPast.getAndSet(true)),
              supervisor,
              rejoin,
              () -> forget(groupId, rejoin));
      LeaderLoss loss = leaderLoss(partitionId, voters, group, rejoin);
      supervised.onLeaderKnown(loss::leaderKnown);
      group.onMemberGone(loss);
      open.started(groupId, rejoin, group::lastLogIndex);
      group.rejoin();
      return group;
    } catch (IOException | RuntimeException e) {
      forget(groupId, rejoin);
      throw e;
    }
  }

  private void forget(String groupId, Rejoin rejoin) {
    if (open.remove(groupId, rejoin)) {
      append.forget(groupId);
    }
  }

  /** What is asked of the groups here. */
  MemberProcessors.Groups openGroups() {
    return open;
  }

  /** The line begins at another member for each group, so that no member takes over all of them. */
  private LeaderLoss leaderLoss(
      long partitionId, List<PeerId> voters, JRaftGroup group, Rejoin rejoin) {
    List<PeerId> inLine =
        new ArrayList<>(voters.stream().sorted(Comparator.comparing(PeerId::toString)).toList());
    Collections.rotate(inLine, Math.floorMod(partitionId, inLine.size()));
    int timeoutMillis = Math.toIntExact(electionTimeout.toMillis());
    return new LeaderLoss(
        "partition " + partitionId,
        self,
        inLine,
        group::node,
        // With leases nobody may be elected before the old leader's has run out.
        () -> !leaseReads && !rejoin.withholdsVotes(),
        timeoutMillis,
        timeoutMillis,
        LeaderLoss.Delays.on(JRaftProcess.executor()));
  }

  private Rejoin.Answer ask(String groupId, PeerId member, long index)
      throws IOException, InterruptedException {
    try {
      Object answer =
          client.invokeSync(
              member.getEndpoint(),
              MemberProcessors.question(groupId, self.toString(), member.toString(), index),
              null,
              QUESTION_MILLIS);
      if (answer instanceof RequestVoteResponse response && !response.hasErrorResponse()) {
        return new Rejoin.Answer(response.getTerm(), response.getGranted());
      }
      throw new IOException(member + " answers " + answer);
    } catch (RemotingException e) {
      throw new IOException(member + " does not answer", e);
    }
  }

  /**
   * @param hasPast whether an earlier node may have promised votes
   */
  private JRaftGroup.Incarnation startNode(
      long partitionId,
      List<PeerId> voters,
      ReplicatedState state,
      GroupMetaStorage meta,
      Rejoin rejoin,
      boolean hasPast)
      throws IOException {
    AtomicReference<@Nullable Throwable> cause = new AtomicReference<>();
    Consumer<Throwable> failed =
        error -> {
          cause.compareAndSet(null, error);
          state.failed(error);
        };
    LogGroup logGroup = log.group(partitionId);
    MembershipHistory history = new MembershipHistory();
    GroupLogStorage logStorage = new GroupLogStorage(logGroup, history, failed);
    NodeOptions options = nodeOptions(voters);
    options.setServiceFactory(
        new GroupServices(
            logStorage,
            meta,
            new EngineSnapshotStorage(state, () -> logGroup.meta().term(), failed)));
    GroupStateMachine stateMachine = new GroupStateMachine(partitionId, state, history);
    options.setFsm(stateMachine);
    MemberNode node =
        new MemberNode(
            groupId(partitionId),
            self,
            new LeaderContact(MonotonicClock.MILLIS, electionTimeout.toMillis()),
            leaseReads ? new LeaderLease(MonotonicClock.MILLIS, electionTimeout.toMillis()) : null,
            MonotonicClock.MILLIS,
            MonotonicClock.MILLIS.getAsLong() + (hasPast ? electionTimeout.toMillis() : 0),
            index -> {
              // The last entry that is durable in the state may be gone from the log.
              LogPosition durable = state.durableState().position();
              return durable.index() == index ? durable.term() : logStorage.termOf(index);
            });
    if (!node.init(options)) {
      node.shutdown();
      throw new IOException("partition " + partitionId + " cannot join its group", cause.get());
    }
    SharedClient client = client(node);
    client.withholdVotes(rejoin::withholdsVotes);
    client.sending(node);
    client.prepare(voters, self);
    return new JRaftGroup.Incarnation(node, client, logStorage, stateMachine);
  }

  private static SharedClient client(NodeImpl node) {
    if (node.getRpcService() instanceof AbstractClientService service
        && service.getRpcClient() instanceof SharedClient client) {
      return client;
    }
    throw new IllegalStateException("the node does not use our transport");
  }

  @Override
  public void adopt(long partitionId, LogPosition position) throws IOException {
    LogGroup group = log.group(partitionId);
    GroupMeta meta = group.meta();
    if (meta.term() == 0) {
      throw new IOException("group " + partitionId + " has not joined its other members yet");
    }
    if (position.index() < group.firstIndex() - 1) {
      throw new IOException(
          "group "
              + partitionId
              + ": the content ends at "
              + position.index()
              + " and the log begins only at "
              + group.firstIndex());
    }
    if (position.term() > meta.term()) {
      // This member has not seen that term, so it has not voted in it.
      GroupMetaStorage.raiseTerm(group, position.term());
    }
  }

  @Override
  public void destroy(long partitionId) throws IOException {
    GroupLog.await(log.group(partitionId).destroy());
  }

  @Override
  public String self() {
    return self.toString();
  }

  private NodeOptions nodeOptions(List<PeerId> voters) {
    int electionMillis = Math.toIntExact(electionTimeout.toMillis());
    NodeOptions options = new NodeOptions();
    // Of a new group; configuration entries win over it.
    options.setInitialConf(new Configuration(voters));
    options.setRaftOptions(raftOptions(electionMillis));
    options.setElectionTimeoutMs(electionMillis);
    // Storages are handed over; JRaft only wants to see that the names are set.
    options.setLogUri("group-log");
    options.setRaftMetaUri("group-log");
    options.setSnapshotUri("engine");
    options.setSnapshotIntervalSecs(0);
    // Whatever is said here: all timers are of WheelTimers.
    options.setSharedElectionTimer(true);
    options.setSharedVoteTimer(true);
    options.setSharedStepDownTimer(true);
    options.setSharedSnapshotTimer(true);
    options.setSharedTimerPool(true);
    options.setDisableCli(true);
    options.setEnableMetrics(false);
    options.setRpcProcessorThreadPoolSize(2);
    options.setRpcConnectTimeoutMs(CONNECT_TIMEOUT_MILLIS);
    options.setRpcInstallSnapshotTimeout(INSTALL_TIMEOUT_MILLIS);
    options.setApplyTaskMode(ApplyTaskMode.NonBlocking);
    return options;
  }

  private static RaftOptions raftOptions(int electionMillis) {
    RaftOptions options = new RaftOptions();
    options.setDisruptorBufferSize(RING_SLOTS);
    options.setApplyBatch(128);
    options.setMaxEntriesSize(1024);
    options.setMaxBodySize(1 << 20);
    options.setMaxAppendBufferSize(1 << 20);
    options.setMaxReplicatorInflightMsgs(64);
    options.setElectionHeartbeatFactor(HEARTBEATS);
    options.setMaxElectionDelayMs(electionMillis);
    options.setMaxLogsInMemoryBytes(LOGS_IN_MEMORY_BYTES);
    options.setOpenStatistics(false);
    options.setSync(true);
    options.setSyncMeta(true);
    options.setReadOnlyOptions(ReadOnlyOption.ReadOnlySafe);
    return options;
  }

  static String groupId(long partitionId) {
    return "p" + partitionId;
  }

  /**
   * @throws IllegalArgumentException if it is no group's id
   */
  static long partitionId(String groupId) {
    if (!groupId.startsWith("p")) {
      throw new IllegalArgumentException("not the id of a group: " + groupId);
    }
    return Long.parseLong(groupId.substring(1));
  }

  @Override
  public void close() {
    supervisor.close();
    client.shutdown();
    NodeManager.getInstance().removeAddress(self.getEndpoint());
    server.shutdown();
    awaitPortReleased();
  }

  /** The transport closes its socket in the background; a host that starts anew needs the port. */
  private void awaitPortReleased() {
    for (int attempt = 0; attempt < PORT_RELEASE_ATTEMPTS; attempt++) {
      try (ServerSocket probe =
          new ServerSocket(self.getPort(), 1, InetAddress.getByName(self.getIp()))) {
        LOG.debug("Raft port {} is free", probe.getLocalPort());
        return;
      } catch (IOException stillBound) {
        LockSupport.parkNanos(PORT_RELEASE_PAUSE_NANOS);
      }
    }
    LOG.warn("Raft port {} is still bound after closing", self.getPort());
  }
}
