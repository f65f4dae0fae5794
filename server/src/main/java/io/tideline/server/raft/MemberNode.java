package io.tideline.server.raft;

import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.core.NodeFacts;
import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.core.State;
import com.alipay.sofa.jraft.entity.EnumOutter.ReadOnlyType;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.error.RemotingException;
import com.alipay.sofa.jraft.rpc.InvokeCallback;
import com.alipay.sofa.jraft.rpc.RpcRequestClosure;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.ReadIndexRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.ReadIndexResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.TimeoutNowRequest;
import com.alipay.sofa.jraft.rpc.RpcResponseClosure;
import com.alipay.sofa.jraft.rpc.RpcResponseClosureAdapter;
import com.alipay.sofa.jraft.util.Endpoint;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A JRaft node that notes what its leader says, and whose read indexes hold where JRaft's do not.
 *
 * <p><b>Changes of membership.</b> JRaft confirms that it leads by a majority of the new members
 * alone as soon as a change has begun, although the old ones may elect another leader until it is
 * committed. So a leader gives no read index while a change is under way, nor one that a change
 * overtook.
 *
 * <p><b>Leases.</b> A {@link LeaderLease} rests on the promise of members to vote for nobody for an
 * election timeout after they have heard from the leader. JRaft keeps it only when it is asked
 * whether it <em>would</em> vote, and forgets it in a restart. With a lease here, this node keeps
 * it:
 *
 * <ol>
 *   <li>It votes for nobody while it has heard from a leader, or was made, less than an election
 *       timeout ago. (It does not stand for election before either: JRaft's timer begins then.)
 *   <li>It asks for no votes while it has heard from a leader less than an election timeout ago:
 *       that would be voting for itself.
 *   <li>The exception is a hand-over: the leader gave up its lease for the rest of its term before
 *       it asked a member to take over. Votes that are asked for then carry a mark.
 * </ol>
 *
 * <p>The groups' members need to agree on whether there are leases.
 */
final class MemberNode extends NodeImpl implements SharedClient.Sending {

  /** Field of a request for votes after a hand-over; JRaft has numbers up to 8 in use. */
  private static final int HANDED_OVER_FIELD = 1_000;

  private static final UnknownFieldSet HANDED_OVER =
      UnknownFieldSet.newBuilder()
          .addField(HANDED_OVER_FIELD, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
          .build();

  private final LeaderContact contact;
  private final @Nullable LeaderLease lease;
  private final LongSupplier clock;
  private final LongUnaryOperator termOf;

  /** When what an earlier node of this member may have promised is over. */
  private final long votesFromMillis;

  /** The term in which this node, leading, has asked another one to take over. */
  private volatile long handedOverTerm = -1;

  /** The term for which this node stands because the leader has asked it to. */
  private volatile long takeOverTerm = -1;

  /**
   * @param lease null if there are none in this group
   * @param votesFromMillis by {@code clock}
   * @param termOf the term of an entry of the log, 0 if it is not there
   */
  MemberNode(
      String groupId,
      PeerId self,
      LeaderContact contact,
      @Nullable LeaderLease lease,
      LongSupplier clock,
      long votesFromMillis,
      LongUnaryOperator termOf) {
    super(groupId, self);
    this.contact = contact;
    this.lease = lease;
    this.clock = clock;
    this.votesFromMillis = votesFromMillis;
    this.termOf = termOf;
  }

  /** As {@link LeaderContact#behindMillis}; not to be asked of a leader. */
  long behindMillis() {
    return contact.behindMillis(getLastAppliedLogIndex());
  }

  @Override
  public Message handleAppendEntriesRequest(AppendEntriesRequest request, RpcRequestClosure done) {
    if (request.getTerm() < NodeFacts.of(this).term()) {
      return super.handleAppendEntriesRequest(request, done);
    }
    // Before it is answered, by whatever thread: the answer may be the promise of a lease. One
    // that is refused after all promised too much, which only delays an election.
    long arrived = contact.arrived();
    Message answer = super.handleAppendEntriesRequest(request, done);
    PeerId leader = getLeaderId();
    // Any other sender was refused.
    if (leader != null && leader.toString().equals(request.getServerId())) {
      contact.heard(
          arrived,
          request.getTerm(),
          request.getCommittedIndex(),
          getLastAppliedLogIndex(),
          termOf);
    }
    return answer;
  }

  // --- Reads ---

  @Override
  public void handleReadIndexRequest(
      ReadIndexRequest request, RpcResponseClosure<ReadIndexResponse> done) {
    State state = getNodeState();
    if (state == State.STATE_CANDIDATE) {
      // It may lead in a moment, without another term to tell by.
      done.run(membersChange());
      return;
    }
    boolean leads = state == State.STATE_LEADER;
    NodeFacts before = NodeFacts.of(this);
    if (leads && !before.membership().isStable()) {
      done.run(membersChange());
      return;
    }
    // One that follows passes the question on: the leader knows whether it has a lease.
    ReadIndexRequest sent =
        leads && asksForLease(request) && !holdsLease(before) ? withoutLease(request) : request;
    super.handleReadIndexRequest(
        sent,
        new RpcResponseClosureAdapter<>() {
          @Override
          public void run(Status status) {
            if (!status.isOk()) {
              done.run(status);
              return;
            }
            // JRaft holds a monitor here that a reader waits for while it has the node's lock.
            ReadIndexResponse response = getResponse();
            JRaftProcess.executor().execute(() -> judge(response));
          }

          private void judge(ReadIndexResponse response) {
            NodeFacts now = NodeFacts.of(MemberNode.this);
            boolean sameTerm = now.term() == before.term();
            // One that follows has its leader's word. To have led meanwhile takes another term.
            if (leads || !sameTerm) {
              boolean sameMembers =
                  before.membership().isStable() && now.membership().equals(before.membership());
              if (!sameMembers || (asksForLease(sent) && !sameTerm)) {
                done.run(membersChange());
                return;
              }
            }
            done.setResponse(response);
            done.run(Status.OK());
          }
        });
  }

  private static boolean asksForLease(ReadIndexRequest request) {
    return request.getReadOnlyOptions() == ReadOnlyType.READ_ONLY_LEASE_BASED;
  }

  private static ReadIndexRequest withoutLease(ReadIndexRequest request) {
    return request.toBuilder().setReadOnlyOptions(ReadOnlyType.READ_ONLY_SAFE).build();
  }

  private boolean holdsLease(NodeFacts facts) {
    return lease != null
        && handedOverTerm != facts.term()
        && lease.isHeld(facts.term(), facts.membership().getConf().getPeers(), getServerId());
  }

  private static Status membersChange() {
    return new Status(RaftError.EBUSY, "leader or members of the group are being changed");
  }

  // --- Votes ---

  @Override
  public Status transferLeadershipTo(PeerId peer) {
    handedOverTerm = NodeFacts.of(this).term();
    return super.transferLeadershipTo(peer);
  }

  @Override
  public Message handleTimeoutNowRequest(TimeoutNowRequest request, RpcRequestClosure done) {
    takeOverTerm = request.getTerm() + 1;
    return super.handleTimeoutNowRequest(request, done);
  }

  @Override
  public Message handlePreVoteRequest(RequestVoteRequest request) {
    return isPromised(request) ? refused() : super.handlePreVoteRequest(request);
  }

  /**
   * Asked twice: a leader's message may have been answered while this waited for JRaft's lock. A
   * vote that is given and not told is given to nobody.
   */
  @Override
  public Message handleRequestVoteRequest(RequestVoteRequest request) {
    if (isPromised(request)) {
      return refused();
    }
    Message answer = super.handleRequestVoteRequest(request);
    return isPromised(request) ? refused() : answer;
  }

  private boolean isPromised(RequestVoteRequest request) {
    return lease != null
        && !request.getUnknownFields().hasField(HANDED_OVER_FIELD)
        && (clock.getAsLong() < votesFromMillis || contact.isRecent());
  }

  private RequestVoteResponse refused() {
    return RequestVoteResponse.newBuilder()
        .setTerm(NodeFacts.of(this).term())
        .setGranted(false)
        .build();
  }

  @Override
  public RequestVoteRequest vote(RequestVoteRequest request) throws RemotingException {
    if (lease == null || request.getPreVote()) {
      return request;
    }
    if (request.getTerm() == takeOverTerm) {
      return request.toBuilder().mergeUnknownFields(HANDED_OVER).build();
    }
    if (contact.isRecent()) {
      throw new RemotingException("this member has heard from a leader and stands no more");
    }
    return request;
  }

  @Override
  public InvokeCallback append(
      Endpoint member, AppendEntriesRequest request, InvokeCallback callback) {
    return lease == null ? callback : lease.noting(member, request, callback);
  }
}
