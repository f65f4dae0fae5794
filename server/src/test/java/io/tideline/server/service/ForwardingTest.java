package io.tideline.server.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.tideline.manager.PartitionDescriptor;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.GetMetaRequest;
import io.tideline.proto.v1.GetMetaResponse;
import io.tideline.proto.v1.Meta;
import io.tideline.proto.v1.MetaServiceGrpc;
import io.tideline.server.cluster.Member;
import io.tideline.server.cluster.Members;
import io.tideline.server.cluster.PeerCalls.PeerCallException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Whom a call is passed on to, and when another node is asked. */
class ForwardingTest {

  private static final List<Member> NODES = List.of(node("n1"), node("n2"), node("n3"), node("n4"));
  private static final byte[] REPLY =
      GetMetaResponse.newBuilder().setMeta(Meta.newBuilder().setRevision(7)).build().toByteArray();

  private final List<String> asked = new ArrayList<>();
  private final Map<String, PeerCallException> failing = new HashMap<>();
  private final Forwarding forwarding =
      new Forwarding(
          new Members(NODES.getFirst(), NODES),
          (target, method, request, millis) -> {
            asked.add(target.nodeId());
            PeerCallException failure = failing.get(target.nodeId());
            return failure == null
                ? CompletableFuture.completedFuture(REPLY)
                : CompletableFuture.failedFuture(failure);
          });
  private final CallContext context = new CallContext(null, 30_000, new CallMemory(1 << 20));
  private final CallContext forwarded =
      new CallContext(null, 30_000, new CallMemory(1 << 20), true);

  @Test
  void onlyWhatHasNoReplicaHereIsPassedOnAndOnlyOnce() throws Exception {
    assertThat(forwarding.isElsewhere(partition("n1", "n2", "n3"), context)).isFalse();
    assertThat(forwarding.isElsewhere(partition("n2", "n3", "n4"), context)).isTrue();
    assertThat(forwarding.isElsewhere(partition("n2", "n3", "n4"), forwarded)).isFalse();
    assertThat(forwarding.isElsewhere(partition(), context)).as("it is everywhere").isFalse();
    assertThat(read(forwarded)).isFalse();
    assertThat(asked).isEmpty();
  }

  @Test
  void theNodeThatAnsweredIsAskedFirstTheNextTime() throws Exception {
    failing.put("n2", silent(Status.UNAVAILABLE, false));
    failing.put("n3", told(ErrorReason.ERROR_REASON_CORRUPTION));
    assertThat(read(context)).isTrue();
    assertThat(asked).containsExactly("n2", "n3", "n4");
    assertThat(read(context)).isTrue();
    assertThat(asked).endsWith("n4", "n4");
  }

  @Test
  void aReadThatWasSentIsRepeatedElsewhere() throws Exception {
    failing.put("n2", silent(Status.DEADLINE_EXCEEDED, true));
    failing.put("n3", told(ErrorReason.ERROR_REASON_REPLICA_FAILED));
    assertThat(read(context)).isTrue();
    assertThat(asked).containsExactly("n2", "n3", "n4");
  }

  @Test
  void whatIsWrongWithTheCallIsWrongEverywhere() {
    failing.put("n2", told(ErrorReason.ERROR_REASON_META_NOT_FOUND));
    assertThat(refusal(() -> read(context)).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_META_NOT_FOUND);
    assertThat(asked).containsExactly("n2");
  }

  @Test
  void ifNobodyAnswersTheHoldersAreNamed() {
    for (Member node : NODES) {
      failing.put(node.nodeId(), silent(Status.UNAVAILABLE, false));
    }
    Failure failure = refusal(() -> read(context));
    assertThat(failure.reason()).isEqualTo(ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE);
    assertThat(failure.message()).contains("n2, n3, n4");
    assertThat(failure.retryAfterMillis()).isPositive();
  }

  @Test
  void aWriteThatWasSentAndNotAnsweredIsUnknownAndNotRepeated() throws Exception {
    failing.put("n2", silent(Status.UNAVAILABLE, true));
    assertThat(refusal(() -> write()).reason()).isEqualTo(ErrorReason.ERROR_REASON_OUTCOME_UNKNOWN);
    assertThat(asked).containsExactly("n2");
    assertThat(write()).as("the next one begins elsewhere").isTrue();
    assertThat(asked).containsExactly("n2", "n3");
  }

  @Test
  void aWriteGoesOnOnlyWhereItWasSurelyNotDone() throws Exception {
    failing.put("n2", silent(Status.UNAVAILABLE, false));
    failing.put("n3", told(ErrorReason.ERROR_REASON_SHUTTING_DOWN));
    assertThat(write()).isTrue();
    assertThat(asked).containsExactly("n2", "n3", "n4");
    for (ErrorReason reason :
        List.of(
            ErrorReason.ERROR_REASON_REPLICA_FAILED,
            ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED,
            ErrorReason.ERROR_REASON_OUTCOME_UNKNOWN)) {
      asked.clear();
      failing.put("n4", told(reason));
      assertThat(refusal(() -> write()).reason()).isEqualTo(reason);
      assertThat(asked).containsExactly("n4");
    }
  }

  private boolean read(CallContext by) throws Exception {
    return forwarding
        .read(
            partition("n2", "n3", "n4"),
            MetaServiceGrpc.getGetMetaMethod(),
            GetMetaRequest.getDefaultInstance(),
            by)
        .isPresent();
  }

  private boolean write() throws Exception {
    return forwarding
        .write(
            partition("n2", "n3", "n4"),
            MetaServiceGrpc.getUpdateMetaMethod(),
            GetMetaRequest.getDefaultInstance(),
            context)
        .isPresent();
  }

  private static Failure refusal(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    FailureException refused = catchThrowableOfType(FailureException.class, call);
    assertThat(refused).isNotNull();
    return refused.failure();
  }

  private static PeerCallException silent(Status status, boolean sent) {
    return new PeerCallException(status.asRuntimeException(), sent);
  }

  private static PeerCallException told(ErrorReason reason) {
    StatusRuntimeException status =
        ErrorMapper.toStatus(Failure.of(reason, "on purpose").withRetryAfterMillis(5));
    return new PeerCallException(status, true);
  }

  private static PartitionDescriptor partition(String... nodes) {
    return new PartitionDescriptor(3, 1, new byte[0], new byte[0], List.of(nodes), 1, 1);
  }

  private static Member node(String id) {
    return new Member(id, "127.0.0.1:" + (7_000 + id.charAt(1)), "127.0.0.1:" + id.charAt(1));
  }
}
