package io.tideline.server.raft;

import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.rpc.RpcRequestClosure;
import com.alipay.sofa.jraft.rpc.RpcRequests.InstallSnapshotRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.TimeoutNowRequest;
import com.alipay.sofa.jraft.rpc.impl.core.InstallSnapshotRequestProcessor;
import com.alipay.sofa.jraft.rpc.impl.core.RequestVoteRequestProcessor;
import com.alipay.sofa.jraft.rpc.impl.core.TimeoutNowRequestProcessor;
import com.alipay.sofa.jraft.util.RpcFactoryHelper;
import com.google.protobuf.Message;
import io.tideline.server.raft.Rejoin.Answer;
import java.util.concurrent.Executor;

/**
 * What members may ask of each other, kept from groups in which this member {@link Rejoin rejoins},
 * and the question that rejoining asks.
 *
 * <p>The question travels as a pre-vote of term 0, which no candidate ever sends: its last log
 * index is the index asked about, the answer's term the newest one seen, and "granted" says that
 * the log ends there.
 */
final class MemberProcessors {

  /** What is asked of groups here. */
  interface Groups {

    /** As {@link Rejoin#mute}. */
    boolean mute(String groupId);

    /** As {@link Rejoin#withholdsVotes}. */
    boolean withholdsVotes(String groupId);

    /** Newest term seen, and whether the log has nothing after an index; open or not. */
    Answer answer(String groupId, long index);
  }

  private MemberProcessors() {}

  static Message muted(Message defaultResponse) {
    return RpcFactoryHelper.responseFactory()
        .newResponse(
            defaultResponse, RaftError.ENOENT, "this member does not take part in the group yet");
  }

  static RequestVoteRequest question(String groupId, String self, String member, long index) {
    return RequestVoteRequest.newBuilder()
        .setGroupId(groupId)
        .setServerId(self)
        .setPeerId(member)
        .setTerm(0)
        .setLastLogTerm(0)
        .setLastLogIndex(index)
        .setPreVote(true)
        .build();
  }

  static final class Votes extends RequestVoteRequestProcessor {

    private final Groups groups;

    Votes(Executor executor, Groups groups) {
      super(executor);
      this.groups = groups;
    }

    @Override
    public Message processRequest(RequestVoteRequest request, RpcRequestClosure done) {
      String groupId = request.getGroupId();
      if (request.getPreVote() && request.getTerm() == 0) {
        Answer answer = groups.answer(groupId, request.getLastLogIndex());
        return RequestVoteResponse.newBuilder()
            .setTerm(answer.term())
            .setGranted(answer.endsThere())
            .build();
      }
      return groups.withholdsVotes(groupId)
          ? muted(defaultResp())
          : super.processRequest(request, done);
    }
  }

  static final class TakeOver extends TimeoutNowRequestProcessor {

    private final Groups groups;

    TakeOver(Executor executor, Groups groups) {
      super(executor);
      this.groups = groups;
    }

    @Override
    public Message processRequest(TimeoutNowRequest request, RpcRequestClosure done) {
      return groups.withholdsVotes(request.getGroupId())
          ? muted(defaultResp())
          : super.processRequest(request, done);
    }
  }

  static final class Snapshots extends InstallSnapshotRequestProcessor {

    private final Groups groups;

    Snapshots(Executor executor, Groups groups) {
      super(executor);
      this.groups = groups;
    }

    @Override
    public Message processRequest(InstallSnapshotRequest request, RpcRequestClosure done) {
      return groups.mute(request.getGroupId())
          ? muted(defaultResp())
          : super.processRequest(request, done);
    }
  }
}
