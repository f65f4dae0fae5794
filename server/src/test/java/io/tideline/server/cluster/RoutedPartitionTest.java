package io.tideline.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.tideline.proto.internal.v1.ReplicaServiceGrpc;
import io.tideline.proto.internal.v1.WriteApplied;
import io.tideline.proto.internal.v1.WriteRefused;
import io.tideline.proto.internal.v1.WriteRequest;
import io.tideline.proto.internal.v1.WriteResponse;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.server.command.Command;
import io.tideline.server.command.ResultFormat;
import io.tideline.server.command.TrimResult;
import io.tideline.server.replica.Refusal;
import io.tideline.server.replica.WriteOutcome;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Writes of a node without a copy, over real connections to nodes that are scripted. */
final class RoutedPartitionTest {

  private static final Command.Trim TRIM = new Command.Trim(new byte[] {1}, 5);
  private static final TrimResult DONE = new TrimResult.Done(6);

  private final List<Node> nodes;
  private final PeerChannels channels = new PeerChannels();
  private final RoutedPartition partition;

  RoutedPartitionTest() throws IOException {
    nodes = List.of(new Node("n2"), new Node("n3"), new Node("n4"));
    Member self = new Member("n1", "127.0.0.1:1", "127.0.0.1:2");
    List<Member> holders = nodes.stream().map(node -> node.member).toList();
    List<Member> all = new ArrayList<>(holders);
    all.add(self);
    partition =
        new RoutedPartition(
            7, Optional::empty, holders, new Members(self, all), new RemoteWrites(channels));
  }

  @AfterEach
  void stop() {
    channels.close();
    nodes.forEach(Node::stop);
  }

  @Test
  void aHolderThatIsAwayIsPassedOver() throws Exception {
    nodes.get(1).start();
    assertThat(trim()).isEqualTo(new WriteOutcome.Applied<>(DONE, 9));
  }

  @Test
  void whoHasWrittenIsAskedFirstTheNextTime() throws Exception {
    nodes.get(0).start().answer = refused("NOT_LEADER", "");
    nodes.get(1).start();
    trim();
    trim();
    assertThat(nodes.get(0).asked).hasValue(1);
    assertThat(nodes.get(1).asked).hasValue(2);
  }

  @Test
  void theLeaderThatAHolderNamesIsAsked() throws Exception {
    nodes.get(0).start().answer = refused("NOT_LEADER", "n4");
    nodes.get(1).start();
    nodes.get(2).start();
    assertThat(trim()).isEqualTo(new WriteOutcome.Applied<>(DONE, 9));
    assertThat(nodes.get(1).asked).hasValue(0);
  }

  @Test
  void ifNobodyAnswersTheWriteMayBeRepeated() throws Exception {
    assertThat(trim())
        .isInstanceOfSatisfying(
            WriteOutcome.Refused.class,
            refused ->
                assertThat(refused.refusal().reason()).isEqualTo(Refusal.Reason.UNAVAILABLE));
  }

  @Test
  void aWriteThatMayHaveHappenedIsNotMadeElsewhere() throws Exception {
    nodes.get(0).start().failure = Status.UNAVAILABLE.asRuntimeException();
    nodes.get(1).start();
    assertThat(trim()).isInstanceOf(WriteOutcome.Unknown.class);
    assertThat(nodes.get(1).asked).hasValue(0);
  }

  /** gRPC gives it to calls that were under way when it ended their connection. */
  @Test
  void resourceExhaustedOfTheTransportIsNoRefusal() throws Exception {
    nodes.get(0).start().failure = Status.RESOURCE_EXHAUSTED.asRuntimeException();
    assertThat(trim()).isInstanceOf(WriteOutcome.Unknown.class);
  }

  @Test
  void resourceExhaustedOfTheNodeIsOne() throws Exception {
    nodes.get(0).start().failure =
        StatusProto.toStatusRuntimeException(
            com.google.rpc.Status.newBuilder()
                .setCode(Status.Code.RESOURCE_EXHAUSTED.value())
                .addDetails(Any.pack(ErrorDetail.getDefaultInstance()))
                .build());
    nodes.get(1).start();
    assertThat(trim()).isEqualTo(new WriteOutcome.Applied<>(DONE, 9));
  }

  @Test
  void aNodeThatWasAwayForLongIsReachedSoonAfterItIsBack() throws Exception {
    // Enough failed attempts for gRPC alone to wait several seconds.
    await()
        .during(Duration.ofSeconds(6))
        .atMost(Duration.ofSeconds(8))
        .until(() -> trim() instanceof WriteOutcome.Refused);
    nodes.get(0).start();
    await().atMost(Duration.ofMillis(2_500)).until(() -> trim() instanceof WriteOutcome.Applied);
  }

  private WriteOutcome<TrimResult> trim() throws Exception {
    return partition.trim(TRIM).get(20, TimeUnit.SECONDS);
  }

  private static WriteResponse refused(String reason, String leader) {
    return WriteResponse.newBuilder()
        .setRefused(WriteRefused.newBuilder().setReason(reason).setLeaderNodeId(leader))
        .build();
  }

  /** Answers every write alike; away until it is started. */
  private static final class Node extends ReplicaServiceGrpc.ReplicaServiceImplBase {
    final int port;
    final Member member;
    final AtomicInteger asked = new AtomicInteger();
    private Server server;
    volatile RuntimeException failure;
    volatile WriteResponse answer =
        WriteResponse.newBuilder()
            .setApplied(
                WriteApplied.newBuilder()
                    .setPosition(9)
                    .setResults(ByteString.copyFrom(ResultFormat.encode(List.of(DONE)))))
            .build();

    Node(String id) throws IOException {
      port = freePort();
      member = new Member(id, "127.0.0.1:" + (port + 1), "127.0.0.1:" + port);
    }

    /** Not one the system might give to an outgoing connection before it is listened on. */
    private static int freePort() throws IOException {
      while (true) {
        int port = 20_000 + ThreadLocalRandom.current().nextInt(12_000);
        try (ServerSocket socket = new ServerSocket(port)) {
          return socket.getLocalPort();
        } catch (BindException inUse) {
          continue;
        }
      }
    }

    Node start() throws IOException {
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
              .addService(this)
              .build()
              .start();
      return this;
    }

    void stop() {
      if (server != null) {
        server.shutdownNow();
      }
    }

    @Override
    public void write(WriteRequest request, StreamObserver<WriteResponse> observer) {
      asked.incrementAndGet();
      if (failure != null) {
        observer.onError(failure);
        return;
      }
      observer.onNext(answer);
      observer.onCompleted();
    }
  }
}
