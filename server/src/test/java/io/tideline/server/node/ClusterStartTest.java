package io.tideline.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.tideline.proto.v1.FlushPartitionsRequest;
import io.tideline.proto.v1.ListStoresRequest;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.proto.v1.StoreOptions;
import io.tideline.proto.v1.StoreServiceGrpc;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cluster of whole nodes that starts again with a majority of them. */
class ClusterStartTest {

  private static final Duration LONG = Duration.ofSeconds(60);
  private static final StoreOptions THREE =
      StoreOptions.newBuilder()
          .setSequenceMode(SequenceMode.SEQUENCE_MODE_DENSE)
          .setReplicas(3)
          .build();

  private static final FlushPartitionsRequest ALL = FlushPartitionsRequest.getDefaultInstance();
  private static final ListStoresRequest LIST = ListStoresRequest.getDefaultInstance();

  @TempDir Path directory;

  /**
   * The one that is up to date leads and can commit nothing before the other has copied its
   * catalog, and both are only starting.
   */
  @Test
  void aMajorityStartsThoughOneOfItNeedsASnapshotOfTheCatalogFromTheOther() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 3)) {
      cluster.node(0).createStore("early", THREE);
      cluster.stop(1);
      // The log is cut up to the flush before the last.
      for (String late : new String[] {"late1", "late2", "late3"}) {
        cluster.node(0).createStore(late, THREE);
        var unused = cluster.node(0).admin().flushPartitions(ALL);
      }
      cluster.stop(2, 0);

      Future<TestNode> ahead = cluster.beginStart(0);
      ManagedChannel channel =
          NettyChannelBuilder.forTarget(cluster.grpcAddress(0)).usePlaintext().build();
      try {
        refusesClientsWhileItStarts(channel);
        Future<TestNode> behind = cluster.beginStart(1);
        TestNode first = ahead.get(LONG.toSeconds(), TimeUnit.SECONDS);
        TestNode second = behind.get(LONG.toSeconds(), TimeUnit.SECONDS);
        assertThat(first.stores().listStores(LIST).getStoresCount()).isEqualTo(4);
        assertThat(second.stores().listStores(LIST).getStoresCount()).isEqualTo(4);
        assertThat(health(channel)).isEqualTo(ServingStatus.SERVING);
      } finally {
        channel.shutdownNow();
      }
    }
  }

  private static void refusesClientsWhileItStarts(ManagedChannel channel) {
    await()
        .atMost(LONG)
        .untilAsserted(
            () ->
                assertThatThrownBy(() -> StoreServiceGrpc.newBlockingStub(channel).listStores(LIST))
                    .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> {
                          assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                          assertThat(e.getStatus().getDescription()).contains("is starting");
                        }));
    assertThat(health(channel)).isEqualTo(ServingStatus.NOT_SERVING);
  }

  private static ServingStatus health(ManagedChannel channel) {
    return HealthGrpc.newBlockingStub(channel)
        .check(HealthCheckRequest.getDefaultInstance())
        .getStatus();
  }
}
