package io.tideline.server.node;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.tideline.proto.v1.AdminServiceGrpc;
import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.CreateStoreRequest;
import io.tideline.proto.v1.IdentifierField;
import io.tideline.proto.v1.IdentifierType;
import io.tideline.proto.v1.IdentifierValue;
import io.tideline.proto.v1.InitialPartitions;
import io.tideline.proto.v1.ListPartitionsRequest;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.MetaServiceGrpc;
import io.tideline.proto.v1.PartitionStatus;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.proto.v1.StoreOptions;
import io.tideline.proto.v1.StoreServiceGrpc;
import io.tideline.proto.v1.TimelineId;
import io.tideline.proto.v1.TimelineServiceGrpc;
import io.tideline.proto.v1.Value;
import io.tideline.server.config.NodeConfig;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A node on free loopback ports with small memory, and stubs that speak to it through real gRPC.
 */
public final class TestNode implements AutoCloseable {

  /** Far above what a slow machine needs, so that it ends only what hangs. */
  private static final long DEADLINE_SECONDS = 60;

  private final TidelineServer server;
  private final ManagedChannel channel;

  private TestNode(TidelineServer server) {
    this.server = server;
    this.channel =
        NettyChannelBuilder.forTarget(server.info().address().grpcAddress())
            .usePlaintext()
            .maxInboundMessageSize(8 << 20)
            .build();
  }

  public static TestNode start(Path data) throws Exception {
    return new TestNode(TidelineServer.start(config(data)));
  }

  public static TestNode start(NodeConfig config, InstantSource clock) throws Exception {
    return new TestNode(TidelineServer.start(config, clock));
  }

  /** Ports chosen by the machine, little memory, small files. */
  public static NodeConfig config(Path data) throws Exception {
    return NodeConfig.defaults()
        .with(
            "node.data_directory=" + data,
            "grpc.port=0",
            "raft.port=0",
            "http.port=0",
            "memory.off_heap_bytes=128MiB",
            "engine.memtable_bytes=4MiB",
            "log.segment_bytes=4MiB",
            "disk.reserve_bytes=1MiB",
            "grpc.stop_grace_ms=1s");
  }

  public TidelineServer server() {
    return server;
  }

  public ManagedChannel channel() {
    return channel;
  }

  public StoreServiceGrpc.StoreServiceBlockingStub stores() {
    return StoreServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
  }

  public TimelineServiceGrpc.TimelineServiceBlockingStub timelines() {
    return TimelineServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
  }

  public MetaServiceGrpc.MetaServiceBlockingStub metas() {
    return MetaServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
  }

  public AdminServiceGrpc.AdminServiceBlockingStub admin() {
    return AdminServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
  }

  /** Creates a store whose identifiers are one string, cut at the given conversations. */
  public void createStore(String name, SequenceMode mode, String... splitPoints) {
    createStore(name, StoreOptions.newBuilder().setSequenceMode(mode).build(), splitPoints);
  }

  public void createStore(String name, StoreOptions options, String... splitPoints) {
    InitialPartitions.Builder partitions = InitialPartitions.newBuilder();
    for (String point : splitPoints) {
      partitions.addSplitPoints(timeline(point));
    }
    var unused =
        stores()
            .createStore(
                CreateStoreRequest.newBuilder()
                    .setName(name)
                    .addIdentifierSchema(
                        IdentifierField.newBuilder()
                            .setName("conversation")
                            .setType(IdentifierType.IDENTIFIER_TYPE_STRING))
                    .setOptions(options)
                    .setInitialPartitions(partitions)
                    .build());
  }

  /** Appends a message to a timeline of such a store; its sequence id. */
  public long append(String store, String conversation, String text) {
    return timelines()
        .append(
            AppendRequest.newBuilder()
                .setStore(store)
                .setTimeline(timeline(conversation))
                .setMessage(message(text))
                .build())
        .getSequenceId();
  }

  /** How many entries a scan of a whole timeline brings in its first page. */
  public int scanned(String store, String conversation) {
    return timelines()
        .scan(ScanRequest.newBuilder().setStore(store).setTimeline(timeline(conversation)).build())
        .getEntriesCount();
  }

  public List<PartitionStatus> partitions(String store) {
    return admin()
        .listPartitions(ListPartitionsRequest.newBuilder().setStore(store).build())
        .getPartitionsList();
  }

  public static TimelineId timeline(String conversation) {
    return TimelineId.newBuilder()
        .addFields(IdentifierValue.newBuilder().setStringValue(conversation))
        .build();
  }

  public static Message message(String text) {
    return Message.newBuilder()
        .putFields("text", Value.newBuilder().setStringValue(text).build())
        .build();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.stop();
  }
}
