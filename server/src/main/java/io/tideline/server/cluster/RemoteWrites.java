package io.tideline.server.cluster;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.CallOptions;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCalls;
import io.tideline.proto.internal.v1.ReplicaServiceGrpc;
import io.tideline.proto.internal.v1.WriteRefused;
import io.tideline.proto.internal.v1.WriteRequest;
import io.tideline.proto.internal.v1.WriteResponse;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.server.command.Command;
import io.tideline.server.command.CommandBatch;
import io.tideline.server.command.CommandFormat;
import io.tideline.server.command.CommandResult;
import io.tideline.server.command.FormatException;
import io.tideline.server.command.ResultFormat;
import io.tideline.server.replica.Refusal;
import io.tideline.server.replica.WriteOutcome;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Passes writes on to the node that leads their partition.
 *
 * <p>Threading: safe for many threads.
 */
final class RemoteWrites {

  /**
   * An answer; {@code leaderNodeId} is where to ask next if the node asked does not lead, empty if
   * it does not know or leads.
   */
  record Answer(WriteOutcome<List<CommandResult>> outcome, String leaderNodeId) {}

  /** Longer than an election and a stalled disk; callers give up earlier on their own. */
  private static final long DEADLINE_SECONDS = 60;

  private static final long RETRY_AFTER_MILLIS = 100;

  private final PeerChannels channels;

  RemoteWrites(PeerChannels channels) {
    this.channels = channels;
  }

  /** Has commands written by another node. The future completes normally. */
  CompletableFuture<Answer> write(
      Member target, long partitionId, List<Command> commands, boolean internal) {
    WriteRequest request =
        WriteRequest.newBuilder()
            .setPartitionId(partitionId)
            .setCommands(
                UnsafeByteOperations.unsafeWrap(
                    CommandFormat.encode(new CommandBatch(0, commands))))
            .setInternal(internal)
            .build();
    SentFlag sent = new SentFlag();
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    Futures.addCallback(
        ClientCalls.futureUnaryCall(
            channels
                .to(target)
                .newCall(
                    ReplicaServiceGrpc.getWriteMethod(),
                    CallOptions.DEFAULT
                        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
                        .withStreamTracerFactory(sent)),
            request),
        new FutureCallback<>() {
          @Override
          public void onSuccess(@Nullable WriteResponse response) {
            answer.complete(read(Objects.requireNonNull(response)));
          }

          @Override
          public void onFailure(Throwable error) {
            answer.complete(failed(target, error, sent.isSet()));
          }
        },
        MoreExecutors.directExecutor());
    return answer;
  }

  private static Answer failed(Member target, Throwable error, boolean sent) {
    Status status = Status.fromThrowable(error);
    String what = "node " + target.nodeId() + " did not answer: " + status;
    // A node without room for a request says so before it looks at it. gRPC gives the same status
    // to calls whose connection was ended for too many pings, which may have been done.
    boolean hadNoRoom = status.getCode() == Status.Code.RESOURCE_EXHAUSTED && isOfNode(error);
    boolean mayHaveHappened = sent && !hadNoRoom;
    return new Answer(
        mayHaveHappened
            ? new WriteOutcome.Unknown<>(what)
            : new WriteOutcome.Refused<>(
                Refusal.of(Refusal.Reason.UNAVAILABLE, what, RETRY_AFTER_MILLIS)),
        "");
  }

  /** Whether the other node says so itself, and not gRPC in its name. */
  private static boolean isOfNode(Throwable error) {
    com.google.rpc.Status told = StatusProto.fromThrowable(error);
    return told != null
        && told.getDetailsList().stream().anyMatch(detail -> detail.is(ErrorDetail.class));
  }

  private static Answer read(WriteResponse response) {
    return switch (response.getOutcomeCase()) {
      case APPLIED -> {
        try {
          yield new Answer(
              new WriteOutcome.Applied<>(
                  ResultFormat.decode(response.getApplied().getResults().toByteArray()),
                  response.getApplied().getPosition()),
              "");
        } catch (FormatException e) {
          yield new Answer(
              new WriteOutcome.Unknown<>("the leader's answer is unreadable: " + e.getMessage()),
              "");
        }
      }
      case REFUSED -> {
        WriteRefused refused = response.getRefused();
        yield new Answer(
            new WriteOutcome.Refused<>(
                new Refusal(
                    reason(refused.getReason()),
                    refused.getDetail(),
                    refused.getUsed(),
                    refused.getLimit(),
                    refused.getRetryAfterMs())),
            refused.getLeaderNodeId());
      }
      case UNKNOWN -> new Answer(new WriteOutcome.Unknown<>(response.getUnknown().getWhy()), "");
      case OUTCOME_NOT_SET ->
          new Answer(new WriteOutcome.Unknown<>("the leader's answer is of another version"), "");
    };
  }

  private static Refusal.Reason reason(String name) {
    for (Refusal.Reason reason : Refusal.Reason.values()) {
      if (reason.name().equals(name)) {
        return reason;
      }
    }
    return Refusal.Reason.UNAVAILABLE;
  }
}
