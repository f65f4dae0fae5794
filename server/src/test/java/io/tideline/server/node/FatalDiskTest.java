package io.tideline.server.node;

import static io.tideline.server.node.TestNode.message;
import static io.tideline.server.node.TestNode.timeline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.lsm.testing.FaultFileSystem;
import io.tideline.lsm.testing.FaultRule;
import io.tideline.lsm.testing.FaultRule.Fault;
import io.tideline.lsm.testing.FaultRule.Operation;
import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.CreateStoreRequest;
import io.tideline.proto.v1.IdentifierField;
import io.tideline.proto.v1.IdentifierType;
import io.tideline.proto.v1.StoreServiceGrpc;
import io.tideline.proto.v1.TimelineServiceGrpc;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that fails a sync ends the process, with its exit code and its reason. */
final class FatalDiskTest {

  private static final long PATIENCE_SECONDS = 60;

  @TempDir private Path directory;

  @Test
  void failedSyncOfTheLogEndsTheNodeWithItsExitCode() throws Exception {
    Path data = directory.resolve("data");
    FaultFileSystem disk = new FaultFileSystem(new RealFileSystem(), 1);
    CompletableFuture<TidelineServer> started = new CompletableFuture<>();
    ServerMain.Start start =
        config -> {
          TidelineServer server = TidelineServer.start(config, InstantSource.system(), disk);
          started.complete(server);
          return server;
        };
    CompletableFuture<Integer> exitCode = new CompletableFuture<>();
    var config = TestNode.config(data);
    Thread.ofPlatform()
        .name("node")
        .daemon()
        .start(() -> exitCode.complete(ServerMain.run(config, start)));
    TidelineServer server = started.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(server.info().address().grpcAddress()).usePlaintext().build();
    try {
      createStore(channel);
      append(channel);
      disk.arm(
          new FaultRule(
              Fault.IO_ERROR,
              Set.of(Operation.FORCE),
              path -> path.startsWith(data.resolve("log")),
              1,
              1));
      StatusRuntimeException thrown =
          catchThrowableOfType(StatusRuntimeException.class, () -> append(channel));
      assertThat(thrown.getStatus().getCode())
          .isIn(Status.Code.UNKNOWN, Status.Code.UNAVAILABLE, Status.Code.CANCELLED);

      assertThat(exitCode.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
          .isEqualTo(ServerMain.EXIT_FAILURE)
          .isEqualTo(70);
      assertThat(server.awaitFatal()).hasMessageContaining("FORCE of " + data.resolve("log"));
    } finally {
      channel.shutdownNow();
    }
    try (TestNode node = TestNode.start(data)) {
      assertThat(node.timelines().append(request()).getSequenceId()).isBetween(2L, 3L);
    }
  }

  private static void createStore(ManagedChannel channel) {
    var unused =
        StoreServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS)
            .createStore(
                CreateStoreRequest.newBuilder()
                    .setName("im")
                    .addIdentifierSchema(
                        IdentifierField.newBuilder()
                            .setName("conversation")
                            .setType(IdentifierType.IDENTIFIER_TYPE_STRING))
                    .build());
  }

  private static void append(ManagedChannel channel) {
    var unused =
        TimelineServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS)
            .append(request());
  }

  private static AppendRequest request() {
    return AppendRequest.newBuilder()
        .setStore("im")
        .setTimeline(timeline("a"))
        .setMessage(message("m"))
        .build();
  }
}
