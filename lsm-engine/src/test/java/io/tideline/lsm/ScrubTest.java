package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.fs.FileSystem.Mode;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.inspect.EngineChecker;
import io.tideline.lsm.inspect.EngineInspector;
import io.tideline.lsm.testing.Await;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bits that rot under a live engine. */
class ScrubTest {

  private static final Path DIRECTORY = Path.of("/data/engine");
  private static final EngineOptions OPTIONS =
      EngineOptions.DEFAULTS
          .withMemtableBytes(64 << 10)
          .withBlockBytes(1 << 10)
          .withCompression(EngineOptions.Compression.NONE);

  private final CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);

  /** No cache, so that every read reads the disk. */
  private final EngineResources resources = EngineResources.create(disk, 16 << 20, 0, 1);

  private long index;

  @BeforeEach
  void unlimited() {
    resources.setBackgroundReadBytesPerSecond(0);
  }

  @AfterEach
  void close() {
    resources.close();
    assertThat(disk.openHandles()).isZero();
  }

  private static byte[] timeline(int number) {
    return String.format("t%03d", number).getBytes(StandardCharsets.US_ASCII);
  }

  /** One more table, with a row for each of a hundred timelines. */
  private void addTable(Engine engine) throws Exception {
    index++;
    WriteBatch batch = new WriteBatch().clear(new LogPosition(index, 1));
    for (int i = 0; i < 100; i++) {
      batch.append(timeline(i), index, index, 0, new byte[100]);
    }
    engine.apply(batch);
    engine.flush().get();
  }

  private Engine engine(int tables) throws Exception {
    Engine engine = Engine.open(DIRECTORY, OPTIONS, resources);
    for (int i = 0; i < tables; i++) {
      addTable(engine);
    }
    engine.awaitQuiescence();
    return engine;
  }

  private static Path table(long id) {
    return DIRECTORY.resolve(FileNames.table(id));
  }

  private void flip(Path path, long offset) throws IOException {
    try (StorageFile file = disk.open(path, Mode.READ_WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      assertThat(file.read(one, offset)).isEqualTo(1);
      one.put(0, (byte) (one.get(0) ^ 4));
      file.write(one.flip(), offset);
    }
  }

  @Test
  void soundFilesAreReadToTheLast() throws Exception {
    try (Engine engine = engine(3)) {
      assertThat(engine.scrubStatus().lastFinishedMillis()).isZero();
      engine.scrub().get();
      ScrubStatus status = engine.scrubStatus();
      assertThat(status.filesVerified()).isEqualTo(3);
      assertThat(status.bytesVerified()).isEqualTo(engine.stats().tableBytes());
      assertThat(status.running()).isFalse();
      assertThat(status.lastFinishedMillis()).isPositive();
      assertThat(engine.damage()).isEmpty();
    }
    assertThat(EngineInspector.quarantined(disk, DIRECTORY)).isEmpty();
  }

  @Test
  void aFlippedBitIsReportedWithItsBlockAndKeys() throws Exception {
    try (Engine engine = engine(3)) {
      flip(table(2), 3_000);
      engine.scrub().get();
      assertThat(engine.damage())
          .singleElement()
          .satisfies(
              damage -> {
                assertThat(damage.file()).isEqualTo(table(2));
                assertThat(damage.block()).isPositive();
                assertThat(damage.offset()).isLessThanOrEqualTo(3_000);
                assertThat(damage.expected()).startsWith("crc32c");
                assertThat(damage.found()).startsWith("crc32c").isNotEqualTo(damage.expected());
                assertThat(damage.firstKey()).startsWith("timeline 74");
                assertThat(damage.lastKey()).isGreaterThan(damage.firstKey());
              });
      assertThat(engine.failure()).isNull();
      assertThat(disk.list(DIRECTORY.resolve(FileNames.QUARANTINE)))
          .containsExactly(FileNames.table(2), FileNames.table(2) + ".txt");
    }
    assertThat(EngineInspector.quarantined(disk, DIRECTORY)).containsExactly(FileNames.table(2));
  }

  @Test
  void whatIsDamagedIsNeitherMergedNorCopiedAndTheRestGoesOn() throws Exception {
    try (Engine engine = engine(2)) {
      flip(table(1), 200);
      engine.scrub().get();
      assertThatThrownBy(() -> engine.compactAll().get())
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(CorruptionException.class)
          .hasMessageContaining(FileNames.table(1));
      assertThatThrownBy(() -> engine.snapshot(Path.of("/data/copy")))
          .isInstanceOf(CorruptionException.class);
      for (int i = 0; i < 20; i++) {
        addTable(engine);
      }
      engine.awaitQuiescence();
      assertThat(engine.stats().compactions()).isZero();
      assertThat(engine.stats().runs()).isEqualTo(22);
      try (ReadView view = engine.view()) {
        assertThatThrownBy(() -> rows(view, 0)).isInstanceOf(CorruptionException.class);
        assertThat(rows(view, 99)).as("in a sound block").isEqualTo(22);
      }
    }
  }

  private static int rows(ReadView view, int timeline) throws IOException {
    int count = 0;
    try (RowCursor rows =
        view.scan(timeline(timeline), Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD)) {
      while (rows.next()) {
        count++;
      }
    }
    return count;
  }

  @Test
  void aCompactionThatMeetsDamageEndsAndTheEngineGoesOn() throws Exception {
    try (Engine engine = engine(3)) {
      flip(table(3), 200);
      assertThatThrownBy(() -> engine.compactAll().get())
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(CorruptionException.class);
      Await.until("the table is verified", () -> !engine.damage().isEmpty());
      assertThat(engine.damage().getFirst().block()).isZero();
      assertThat(engine.failure()).isNull();
      addTable(engine);
    }
  }

  @Test
  void whatAReaderSuspectsIsVerifiedAtOnce() throws Exception {
    try (Engine engine = engine(2)) {
      flip(table(2), 200);
      try (ReadView view = engine.view()) {
        rows(view, 0);
        throw new AssertionError("damage was read");
      } catch (CorruptionException e) {
        engine.suspect(e);
      }
      Await.until("the table is verified", () -> !engine.damage().isEmpty());
      assertThat(engine.damage().getFirst().file()).isEqualTo(table(2));
    }
  }

  @Test
  void damageOutsideOfBlocksIsOfTheFileAsAWhole() throws Exception {
    try (Engine engine = engine(1)) {
      flip(table(1), disk.size(table(1)) - 100);
      engine.scrub().get();
      assertThat(engine.damage())
          .singleElement()
          .satisfies(damage -> assertThat(damage.block()).isEqualTo(-1));
      try (ReadView view = engine.view()) {
        assertThat(rows(view, 5)).isEqualTo(1);
      }
    }
  }

  @Test
  void damageIsRememberedUntilTheFileIsSoundOrGone() throws Exception {
    try (Engine engine = engine(2)) {
      flip(table(1), 200);
      engine.scrub().get();
    }
    try (Engine engine = Engine.open(DIRECTORY, OPTIONS, resources)) {
      assertThat(engine.damage()).hasSize(1);
      assertThat(engine.compactAll()).isCompletedExceptionally();
    }
    flip(table(1), 200); // It was the cable.
    try (Engine engine = Engine.open(DIRECTORY, OPTIONS, resources)) {
      assertThat(engine.damage()).isEmpty();
      engine.compactAll().get();
    }
    assertThat(EngineChecker.check(disk, DIRECTORY)).isEmpty();
    assertThat(EngineInspector.quarantined(disk, DIRECTORY)).as("kept for study").hasSize(1);
  }

  @Test
  void aDamagedManifestIsWrittenAnew() throws Exception {
    Path manifest = DIRECTORY.resolve(FileNames.MANIFEST);
    try (Engine engine = engine(2)) {
      flip(manifest, 80);
      assertThatThrownBy(() -> EngineInspector.manifest(disk, DIRECTORY))
          .isInstanceOf(CorruptionException.class);
      engine.scrub().get();
      assertThat(engine.scrubStatus().manifestsRepaired()).isEqualTo(1);
      addTable(engine);
    }
    assertThat(EngineInspector.manifest(disk, DIRECTORY).runs()).hasSize(3);
    assertThat(EngineChecker.check(disk, DIRECTORY)).isEmpty();
  }

  @Test
  void aPassGoesOnWhereItStopped() throws Exception {
    CompletableFuture<Void> pass;
    try (Engine engine = engine(4)) {
      resources.setBackgroundReadBytesPerSecond(1);
      pass = engine.scrub();
      Await.until("one file is read", () -> engine.scrubStatus().filesVerified() == 1);
      assertThat(engine.scrubStatus().filesLeft()).isEqualTo(3);
    }
    assertThat(pass).isCancelled();
    resources.setBackgroundReadBytesPerSecond(0);
    try (Engine engine = Engine.open(DIRECTORY, OPTIONS, resources)) {
      assertThat(engine.scrubStatus().filesLeft()).isEqualTo(3);
      engine.scrub().get();
      assertThat(engine.scrubStatus().filesVerified()).isEqualTo(3);
    }
  }
}
