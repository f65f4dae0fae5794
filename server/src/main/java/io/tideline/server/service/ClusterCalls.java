package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUT_OF_RANGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_PARTITION_NOT_FOUND;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.tideline.lsm.Damage;
import io.tideline.manager.StoreDescriptor;
import io.tideline.proto.v1.ListNodesRequest;
import io.tideline.proto.v1.ListNodesResponse;
import io.tideline.proto.v1.ListPartitionsRequest;
import io.tideline.proto.v1.ListPartitionsResponse;
import io.tideline.proto.v1.NodeDescriptor;
import io.tideline.proto.v1.PartitionDescriptor;
import io.tideline.proto.v1.PartitionStatus;
import io.tideline.proto.v1.ScrubStatus;
import io.tideline.proto.v1.TableDamage;
import io.tideline.proto.v1.TransferLeaderRequest;
import io.tideline.proto.v1.TransferLeaderResponse;
import io.tideline.server.catalog.Catalog;
import io.tideline.server.cluster.Member;
import io.tideline.server.cluster.PeerAdmin;
import io.tideline.server.replica.Replica;
import io.tideline.server.service.Marshallers.Reply;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The calls of AdminService that are about several nodes. */
final class ClusterCalls {

  /** Damaged tables named of one partition: enough to act on, and a reply of bounded size. */
  private static final int DAMAGES_LISTED_MAX = 100;

  /** A new leader tells the old one with its first message, within a heartbeat. */
  private static final int NEW_LEADER_POLLS = 200;

  private static final long NEW_LEADER_POLL_MILLIS = 10;
  private static final long RETRY_AFTER_MILLIS = 200;

  private final Catalog catalog;
  private final PeerAdmin peers;
  private final Stores stores;
  private final StoreProtos protos;
  private final Supplier<NodeInfo> node;

  ClusterCalls(
      Catalog catalog,
      PeerAdmin peers,
      Stores stores,
      StoreProtos protos,
      Supplier<NodeInfo> node) {
    this.catalog = catalog;
    this.peers = peers;
    this.stores = stores;
    this.protos = protos;
    this.node = node;
  }

  // --- Nodes ---

  Reply listNodes(ListNodesRequest request, CallContext context) throws InterruptedException {
    ListNodesResponse.Builder reply = ListNodesResponse.newBuilder();
    if (request.getSelfOnly()) {
      return Reply.of(reply.addNodes(thisNode()).build());
    }
    Map<Member, CompletableFuture<NodeDescriptor>> asked = new LinkedHashMap<>();
    catalog.members().others().forEach(member -> asked.put(member, peers.describe(member)));
    for (Member member : catalog.members().all()) {
      CompletableFuture<NodeDescriptor> answer = asked.get(member);
      reply.addNodes(
          answer == null
              ? thisNode()
              : answer(answer)
                  .map(described -> described.toBuilder().setAlive(true).build())
                  .orElseGet(() -> silent(member)));
    }
    return Reply.of(reply.build());
  }

  private NodeDescriptor thisNode() {
    NodeAddress address = node.get().address();
    return NodeDescriptor.newBuilder()
        .setNodeId(address.nodeId())
        .setGrpcAddress(address.grpcAddress())
        .setRaftAddress(address.raftAddress())
        .setHttpAddress(address.httpAddress())
        .setAlive(true)
        .build();
  }

  private static NodeDescriptor silent(Member member) {
    return NodeDescriptor.newBuilder()
        .setNodeId(member.nodeId())
        .setGrpcAddress(member.grpcAddress())
        .setRaftAddress(member.raftAddress())
        .build();
  }

  /** What a node answered; empty if it did not. The calls have deadlines of their own. */
  private static <T> Optional<T> answer(CompletableFuture<T> call) throws InterruptedException {
    try {
      return Optional.of(call.get());
    } catch (ExecutionException silent) {
      return Optional.empty();
    }
  }

  // --- Partitions ---

  Reply listPartitions(ListPartitionsRequest request, CallContext context)
      throws InterruptedException {
    Map<Member, CompletableFuture<List<PartitionStatus>>> asked = new LinkedHashMap<>();
    if (request.getAllNodes()) {
      catalog
          .members()
          .others()
          .forEach(member -> asked.put(member, peers.replicas(member, request.getStore())));
    }
    List<PartitionStatus> all = new ArrayList<>(ownReplicas(request.getStore()));
    ListPartitionsResponse.Builder reply = ListPartitionsResponse.newBuilder();
    for (Map.Entry<Member, CompletableFuture<List<PartitionStatus>>> one : asked.entrySet()) {
      answer(one.getValue())
          .ifPresentOrElse(all::addAll, () -> reply.addSilentNodeIds(one.getKey().nodeId()));
    }
    if (request.getAllNodes()) {
      all.addAll(untold(request.getStore(), all, reply.getSilentNodeIdsList()));
    }
    all.sort(
        Comparator.comparingLong((PartitionStatus s) -> s.getPartition().getPartitionId())
            .thenComparing(PartitionStatus::getNodeId));
    return Reply.of(reply.addAllPartitions(all).build());
  }

