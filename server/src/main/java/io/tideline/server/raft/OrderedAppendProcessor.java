package io.tideline.server.raft;

import com.alipay.sofa.jraft.NodeManager;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.rpc.RaftServerService;
import com.alipay.sofa.jraft.rpc.RpcProcessor;
import com.alipay.sofa.jraft.rpc.RpcRequestClosure;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequestHeader;
import com.alipay.sofa.jraft.rpc.impl.core.AppendEntriesRequestProcessor;
import com.google.protobuf.Message;
import java.util.concurrent.Executor;
import java.util.function.Predicate;

/**
 * JRaft's handling of AppendEntries, in order for each pair of group and sender, as its pipeline
 * requires. JRaft's own way is a thread for each pair that wakes up every second.
 *
 * <p>Answers go out as they come. JRaft would hold each back until all earlier ones are sent, by
 * numbers that begin anew with each connection: an answer that is late for a connection that broke
 * takes the place of one of the next connection's, and all answers after it are held back for ever.
 * The order is of no use: the leader puts answers into the order of its requests itself.
 */
final class OrderedAppendProcessor extends AppendEntriesRequestProcessor {

  private record Lane(String groupId, String receiver, String sender) {}

  private final Predicate<String> muted;
  private final Executor unordered;
  private final OrderedExecutors<Lane> lanes;

  /**
   * @param muted whether a group, by its id, must not hear of this
   */
  OrderedAppendProcessor(Executor executor, Predicate<String> muted) {
    super(executor);
    this.muted = muted;
    this.unordered = executor;
    this.lanes = new OrderedExecutors<>(executor);
  }

  @Override
  public RpcProcessor.ExecutorSelector executorSelector() {
    return (requestClass, header) -> lane((AppendEntriesRequestHeader) header);
  }

  @Override
  public Message processRequest(AppendEntriesRequest request, RpcRequestClosure done) {
    return muted.test(request.getGroupId())
        ? MemberProcessors.muted(defaultResp())
        : super.processRequest(request, done);
  }

  @Override
  public Message processRequest0(
      RaftServerService service, AppendEntriesRequest request, RpcRequestClosure done) {
    return service.handleAppendEntriesRequest(request, done);
  }

  /**
   * A group's node has ended. Should another one of it start while messages to the old one still
   * wait, the two may mix: that is a network that reorders, which Raft bears.
   */
  void forget(String groupId) {
    lanes.removeIf(lane -> lane.groupId().equals(groupId));
  }

  /** Lanes are made only for groups that exist here: a stranger cannot fill memory with them. */
  private Executor lane(AppendEntriesRequestHeader header) {
    PeerId receiver = new PeerId();
    if (!receiver.parse(header.getPeerId())
        || NodeManager.getInstance().get(header.getGroupId(), receiver) == null) {
      return unordered;
    }
    return lanes.of(new Lane(header.getGroupId(), header.getPeerId(), header.getServerId()));
  }
}
