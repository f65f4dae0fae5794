package io.tideline.server.transfer;

import io.grpc.ForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.tideline.lsm.Engine;
import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.EngineResources;
import io.tideline.lsm.KeyRange;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.RangeHash;
import io.tideline.lsm.WriteBatch;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.proto.internal.v1.DescribeSnapshotResponse;
import io.tideline.proto.internal.v1.ReadSnapshotResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A node that sends, with an engine of many tables behind a real port whose answers a test may
 * change, and the means to receive.
 */
final class TransferFixture implements AutoCloseable {

  static final long PARTITION = 7;
  static final TransferLimits LIMITS =
      TransferLimits.DEFAULTS.withChunkBytes(16 << 10).withBytesPerSecond(0);
  private static final EngineOptions OPTIONS =
      EngineOptions.DEFAULTS.withMemtableBytes(64 << 10).withRunsPerTier(32);
  private static final byte[] TIMELINE = "timeline".getBytes(StandardCharsets.UTF_8);
  private static final int VALUE_BYTES = 500;
  private static final int ROWS_PER_BATCH = 100;

  final Path directory;
  final RealFileSystem files = new RealFileSystem();
  final EngineResources resources;
  final Engine engine;
  final SnapshotTransfers sender;
  final String address;
  private final Server server;
  private final SplittableRandom random = new SplittableRandom(4);

  /** Descriptions answered so far. */
  final AtomicLong descriptions = new AtomicLong();

  /** Chunks answered so far. */
  final AtomicLong chunks = new AtomicLong();

  /** What happens to the n-th chunk, from 1: null to send it as it is. */
  volatile LongFunction<@Nullable UnaryOperator<ReadSnapshotResponse>> chunkChange = n -> null;

  /** At which chunk the connection breaks, as if the sender had stopped. */
  volatile long breakAt = Long.MAX_VALUE;

  private long index;
  private long rows;

  TransferFixture(Path directory, TransferLimits limits) throws IOException {
    this(directory, limits, OPTIONS.memtableBytes());
  }

  TransferFixture(Path directory, TransferLimits limits, long memtableBytes) throws IOException {
    this.directory = directory;
    this.resources = EngineResources.create(files, 256L << 20, 4L << 20, 1);
    this.engine =
        Engine.open(
            directory.resolve("sender/7"), OPTIONS.withMemtableBytes(memtableBytes), resources);
    SnapshotTransfers[] made = new SnapshotTransfers[1];
    this.server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(
                ServerInterceptors.intercept(
                    new LateService(() -> made[0].service()).bindService(), new Meddler()))
            .build()
            .start();
    this.address = "127.0.0.1:" + server.getPort();
    this.sender =
        new SnapshotTransfers(files, directory.resolve("sender/t"), address, a -> false, limits);
    made[0] = sender;
  }

  /** Another node's transfers, on any disk. */
  SnapshotTransfers receiver(FileSystem fileSystem, Path root) throws IOException {
    return receiver(fileSystem, root, LIMITS);
  }

  SnapshotTransfers receiver(FileSystem fileSystem, Path root, TransferLimits limits)
      throws IOException {
    return new SnapshotTransfers(
        fileSystem, root.resolve("t"), "localhost:1", address::equals, limits);
  }

  /** Writes rows and flushes them to a table of their own. */
  void writeRun() throws Exception {
    writeRun(ROWS_PER_BATCH);
  }

  void writeRun(int count) throws Exception {
    index++;
    WriteBatch batch = new WriteBatch().clear(new LogPosition(index, 1 + index / 10));
    byte[] value = new byte[VALUE_BYTES];
    for (int i = 0; i < count; i++) {
      rows++;
      random.nextBytes(value);
      batch.append(TIMELINE, rows, index, 1, value.clone());
    }
    engine.apply(batch.time(index).configuration(new byte[] {(byte) index}));
    engine.flush().get(30, TimeUnit.SECONDS);
  }

  long rows() {
    return rows;
  }

  Engine open(Path engineDirectory, EngineResources on) throws IOException {
    return Engine.open(engineDirectory, OPTIONS, on);
  }

  RangeHash hash(Path engineDirectory) throws IOException {
    try (Engine received = open(engineDirectory, resources)) {
      return received.rangeHash(KeyRange.ALL);
    }
  }

  @Override
  public void close() throws IOException {
    server.shutdownNow();
    sender.close();
    engine.close();
    resources.close();
  }

  /** Changes or withholds answers on their way out. */
  private final class Meddler implements ServerInterceptor {

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      return next.startCall(
          new ForwardingServerCall.SimpleForwardingServerCall<>(call) {
            private boolean broken;

            @Override
            @SuppressWarnings("unchecked") // Of the same type as what it replaces.
            public void sendMessage(R message) {
              if (message instanceof DescribeSnapshotResponse) {
                descriptions.incrementAndGet();
              }
              if (!(message instanceof ReadSnapshotResponse chunk)) {
                super.sendMessage(message);
                return;
              }
              long n = chunks.incrementAndGet();
              if (n >= breakAt) {
                broken = true;
                super.close(Status.NOT_FOUND.withDescription("withdrawn by the test"), headers);
                return;
              }
              UnaryOperator<ReadSnapshotResponse> change = chunkChange.apply(n);
              super.sendMessage(change == null ? message : (R) change.apply(chunk));
            }

            @Override
            public void close(Status status, Metadata trailers) {
              if (!broken) {
                super.close(status, trailers);
              }
            }
          },
          headers);
    }
  }
}
