package io.tideline.server.transfer;

import static io.tideline.server.transfer.TransferFixture.LIMITS;
import static io.tideline.server.transfer.TransferFixture.PARTITION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusException;
import io.tideline.lsm.EngineSnapshot;
import io.tideline.lsm.EngineState;
import io.tideline.lsm.KeyRange;
import io.tideline.lsm.RangeHash;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.lsm.testing.DelegatingFileSystem;
import io.tideline.lsm.testing.FaultFileSystem;
import io.tideline.lsm.testing.FaultRule;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots between two nodes over a real port: whole, cut off, damaged, on failing disks. */
class SnapshotTransferTest {

  private static final int RUNS = 8;

  @TempDir Path directory;
  private TransferFixture fixture;
  private Path root;
  private Path engine;

  @BeforeEach
  void start() throws Exception {
    fixture = new TransferFixture(directory, LIMITS);
    for (int i = 0; i < RUNS; i++) {
      fixture.writeRun();
    }
    root = directory.resolve("receiver");
    engine = root.resolve("7");
  }

  @AfterEach
  void stop() throws Exception {
    fixture.close();
  }

  @Test
  void anEmptyReplicaGetsTheContentAndThePositionItWasPromised() throws Exception {
    RangeHash sent = fixture.engine.rangeHash(KeyRange.ALL);
    try (SnapshotOffer offer = fixture.sender.offer(PARTITION, fixture.engine);
        SnapshotTransfers receiver = fixture.receiver(fixture.files, root)) {
      ArrivedSnapshot arrived = arrived(receiver.fetch(PARTITION, offer.uri(), engine));
      assertThat(arrived.state().position()).isEqualTo(offer.state().position());
      assertThat(arrived.state().configuration()).isEqualTo(offer.state().configuration());
      assertThat(arrived.install()).isEqualTo(fixture.engine.durableState());
      assertThat(receiver.receivedBytes()).isEqualTo(fixture.sender.sentBytes());
    }
    RangeHash received = fixture.hash(engine);
    assertThat(received.sameContent(sent)).isTrue();
    assertThat(received.state()).isEqualTo(sent.state());
    assertThat(Files.exists(root.resolve("t/in/7"))).isFalse();
  }

  @Test
  void whatAnEarlierAttemptBroughtIsNotSentAgainWhereverItWasCutOff() throws Exception {
    try (SnapshotOffer offer = fixture.sender.offer(PARTITION, fixture.engine)) {
      List<EngineSnapshot.FileInfo> files = offeredFiles();
      long all = files.stream().mapToLong(EngineSnapshot.FileInfo::size).sum();
      long allChunks = chunksOf(files);
      for (long cut = 1; cut <= allChunks; cut += 3) {
        Path place = directory.resolve("cut" + cut);
        try (SnapshotTransfers receiver = fixture.receiver(fixture.files, place)) {
          fixture.breakAt = fixture.chunks.get() + cut;
          FetchResult result = receiver.fetch(PARTITION, offer.uri(), place.resolve("7")).join();
          assertThat(result).isInstanceOf(FetchResult.Refused.class);
          assertThat(((FetchResult.Refused) result).why()).contains("withdrawn by the test");
        }
        fixture.breakAt = Long.MAX_VALUE;
        assertThat(Files.exists(place.resolve("7"))).isFalse();
        long kept = bytesKept(place.resolve("t/in/7"), files);
        // A new process: what it finds on its disk counts.
        try (SnapshotTransfers receiver = fixture.receiver(fixture.files, place)) {
          ArrivedSnapshot arrived =
              arrived(receiver.fetch(PARTITION, offer.uri(), place.resolve("7")));
          assertThat(receiver.receivedBytes()).as("cut at chunk %d", cut).isEqualTo(all - kept);
          arrived.install();
        }
      }
    }
  }