  /**
   * Replicas that no node told of. Without them a partition whose nodes are all silent would be
   * missing from the list, and everything would look well.
   */
  private List<PartitionStatus> untold(
      String store, List<PartitionStatus> told, List<String> silentNodeIds) {
    Map<Long, Set<String>> toldBy = new HashMap<>();
    for (PartitionStatus status : told) {
      toldBy
          .computeIfAbsent(status.getPartition().getPartitionId(), id -> new HashSet<>())
          .add(status.getNodeId());
    }
    List<PartitionStatus> untold = new ArrayList<>();
    for (PartitionDescriptor partition : partitionsOf(store)) {
      Set<String> tellers = toldBy.getOrDefault(partition.getPartitionId(), Set.of());
      for (var replica : partition.getReplicasList()) {
        if (!tellers.contains(replica.getNodeId())) {
          boolean silent = silentNodeIds.contains(replica.getNodeId());
          untold.add(
              PartitionStatus.newBuilder()
                  .setPartition(partition)
                  .setNodeId(replica.getNodeId())
                  .setRole(silent ? "UNREACHABLE" : "STARTING")
                  .build());
        }
      }
    }
    return untold;
  }

  private List<PartitionDescriptor> partitionsOf(String store) {
    List<PartitionDescriptor> partitions = new ArrayList<>();
    List<StoreDescriptor> named;
    if (store.isEmpty()) {
      partitions.add(protos.catalogPartition());
      named = catalog.list(false);
    } else {
      named = List.of(stores.require(store));
    }
    for (StoreDescriptor each : named) {
      each.partitions().forEach(p -> partitions.add(protos.partition(each.name(), p)));
    }
    return partitions;
  }

  private List<PartitionStatus> ownReplicas(String store) {
    ListPartitionsResponse.Builder own = ListPartitionsResponse.newBuilder();
    if (store.isEmpty()) {
      PartitionDescriptor ofCatalog = protos.catalogPartition();
      own.addPartitions(
          catalog
              .partition(ofCatalog.getPartitionId())
              .map(partition -> status(ofCatalog, partition))
              .orElseGet(() -> notRunning(ofCatalog)));
      catalog.list(false).forEach(each -> addPartitions(own, each));
    } else {
      StoreValidator.validateName(FieldPath.of("store"), store);
      addPartitions(own, stores.require(store));
    }
    return own.getPartitionsList();
  }

  private String self() {
    return catalog.members().self().nodeId();
  }

  private void addPartitions(ListPartitionsResponse.Builder reply, StoreDescriptor store) {
    for (var descriptor : store.partitions()) {
      if (!descriptor.isOn(catalog.members().self().nodeId())) {
        continue;
      }
      PartitionDescriptor proto = protos.partition(store.name(), descriptor);
      reply.addPartitions(
          catalog
              .partition(descriptor.partitionId())
              .map(partition -> status(proto, partition))
              .orElseGet(() -> notRunning(proto)));
    }
  }

  private PartitionStatus notRunning(PartitionDescriptor descriptor) {
    PartitionStatus.Builder status =
        PartitionStatus.newBuilder().setPartition(descriptor).setNodeId(self());
    return catalog
        .failure(descriptor.getPartitionId())
        .map(failure -> status.setRole("FAILED").setFailure(failure.message()))
        .orElseGet(() -> status.setRole("STARTING"))
        .build();
  }

  private PartitionStatus status(PartitionDescriptor descriptor, Replica partition) {
    var status = partition.status();
    PartitionStatus.Builder reply =
        PartitionStatus.newBuilder()
            .setPartition(descriptor)
            .setNodeId(self())
            .setRole(status.role().name())
            .setTerm(status.term())
            .setAppliedIndex(status.appliedIndex())
            .setFlushedIndex(status.durable().position().index())
            .setMemtableBytes(status.stats().memtableBytes())
            .setTableBytes(status.stats().tableBytes())
            .setTableFiles(status.stats().tables())
            .setDamagedTableCount(status.damage().size());
    status.damage().stream()
        .limit(DAMAGES_LISTED_MAX)
        .forEach(damage -> reply.addDamage(toProto(damage)));
    partition.scrubStatus().ifPresent(scrub -> reply.setScrub(toProto(scrub)));
    return reply.build();
  }

  private static TableDamage toProto(Damage damage) {
    return TableDamage.newBuilder()
        .setFile(damage.file().toString())
        .setOffset(damage.offset())
        .setProblem("expected " + damage.expected() + ", found " + damage.found())
        .setFirstKey(Texts.shorten(damage.firstKey(), Limits.ERROR_VALUE_CHARS_MAX))
        .setLastKey(Texts.shorten(damage.lastKey(), Limits.ERROR_VALUE_CHARS_MAX))
        .build();
  }

