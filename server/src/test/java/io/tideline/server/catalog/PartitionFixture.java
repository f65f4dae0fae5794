package io.tideline.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.tideline.lsm.Engine;
import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.EngineResources;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.WriteBatch;
import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.manager.PartitionDescriptor;
import io.tideline.manager.SequenceMode;
import io.tideline.manager.StoreDescriptor;
import io.tideline.manager.StoreOptions;
import io.tideline.manager.StoreState;
import io.tideline.server.cluster.Member;
import io.tideline.server.cluster.Members;
import io.tideline.server.command.PartitionOptions;
import io.tideline.server.replica.Admission;
import io.tideline.server.replica.ChangeListener;
import io.tideline.server.replica.ReadSettings;
import io.tideline.server.replica.ReplicaContext;
import io.tideline.server.transfer.ArrivedSnapshot;
import io.tideline.server.transfer.FetchResult;
import io.tideline.server.transfer.SnapshotOffer;
import io.tideline.server.transfer.SnapshotTransfers;
import io.tideline.server.transfer.TransferLimits;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * One node's partitions, on groups that never elect, and another replica's content to repair one
 * with.
 */
final class PartitionFixture implements AutoCloseable {

  static final long PARTITION = 7;
  static final Member SELF = new Member("n1", "127.0.0.1:1", "127.0.0.1:2");
  private static final Member OTHER = new Member("n2", "127.0.0.1:3", "127.0.0.1:4");
  static final PartitionOptions OPTIONS =
      new PartitionOptions(SequenceMode.DENSE, 0, StoreOptions.DEFAULT_DEDUP_WINDOW_MILLIS);

  final IdleGroups groups = new IdleGroups();
  final PartitionHost partitions;
  final List<Throwable> fatal = Collections.synchronizedList(new ArrayList<>());
  private final Path directory;
  private final RealFileSystem files = new RealFileSystem();
  private final EngineResources resources = EngineResources.create(files, 16L << 20, 1L << 20, 1);
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final ExecutorService answers = Executors.newVirtualThreadPerTaskExecutor();
  private final Engine content;
  private final SnapshotTransfers transfers;
  private final Server server;

  PartitionFixture(Path root) throws Exception {
    directory = root.resolve("partitions");
    files.createDirectories(directory);
    InetSocketAddress address = HostFixture.freeAddress();
    transfers =
        new SnapshotTransfers(
            files,
            root.resolve("transfer"),
            "127.0.0.1:" + address.getPort(),
            any -> true,
            TransferLimits.DEFAULTS);
    server = NettyServerBuilder.forAddress(address).addService(transfers.service()).build().start();
    content = Engine.open(root.resolve("other"), EngineOptions.DEFAULTS, resources);
    content.apply(
        new WriteBatch()
            .clear(new LogPosition(1, 1))
            .append(HostFixture.bytes("t"), 1, 1, 1, new byte[100]));
    content.flush().get(30, TimeUnit.SECONDS);
    partitions =
        new PartitionHost(
            directory,
            EngineOptions.DEFAULTS,
            resources,
            new ReplicaContext(
                groups,
                new Admission(1 << 20, 0, 1L << 30),
                transfers,
                InstantSource.system(),
                timer,
                answers,
                1L << 30,
                ReadSettings.DEFAULTS,
                ChangeListener.NONE,
                fatal::add),
            new Members(SELF, List.of(SELF, OTHER)));
  }

  /** A store with the one partition, which both nodes have. */
  static StoreDescriptor store(StoreState state) {
    return new StoreDescriptor(
        3,
        "chat",
        List.of(),
        StoreOptions.defaults(SequenceMode.DENSE),
        state,
        0,
        state == StoreState.DROPPED ? 1 : 0,
        List.of(partition()));
  }

  static PartitionDescriptor partition() {
    return new PartitionDescriptor(
        PARTITION, 3, new byte[0], new byte[0], List.of("n1", "n2"), 1, 1);
  }

  /** Has the partition's files damaged, and found so when it is opened. */
  void openDamaged() throws Exception {
    partitions.open(partition(), OPTIONS, true);
    partitions.close(PARTITION);
    Path manifest = directory.resolve(Long.toString(PARTITION)).resolve("MANIFEST");
    byte[] bytes = Files.readAllBytes(manifest);
    bytes[bytes.length / 2] ^= 1;
    Files.write(manifest, bytes);
    partitions.openUnlessDamaged(partition(), OPTIONS, false);
    assertThat(partitions.failure(PARTITION)).isPresent();
  }

  /** The other replica's content, copied. */
  ArrivedSnapshot arrived() throws IOException, InterruptedException {
    try (SnapshotOffer offer = transfers.offer(PARTITION, content)) {
      FetchResult result =
          transfers
              .fetchForRepair(PARTITION, offer.uri(), directory.resolve(Long.toString(PARTITION)))
              .join();
      assertThat(result).isInstanceOf(FetchResult.Arrived.class);
      return ((FetchResult.Arrived) result).snapshot();
    }
  }

  @Override
  public void close() throws IOException {
    partitions.close(PARTITION);
    server.shutdownNow();
    transfers.close();
    content.close();
    resources.close();
    answers.shutdown();
    timer.shutdownNow();
    assertThat(fatal).isEmpty();
  }
}
