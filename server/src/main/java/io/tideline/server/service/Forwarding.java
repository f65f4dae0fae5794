package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_REPLICA_FAILED;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.grpc.MethodDescriptor;
import io.tideline.manager.PartitionDescriptor;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.server.cluster.Member;
import io.tideline.server.cluster.Members;
import io.tideline.server.cluster.PeerCalls.PeerCallException;
import io.tideline.server.service.Marshallers.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;

/**
 * Passes calls about partitions that have no replica on this node on to nodes that have one, in
 * turn until one answers. Which did is asked first the next time.
 *
 * <p>Threading: safe for many threads; blocks the caller's.
 */
final class Forwarding {

  /** As {@link io.tideline.server.cluster.PeerCalls#call}. */
  interface Peer {
    CompletableFuture<byte[]> call(
        Member target, MethodDescriptor<?, ?> method, byte[] request, long millis);
  }

  /**
   * How long a node is waited for while there are others to ask: longer than a large page takes
   * from a busy disk, and many fit into a caller's deadline.
   */
  private static final long ATTEMPT_MILLIS = 3_000;

  private static final long RETRY_AFTER_MILLIS = 100;

  private final Members members;
  private final Peer peers;

  /**
   * Node to ask first, by partition: that which answered last, or the one after that which did not.
   */
  private final Map<Long, Member> preferred = new ConcurrentHashMap<>();

  Forwarding(Members members, Peer peers) {
    this.members = members;
    this.peers = peers;
  }

  /** Whether a call about this partition is to be passed on. */
  boolean isElsewhere(PartitionDescriptor partition, CallContext context) {
    return !context.isForwarded() && !hasReplica(partition);
  }

  /** Whether this node has, or is to have, a replica. */
  boolean hasReplica(PartitionDescriptor partition) {
    return partition.isOn(members.self().nodeId());
  }

  /** The whole reply to a read if it is to be passed on. */
  Optional<Reply> read(
      PartitionDescriptor partition,
      MethodDescriptor<?, ?> method,
      Message request,
      CallContext context)
      throws Exception {
    if (!isElsewhere(partition, context)) {
      return Optional.empty();
    }
    byte[] reply = call(partition, method, request, context, true);
    return Optional.of(new Reply(reply, reply.length));
  }

  /** The reply to a read of what is elsewhere. */
  <R> R read(
      PartitionDescriptor partition,
      MethodDescriptor<?, R> method,
      Message request,
      Parser<R> parser,
      CallContext context)
      throws Exception {
    try {
      return parser.parseFrom(call(partition, method, request, context, true));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("another node's reply cannot be read", e);
    }
  }

  /** The whole reply to a write that reads first, if it is to be passed on. */
  Optional<Reply> write(
      PartitionDescriptor partition,
      MethodDescriptor<?, ?> method,
      Message request,
      CallContext context)
      throws Exception {
    if (!isElsewhere(partition, context)) {
      return Optional.empty();
    }
    byte[] reply = call(partition, method, request, context, false);
    return Optional.of(new Reply(reply, reply.length));
  }

  /**
   * @param repeatable whether the call may be made again where it is not known what became of it
   */
  private byte[] call(
      PartitionDescriptor partition,
      MethodDescriptor<?, ?> method,
      Message request,
      CallContext context,
      boolean repeatable)
      throws Exception {
    byte[] bytes = request.toByteArray();
    List<Member> holders = holders(partition);
    Failure failure = nobodyAnswers(partition, holders, "there are none");
    for (int i = 0; i < holders.size(); i++) {
      Member holder = holders.get(i);
      boolean last = !repeatable || i == holders.size() - 1;
      long millis = last ? context.millisLeft() : Math.min(context.millisLeft(), ATTEMPT_MILLIS);
      try {
        CompletableFuture<byte[]> call = peers.call(holder, method, bytes, Math.max(1, millis));
        byte[] reply = repeatable ? context.awaitRead(call) : context.awaitWrite(call);
        preferred.put(partition.partitionId(), holder);
        return reply;
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof PeerCallException failed)) {
          throw e;
        }
        Optional<Failure> told = ErrorMapper.fromStatus(failed.status());
        if (told.isPresent() && !mayGoOn(told.get().reason(), repeatable)) {
          throw told.get().toException();
        }
        preferred.put(partition.partitionId(), holders.get((i + 1) % holders.size()));
        String why = "node " + holder.nodeId() + ": " + failed.status().getStatus();
        if (told.isEmpty() && failed.wasSent() && !repeatable) {
          throw Outcomes.unknown(why).toException();
        }
        failure = told.orElseGet(() -> nobodyAnswers(partition, holders, why));
      }
    }
    throw failure.toException();
  }

  /**
   * Whether another node may do what this one has refused: what its replica, disk or memory keeps
   * it from; of a write, only if it was surely not done.
   */
  private static boolean mayGoOn(ErrorReason reason, boolean repeatable) {
    return switch (ErrorMapper.code(reason)) {
      case UNAVAILABLE -> repeatable || reason != ERROR_REASON_REPLICA_FAILED;
      case RESOURCE_EXHAUSTED -> true;
      case DEADLINE_EXCEEDED, DATA_LOSS -> repeatable;
      default -> false;
    };
  }

  /**
   * @throws IllegalStateException if another node has answered a different number of results
   */
  static void requireCount(int asked, int answered) {
    if (asked != answered) {
      throw new IllegalStateException(
          "another node answers " + answered + " results to " + asked + " timelines");
    }
  }

  /** Other nodes that have a replica, the one to ask first in front. */
  List<Member> holders(PartitionDescriptor partition) {
    List<Member> holders = new ArrayList<>(members.of(partition.replicas()));
    holders.remove(members.self());
    Member known = preferred.get(partition.partitionId());
    if (known != null && holders.remove(known)) {
      holders.addFirst(known);
    }
    return holders;
  }

  private static Failure nobodyAnswers(
      PartitionDescriptor partition, List<Member> holders, String why) {
    return Failure.of(
            ERROR_REASON_PARTITION_UNAVAILABLE,
            "partition "
                + partition.partitionId()
                + " has no replica on this node, and none of those that have one, "
                + holders.stream().map(Member::nodeId).toList()
                + ", answers: "
                + why)
        .withRetryAfterMillis(RETRY_AFTER_MILLIS);
  }
}