  @Test
  void tablesThatTheReplicaHasAreNotSent() throws Exception {
    try (SnapshotTransfers receiver = fixture.receiver(fixture.files, root)) {
      try (SnapshotOffer offer = fixture.sender.offer(PARTITION, fixture.engine)) {
        arrived(receiver.fetch(PARTITION, offer.uri(), engine)).install();
      }
      long before = fixture.sender.sentBytes();
      fixture.writeRun();
      try (SnapshotOffer offer = fixture.sender.offer(PARTITION, fixture.engine)) {
        arrived(receiver.fetch(PARTITION, offer.uri(), engine)).install();
      }
      List<EngineSnapshot.FileInfo> files = snapshotFiles();
      long newest = files.get(files.size() - 2).size();
      long manifest = files.getLast().size();
      assertThat(files.stream().mapToLong(EngineSnapshot.FileInfo::size).max().orElseThrow())
          .isLessThan(newest * 2);
      assertThat(fixture.sender.sentBytes() - before).isLessThanOrEqualTo(2 * newest + manifest);
    }
    assertThat(fixture.hash(engine).rows()).isEqualTo(fixture.rows());
  }

  @Test
  void whatWaitsToBeInstalledIsNotTouchedByAFetchForARepair() throws Exception {
    try (SnapshotTransfers receiver = fixture.receiver(fixture.files, root)) {
      ArrivedSnapshot waiting;
      try (SnapshotOffer offer = fixture.sender.offer(PARTITION, fixture.engine)) {
        waiting = arrived(receiver.fetch(PARTITION, offer.uri(), engine));
      }
      fixture.writeRun();
      fixture.engine.compactAll().get();
      ArrivedSnapshot newer;
      try (SnapshotOffer offer = fixture.sender.offer(PARTITION, fixture.engine)) {
        newer = arrived(receiver.fetchForRepair(PARTITION, offer.uri(), engine));
      }
      waiting.requireUsable();
      assertThat(waiting.install().position().index()).isEqualTo(RUNS);
      assertThat(fixture.hash(engine).rows()).isLessThan(fixture.rows());
      newer.requireUsable();
      newer.install();
      assertThat(fixture.hash(engine).rows()).isEqualTo(fixture.rows());
    }
  }

  @Test
  void aSnapshotWhoseFilesAreGoneOrOthersIsNotUsable() throws Exception {
    try (SnapshotOffer offer = fixture.sender.offer(PARTITION, fixture.engine);
        SnapshotTransfers receiver = fixture.receiver(fixture.files, root)) {
      ArrivedSnapshot arrived = arrived(receiver.fetch(PARTITION, offer.uri(), engine));
      Path table = root.resolve("t/in/7").resolve(offeredFiles().getFirst().name());
      Files.write(table, new byte[] {1}, StandardOpenOption.APPEND);
      assertThatThrownBy(arrived::requireUsable)
          .isInstanceOf(UnusableSnapshotException.class)
          .hasMessageContaining(table.toString());
      receiver.discard(PARTITION);
      assertThatThrownBy(arrived::requireUsable).isInstanceOf(UnusableSnapshotException.class);
    }
  }

