package io.tideline.server.cluster;

import io.grpc.BindableService;
import io.tideline.server.replica.PartitionReplica;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;

/**
 * The other nodes of the cluster, ready to be called, and what they may call here.
 *
 * <p>Lifetime: {@link #close} ends calls under way; their writes have unknown outcomes.
 */
public final class Peers implements AutoCloseable {

  private final Members members;
  private final PeerChannels channels = new PeerChannels();
  private final RemoteWrites writes = new RemoteWrites(channels);
  private final PeerCalls calls;
  private final PeerAdmin admin = new PeerAdmin(channels);
  private final ReplicaOffers offers = new ReplicaOffers(channels);

  public Peers(Members members) {
    this.members = members;
    this.calls = new PeerCalls(channels, members.self().nodeId());
  }

  public Members members() {
    return members;
  }

  /**
   * A partition that callers on this node may use wherever its replicas are.
   *
   * @param holders ids of the nodes that have a replica, as in its descriptor
   * @param replicas the replicas on this node, by partition
   */
  public RoutedPartition route(
      long partitionId, List<String> holders, LongFunction<Optional<PartitionReplica>> replicas) {
    return new RoutedPartition(
        partitionId, () -> replicas.apply(partitionId), members.of(holders), members, writes);
  }

  /** Passes calls on to other nodes. */
  public PeerCalls calls() {
    return calls;
  }

  /** What other nodes tell operators. */
  public PeerAdmin admin() {
    return admin;
  }

  /** Copies of other nodes' replicas. */
  public ReplicaOffers offers() {
    return offers;
  }

  /**
   * What other nodes may call on this one.
   *
   * @param replicas the replicas on this node, by partition
   */
  public BindableService service(LongFunction<Optional<PartitionReplica>> replicas) {
    return new ReplicaCalls(replicas, members);
  }

  @Override
  public void close() {
    channels.close();
  }
}