  private static ScrubStatus toProto(io.tideline.lsm.ScrubStatus scrub) {
    return ScrubStatus.newBuilder()
        .setRunning(scrub.running())
        .setLastFinishedMs(scrub.lastFinishedMillis())
        .setFilesVerified(scrub.filesVerified())
        .setBytesVerified(scrub.bytesVerified())
        .setFilesLeft(scrub.filesLeft())
        .build();
  }

  // --- Leaders ---

  Reply transferLeader(TransferLeaderRequest request, CallContext context) throws Exception {
    long id = request.getPartitionId();
    Check.range(FieldPath.of("partition_id"), id, 0, Long.MAX_VALUE, "0 is the catalog");
    Optional<Member> target = target(id, request.getTargetNodeId());
    if (holders(id).size() == 1) {
      throw Check.refuse(
          ERROR_REASON_OUT_OF_RANGE,
          FieldPath.of("partition_id"),
          id,
          "a partition with several replicas",
          "names partition " + id + ", which has no other replica that could lead");
    }
    Replica replica = catalog.partition(id).orElse(null);
    if (replica == null) {
      return transferElsewhere(request, holders(id), context);
    }
    Optional<Member> leader = replica.leader().flatMap(catalog.members()::byRaftAddress);
    if (leader.isEmpty()) {
      throw unavailable(id, "has no leader at the moment");
    }
    if (target.equals(leader)) {
      return transferred(leader.get());
    }
    if (!leader.get().equals(catalog.members().self())) {
      return transfer(request, leader.get(), context);
    }
    try {
      context.awaitRead(replica.transferLeader(target.map(Member::raftAddress)));
    } catch (ExecutionException e) {
      throw unavailable(id, "keeps its leader: " + e.getCause());
    }
    return transferred(newLeader(id, replica));
  }

  private Reply transfer(TransferLeaderRequest request, Member member, CallContext context)
      throws Exception {
    try {
      return Reply.of(context.awaitRead(peers.transferLeader(member, request)));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StatusRuntimeException told) {
        throw ErrorMapper.fromStatus(told)
            .map(Failure::toException)
            .orElseGet(
                () ->
                    unavailable(
                        request.getPartitionId(),
                        "was to be handed over by node "
                            + member.nodeId()
                            + ", which does not answer: "
                            + told.getStatus()));
      }
      throw e;
    }
  }

  /** Any node with a replica knows the leader, if it is up. */
  private Reply transferElsewhere(
      TransferLeaderRequest request, List<Member> holders, CallContext context) throws Exception {
    FailureException last = unavailable(request.getPartitionId(), "has no replica");
    for (Member holder : holders) {
      if (holder.equals(catalog.members().self())) {
        continue;
      }
      try {
        return transfer(request, holder, context);
      } catch (FailureException e) {
        if (ErrorMapper.code(e.failure().reason()) != Status.Code.UNAVAILABLE) {
          throw e;
        }
        last = e;
      }
    }
    throw last;
  }

  private Member newLeader(long partitionId, Replica replica) throws InterruptedException {
    for (int i = 0; i < NEW_LEADER_POLLS; i++) {
      Optional<Member> now = replica.leader().flatMap(catalog.members()::byRaftAddress);
      if (now.isPresent()) {
        return now.get();
      }
      TimeUnit.MILLISECONDS.sleep(NEW_LEADER_POLL_MILLIS);
    }
    throw unavailable(partitionId, "was given up by its leader, and has none yet");
  }

  private static Reply transferred(Member leader) {
    return Reply.of(TransferLeaderResponse.newBuilder().setLeaderNodeId(leader.nodeId()).build());
  }

  private Optional<Member> target(long partitionId, String nodeId) {
    List<Member> holders = holders(partitionId);
    if (nodeId.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        holders.stream()
            .filter(member -> member.nodeId().equals(nodeId))
            .findFirst()
            .orElseThrow(
                () ->
                    Check.refuse(
                        ERROR_REASON_OUT_OF_RANGE,
                        FieldPath.of("target_node_id"),
                        nodeId,
                        holders.stream().map(Member::nodeId).toList().toString(),
                        "has no replica of partition " + partitionId)));
  }

  private List<Member> holders(long partitionId) {
    if (partitionId == 0) {
      return catalog.members().all();
    }
    return catalog
        .storeOf(partitionId)
        .flatMap(
            store ->
                store.partitions().stream()
                    .filter(partition -> partition.partitionId() == partitionId)
                    .findFirst())
        .map(partition -> catalog.members().of(partition.replicas()))
        .orElseThrow(
            () ->
                Failure.of(
                        ERROR_REASON_PARTITION_NOT_FOUND,
                        "there is no partition "
                            + partitionId
                            + "; list the partitions to find its id")
                    .withField("partition_id")
                    .withValue(Long.toString(partitionId))
                    .toException());
  }

  private static FailureException unavailable(long partitionId, String what) {
    return Failure.of(ERROR_REASON_PARTITION_UNAVAILABLE, "partition " + partitionId + " " + what)
        .withRetryAfterMillis(RETRY_AFTER_MILLIS)
        .toException();
  }
}
