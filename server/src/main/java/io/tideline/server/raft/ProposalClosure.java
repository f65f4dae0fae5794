package io.tideline.server.raft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.error.RaftError;
import io.tideline.server.replica.Proposal;
import io.tideline.server.replica.Refusal;

/**
 * A proposal inside JRaft. JRaft runs it only when the entry is not applied here as proposed: after
 * applying, the state tells the proposal itself.
 */
record ProposalClosure(Proposal proposal) implements Closure {

  /** A part of what a planned hand-over takes; callers wait longer each time they come back. */
  private static final long RETRY_AFTER_MILLIS = 20;

  @Override
  public void run(Status status) {
    RaftError error = status.getRaftError();
    if (error == RaftError.EBUSY) {
      // JRaft says so only before the entry enters the log: its queue is full, or the leadership is
      // being handed over.
      proposal.refused(
          Refusal.of(
              Refusal.Reason.UNAVAILABLE,
              "the partition's log is busy: " + status.getErrorMsg(),
              RETRY_AFTER_MILLIS));
    } else {
      // "Not leader" may come before the entry entered the log or after, JRaft does not tell.
      proposal.unknown("the entry was not applied here: " + status);
    }
  }
}
