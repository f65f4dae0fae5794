package io.tideline.server.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.tideline.lsm.Direction;
import io.tideline.lsm.Engine;
import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.EngineResources;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RowCursor;
import io.tideline.lsm.WriteBatch;
import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.server.transfer.ArrivedSnapshot;
import io.tideline.server.transfer.FetchResult;
import io.tideline.server.transfer.SnapshotOffer;
import io.tideline.server.transfer.SnapshotTransfers;
import io.tideline.server.transfer.TransferLimits;
import io.tideline.server.transfer.UnusableSnapshotException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replacing a replica's content under the eyes of readers. */
class EngineSlotTest {

  private static final byte[] TIMELINE = "t".getBytes(StandardCharsets.UTF_8);

  @TempDir Path directory;
  private final RealFileSystem files = new RealFileSystem();
  private EngineResources resources;
  private Engine leader;
  private SnapshotTransfers transfers;
  private Server server;
  private EngineSlot slot;

  /** Runs when the slot opens the engine on its new content. */
  private volatile Runnable whileReplaced = () -> {};

  @BeforeEach
  void open() throws Exception {
    resources = EngineResources.create(files, 16L << 20, 1L << 20, 1);
    leader = engine("leader");
    write(leader, 1, 30);
    leader.flush().get(30, TimeUnit.SECONDS);
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    transfers =
        new SnapshotTransfers(
            files,
            directory.resolve("t"),
            "127.0.0.1:" + port,
            address -> true,
            TransferLimits.DEFAULTS);
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .addService(transfers.service())
            .build()
            .start();
    Engine behind = engine("behind");
    write(behind, 1, 10);
    behind.flush().get(30, TimeUnit.SECONDS);
    slot =
        new EngineSlot(
            new EngineHome(
                directory.resolve("behind"),
                () -> {
                  whileReplaced.run();
                  return engine("behind");
                }),
            behind);
  }

  @AfterEach
  void close() throws Exception {
    slot.get().close();
    server.shutdownNow();
    transfers.close();
    leader.close();
    resources.close();
  }

  @Test
  void aViewThatIsOpenGoesOnReadingTheOldContentAndNewOnesSeeTheNew() throws Exception {
    try (ReadView before = slot.view().orElseThrow();
        RowCursor halfway = scan(before)) {
      assertThat(halfway.next()).isTrue();
      slot.install(arrived(), engine -> {});
      int rows = 1;
      while (halfway.next()) {
        rows++;
        assertThat(halfway.sequenceId()).isEqualTo(rows);
      }
      assertThat(rows).isEqualTo(10);
      assertThat(count(before)).isEqualTo(10);
      try (ReadView after = slot.view().orElseThrow()) {
        assertThat(count(after)).isEqualTo(30);
        assertThat(count(before)).isEqualTo(10);
      }
    }
    write(slot.get(), 31, 40);
    slot.get().flush().get(30, TimeUnit.SECONDS);
    try (ReadView after = slot.view().orElseThrow()) {
      assertThat(count(after)).isEqualTo(40);
    }
  }

  @Test
  void aSnapshotThatCannotBeInstalledLeavesTheEngineAsItWas() throws Exception {
    ArrivedSnapshot arrived = arrived();
    transfers.discard(3);
    assertThatThrownBy(() -> slot.install(arrived, engine -> {}))
        .isInstanceOf(UnusableSnapshotException.class);
    try (ReadView view = slot.view().orElseThrow()) {
      assertThat(count(view)).isEqualTo(10);
    }
    write(slot.get(), 11, 20);
    slot.install(arrived(), engine -> {});
    try (ReadView view = slot.view().orElseThrow()) {
      assertThat(count(view)).isEqualTo(30);
    }
  }

  @Test
  void inBetweenThereIsNothingToReadAndNothingToOffer() throws Exception {
    CompletableFuture<Boolean> viewWasThere = new CompletableFuture<>();
    CompletableFuture<Throwable> offer = new CompletableFuture<>();
    whileReplaced =
        () ->
            join(
                Thread.ofVirtual()
                    .start(
                        () -> {
                          viewWasThere.complete(slot.view().isPresent());
                          try {
                            slot.offer(3, transfers).close();
                            offer.complete(new AssertionError("an offer was made"));
                          } catch (IOException e) {
                            offer.complete(e);
                          }
                        }));
    slot.install(arrived(), engine -> {});
    assertThat(viewWasThere.get(10, TimeUnit.SECONDS)).isFalse();
    assertThat(offer.get(10, TimeUnit.SECONDS)).hasMessageContaining("being replaced");
    try (ReadView after = slot.view().orElseThrow()) {
      assertThat(count(after)).isEqualTo(30);
    }
  }

  @Test
  void contentThatCannotBeTakenUpIsNotShown() throws Exception {
    ArrivedSnapshot arrived = arrived();
    assertThatThrownBy(
            () ->
                slot.install(
                    arrived,
                    engine -> {
                      throw new IOException("unreadable options");
                    }))
        .hasMessage("unreadable options");
    assertThatThrownBy(() -> slot.view()).isInstanceOf(IllegalStateException.class);
    // The engine it had opened is closed: the directory can be opened again.
    engine("behind").close();
  }

  private ArrivedSnapshot arrived() throws Exception {
    try (SnapshotOffer offer = transfers.offer(3, leader)) {
      FetchResult result = transfers.fetch(3, offer.uri(), directory.resolve("behind")).join();
      assertThat(result).isInstanceOf(FetchResult.Arrived.class);
      return ((FetchResult.Arrived) result).snapshot();
    }
  }

  private Engine engine(String name) throws IOException {
    return Engine.open(directory.resolve(name), EngineOptions.DEFAULTS, resources);
  }

  /** Rows of the given ids, each at the log index of its id. */
  private static void write(Engine engine, int first, int last) throws IOException {
    for (int id = first; id <= last; id++) {
      engine.apply(
          new WriteBatch()
              .clear(new LogPosition(id, 1))
              .append(TIMELINE, id, id, 1, new byte[100]));
    }
  }

  private static RowCursor scan(ReadView view) throws IOException {
    return view.scan(TIMELINE, Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD);
  }

  private static int count(ReadView view) throws IOException {
    int count = 0;
    try (RowCursor row = scan(view)) {
      while (row.next()) {
        count++;
      }
    }
    return count;
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