  @Test
  void theSenderMayFlushAndCompactWhileItIsRead() throws Exception {
    RangeHash sent = fixture.engine.rangeHash(KeyRange.ALL);
    try (SnapshotOffer offer = fixture.sender.offer(PARTITION, fixture.engine);
        SnapshotTransfers receiver = fixture.receiver(fixture.files, root)) {
      fixture.chunkChange =
          n -> {
            if (n == 3) {
              try {
                fixture.writeRun();
                fixture.engine.compactAll().get();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            }
            return null;
          };
      arrived(receiver.fetch(PARTITION, offer.uri(), engine)).install();
    }
    assertThat(fixture.engine.durableState().position().index()).isGreaterThan(RUNS);
    RangeHash received = fixture.hash(engine);
    assertThat(received.sameContent(sent)).isTrue();
    assertThat(received.state().position().index()).isEqualTo(RUNS);
  }

  @Test
  void aChunkDamagedOnTheWayIsAskedForAgain() throws Exception {
    RangeHash sent = fixture.engine.rangeHash(KeyRange.ALL);
    try (SnapshotOffer offer = fixture.sender.offer(PARTITION, fixture.engine);
        SnapshotTransfers receiver = fixture.receiver(fixture.files, root)) {
      fixture.chunkChange =
          n -> n == 2 ? c -> c.toBuilder().setData(flip(c.getData())).build() : null;
      arrived(receiver.fetch(PARTITION, offer.uri(), engine)).install();
    }
    assertThat(fixture.hash(engine).sameContent(sent)).isTrue();
  }

  @Test
  void aFileDamagedOnTheSendersDiskIsNeverInstalled() throws Exception {
    try (SnapshotOffer offer = fixture.sender.offer(PARTITION, fixture.engine);
        SnapshotTransfers receiver = fixture.receiver(fixture.files, root)) {
      // The checksum of the chunk is that of what the disk gave.
      fixture.chunkChange =
          n ->
              n == 2
                  ? c -> {
                    ByteString flipped = flip(c.getData());
                    java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
                    crc.update(flipped.asReadOnlyByteBuffer());
                    return c.toBuilder().setData(flipped).setCrc32C((int) crc.getValue()).build();
                  }
                  : null;
      FetchResult result = receiver.fetch(PARTITION, offer.uri(), engine).join();
      assertThat(result).isInstanceOf(FetchResult.Refused.class);
      assertThat(Files.exists(engine)).isFalse();
      fixture.chunkChange = n -> null;
      arrived(receiver.fetch(PARTITION, offer.uri(), engine)).install();
    }
    assertThat(fixture.hash(engine).rows()).isEqualTo(fixture.rows());
  }

  @Test
  void aReceiverWhoseDiskFailsAtAnyOperationHasTheOldContentOrTheNew() throws Exception {
    // What it had before is a part of what it will have.
    try (SnapshotTransfers receiver = fixture.receiver(fixture.files, root);
        SnapshotOffer offer = fixture.sender.offer(PARTITION, fixture.engine)) {
      arrived(receiver.fetch(PARTITION, offer.uri(), engine)).install();
    }
    RangeHash before = fixture.hash(engine);
    fixture.writeRun();
    RangeHash after = fixture.engine.rangeHash(KeyRange.ALL);
    int installed = 0;
    long n = 0;
    try (SnapshotOffer offer = fixture.sender.offer(PARTITION, fixture.engine)) {
      while (true) {
        n++;
        Path place = directory.resolve("fault" + n);
        copy(root, place);
        FaultFileSystem disk = new FaultFileSystem(new RealFileSystem(), n);
        disk.arm(
            new FaultRule(
                n % 2 == 0 ? FaultRule.Fault.IO_ERROR : FaultRule.Fault.NO_SPACE,
                EnumSet.allOf(FaultRule.Operation.class),
                path -> path.startsWith(place),
                n,
                1));
        boolean done = attempt(disk, place, offer.uri());
        RangeHash found = fixture.hash(place.resolve("7"));
        assertThat(found.sameContent(done ? after : before) || found.sameContent(after))
            .as("operation %d", n)
            .isTrue();
        assertThat(found.state().position().index())
            .as("operation %d", n)
            .isEqualTo(found.sameContent(after) ? RUNS + 1 : RUNS);
        installed += done ? 1 : 0;
        if (disk.faultsFired() == 0) {
          break;
        }
      }
    }
    assertThat(n).isGreaterThan(20);
    assertThat(installed).isPositive();
  }

  /** Whether the new content was installed on a disk that may fail. */
  private boolean attempt(FaultFileSystem disk, Path place, String uri) throws Exception {
    try (SnapshotTransfers receiver = fixture.receiver(disk, place)) {
      FetchResult result = receiver.fetch(PARTITION, uri, place.resolve("7")).join();
      if (!(result instanceof FetchResult.Arrived(ArrivedSnapshot arrived))) {
        return false;
      }
      arrived.install();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void onlyFilesOfASnapshotThatIsOfferedAreServed() throws Exception {
    SnapshotUri withdrawn;
    try (SnapshotOffer offer = fixture.sender.offer(PARTITION, fixture.engine)) {
      SnapshotUri uri = SnapshotUri.parse(offer.uri()).orElseThrow();
      String table = snapshotFiles().getFirst().name();
      try (SnapshotSource source = new SnapshotSource(uri, 10_000)) {
        assertThat(source.read(table, 0, 16).remaining()).isEqualTo(16);
        for (String name : List.of("", "../7/" + table, "/etc/passwd", table + "x", "LOCK")) {
          assertRefused(Status.Code.INVALID_ARGUMENT, () -> source.read(name, 0, 16));
        }
        assertRefused(Status.Code.INVALID_ARGUMENT, () -> source.read(table, -1, 16));
        assertRefused(Status.Code.INVALID_ARGUMENT, () -> source.read(table, 1L << 40, 16));
        assertRefused(Status.Code.INVALID_ARGUMENT, () -> source.read(table, 0, 0));
        assertRefused(
            Status.Code.INVALID_ARGUMENT,
            () -> source.read(table, 0, TransferLimits.CHUNK_BYTES_MAX + 1));
      }
      for (SnapshotUri other :
          List.of(
              new SnapshotUri(uri.address(), PARTITION + 1, uri.snapshotId()),
              new SnapshotUri(uri.address(), PARTITION, "0"))) {
        try (SnapshotSource source = new SnapshotSource(other, 10_000)) {
          assertRefused(Status.Code.NOT_FOUND, source::describe);
          assertRefused(Status.Code.NOT_FOUND, () -> source.read(table, 0, 16));
        }
      }
      withdrawn = uri;
    }
    try (SnapshotSource source = new SnapshotSource(withdrawn, 10_000)) {
      assertRefused(Status.Code.NOT_FOUND, source::describe);
    }
    assertThat(fixture.files.list(directory.resolve("sender/t/out"))).isEmpty();
  }

  @Test
  void nothingIsFetchedFromStrangersOrWithoutASnapshot() throws Exception {
    try (SnapshotTransfers receiver = fixture.receiver(fixture.files, root)) {
      for (String uri :
          List.of(
              "tideline://evil.example:80/7/00",
              "tideline://" + fixture.address + "/8/00",
              "file:///etc/passwd",
              "the disk is full")) {
        assertThat(receiver.fetch(PARTITION, uri, engine).join())
            .as(uri)
            .isInstanceOf(FetchResult.Refused.class);
      }
    }
    assertThat(fixture.chunks).hasValue(0);
  }

  @Test
  void snapshotsKeptForOthersAreBoundedAndEndWhenNobodyReads() throws Exception {
    SnapshotTransfers sender =
        new SnapshotTransfers(
            fixture.files,
            directory.resolve("other/t"),
            "localhost:1",
            a -> false,
            LIMITS.withPinnedMax(2).withIdleMillis(50));
    try (sender) {
      SnapshotOffer first = sender.offer(PARTITION, fixture.engine);
      SnapshotOffer second = sender.offer(PARTITION, fixture.engine);
      assertThatThrownBy(() -> sender.offer(PARTITION, fixture.engine))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("limit");
      await().until(() -> sender.pinned() == 0);
      assertThat(fixture.files.list(directory.resolve("other/t/out"))).isEmpty();
      first.close();
      second.close();
      sender.offer(PARTITION, fixture.engine).close();
    }
  }

  @Test
  void aRepairsOfferEndsWithItsFetchHoweverThatEnds() throws Exception {
    try (SnapshotTransfers receiver = fixture.receiver(fixture.files, root)) {
      SnapshotOffer read = fixture.sender.offer(PARTITION, fixture.engine);
      arrived(receiver.fetchForRepair(PARTITION, read.uri(), engine)).install();
      await().until(() -> fixture.sender.pinned() == 0);

      fixture.writeRun();
      SnapshotOffer cutOff = fixture.sender.offer(PARTITION, fixture.engine);
      fixture.breakAt = fixture.chunks.get() + 1;
      assertThat(receiver.fetchForRepair(PARTITION, cutOff.uri(), engine).join())
          .isInstanceOf(FetchResult.Refused.class);
      await().until(() -> fixture.sender.pinned() == 0);

      SnapshotOffer cancelled = fixture.sender.offer(PARTITION, fixture.engine);
      SnapshotFetch fetch = receiver.fetchForRepair(PARTITION, cancelled.uri(), engine);
      fetch.cancel();
      assertThat(fetch.join()).isInstanceOf(FetchResult.Refused.class);
      await().until(() -> fixture.sender.pinned() == 0);
    }
  }

  @Test
  void anOfferIsKeptWhileWhatIsHereAlreadyIsVerified() throws Exception {
    TransferLimits limits = LIMITS.withIdleMillis(3_000);
    Path own = directory.resolve("own");
    try (TransferFixture node = new TransferFixture(own, limits)) {
      node.writeRun();
      // As many questions as take longer than the sender waits for one.
      FileSystem slow =
          new DelegatingFileSystem() {
            @Override
            protected FileSystem delegate() {
              return node.files;
            }

            @Override
            public List<String> list(Path listed) throws IOException {
              if (listed.endsWith("in/7")) {
                await().until(() -> node.descriptions.get() > 7);
              }
              return super.list(listed);
            }
          };
      SnapshotOffer offer = node.sender.offer(PARTITION, node.engine);
      try (SnapshotTransfers receiver = node.receiver(slow, own.resolve("receiver"), limits)) {
        arrived(receiver.fetch(PARTITION, offer.uri(), own.resolve("receiver/7")));
      }
      offer.close();
    }
  }

  @Test
  void linksLeftByACrashAreDeletedAtTheNextStart() throws Exception {
    SnapshotOffer offer = fixture.sender.offer(PARTITION, fixture.engine);
    assertThat(fixture.files.list(directory.resolve("sender/t/out"))).hasSize(1);
    EngineState state = offer.state();
    assertThat(state.position().index()).isEqualTo(RUNS);
    new SnapshotTransfers(
            fixture.files, directory.resolve("sender/t"), "localhost:1", a -> false, LIMITS)
        .close();
    assertThat(fixture.files.list(directory.resolve("sender/t/out"))).isEmpty();
  }

  private interface Call {
    Object run() throws StatusException;
  }

  private static void assertRefused(Status.Code code, Call call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            StatusException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
  }

  private static ArrivedSnapshot arrived(SnapshotFetch fetch) throws InterruptedException {
    FetchResult result = fetch.join();
    assertThat(result).isInstanceOf(FetchResult.Arrived.class);
    return ((FetchResult.Arrived) result).snapshot();
  }

  private List<EngineSnapshot.FileInfo> snapshotFiles() throws IOException {
    return EngineSnapshot.read(fixture.files, directory.resolve("sender/7")).files();
  }

  private List<EngineSnapshot.FileInfo> offeredFiles() throws IOException {
    Path out = directory.resolve("sender/t/out");
    Path offered = out.resolve(fixture.files.list(out).getFirst());
    return EngineSnapshot.read(fixture.files, offered).files();
  }

  private static long chunksOf(List<EngineSnapshot.FileInfo> files) {
    return files.stream()
        .mapToLong(f -> (f.size() + LIMITS.chunkBytes() - 1) / LIMITS.chunkBytes())
        .sum();
  }

  /** Bytes of files that are complete. */
  private static long bytesKept(Path staging, List<EngineSnapshot.FileInfo> files)
      throws IOException {
    long kept = 0;
    for (EngineSnapshot.FileInfo file : files) {
      Path path = staging.resolve(file.name());
      if (Files.exists(path) && Files.size(path) == file.size()) {
        java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
        crc.update(Files.readAllBytes(path));
        kept += (int) crc.getValue() == file.crc32c() ? file.size() : 0;
      }
    }
    return kept;
  }

  private static ByteString flip(ByteString data) {
    byte[] bytes = data.toByteArray();
    bytes[bytes.length / 2] ^= 1;
    return ByteString.copyFrom(ByteBuffer.wrap(bytes));
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var walk = Files.walk(from)) {
      for (Path path : walk.toList()) {
        Files.copy(path, to.resolve(from.relativize(path).toString()));
      }
    }
  }
}
