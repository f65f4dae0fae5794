package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.fs.FileSystem.Mode;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.inspect.ChecksumVerifier;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.EngineLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * Damaged files. Every single flipped bit of a small engine is either reported or changes nothing;
 * nothing wrong is ever shown, and a file that is sound but not the right one is refused.
 */
class EngineCorruptionTest {

  private static final Path DIRECTORY = Path.of("/engine");
  private static final EngineOptions OPTIONS =
      EngineOptions.DEFAULTS
          .withMemtableBytes(64 << 10)
          .withBlockBytes(1 << 10)
          .withFilterBitsPerKey(4);

  private final EngineLog log = new EngineLog(17, 8, 60);

  private CrashFileSystem smallEngine() throws Exception {
    CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
    try (EngineResources resources = EngineResources.create(disk, 4 << 20, 1 << 20, 1);
        Engine engine = Engine.open(DIRECTORY, OPTIONS, resources)) {
      for (int i = 0; i < 8; i++) {
        engine.apply(log.next());
      }
      engine.flush().get();
    }
    return disk;
  }

  private static Path table() {
    return DIRECTORY.resolve(FileNames.table(1));
  }

  private static byte[] contents(CrashFileSystem disk, Path path) throws IOException {
    try (StorageFile file = disk.open(path, Mode.READ)) {
      byte[] bytes = new byte[(int) file.size()];
      assertThat(file.read(ByteBuffer.wrap(bytes), 0)).isEqualTo(bytes.length);
      return bytes;
    }
  }

  private static void overwrite(CrashFileSystem disk, Path path, byte[] bytes) throws IOException {
    try (StorageFile file = disk.open(path, Mode.READ_WRITE)) {
      file.setSize(bytes.length);
      file.write(ByteBuffer.wrap(bytes), 0);
    }
  }

  @Test
  void everyFlippedBitOfATableIsReportedOrHarmless() throws Exception {
    sweep(table());
  }

  @Test
  void everyFlippedBitOfAManifestIsReportedOrHarmless() throws Exception {
    sweep(DIRECTORY.resolve(FileNames.MANIFEST));
  }

  private void sweep(Path path) throws Exception {
    CrashFileSystem disk = smallEngine();
    byte[] good = contents(disk, path);
    int reported = 0;
    try (EngineResources resources = EngineResources.create(disk, 4 << 20, 1 << 20, 1)) {
      for (int bit = 0; bit < good.length * 8; bit++) {
        byte[] bad = good.clone();
        bad[bit >>> 3] ^= (byte) (1 << (bit & 7));
        overwrite(disk, path, bad);
        reported += reportsOrIsIdentical(resources, "bit " + bit + " of " + path) ? 1 : 0;
        overwrite(disk, path, good);
      }
    }
    assertThat(reported).as("most flips are noticed").isGreaterThan(good.length / 2);
  }

  /** True if the damage was reported; fails if something wrong was shown. */
  private boolean reportsOrIsIdentical(EngineResources resources, String what) {
    try (Engine engine = Engine.open(DIRECTORY, OPTIONS, resources)) {
      log.assertRecovered(engine);
      assertThat(engine.durableState().position().index()).as(what).isEqualTo(8);
      return false;
    } catch (CorruptionException | UnsupportedFormatException e) {
      return true;
    } catch (IOException e) {
      throw new AssertionError(what, e);
    }
  }

  @Test
  void theVerifierNamesFileAndOffset() throws Exception {
    CrashFileSystem disk = smallEngine();
    assertThat(ChecksumVerifier.verify(disk, DIRECTORY).problems()).isEmpty();
    byte[] bad = contents(disk, table());
    bad[70] ^= 1;
    overwrite(disk, table(), bad);
    assertThat(ChecksumVerifier.verify(disk, DIRECTORY).problems())
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.file()).isEqualTo(table());
              assertThat(problem.offset()).isEqualTo(48);
              assertThat(problem.expected()).startsWith("crc32c");
            });
  }

  @Test
  void aTruncatedTableIsCalledSo() throws Exception {
    CrashFileSystem disk = smallEngine();
    byte[] good = contents(disk, table());
    overwrite(disk, table(), java.util.Arrays.copyOf(good, good.length - 1));
    assertOpenFails(disk, CorruptionException.class, "bytes");
    overwrite(disk, table(), new byte[0]);
    assertOpenFails(disk, CorruptionException.class, "truncated");
  }

  @Test
  void aNewerFormatIsRefusedWithAdvice() throws Exception {
    CrashFileSystem disk = smallEngine();
    byte[] newer = contents(disk, DIRECTORY.resolve(FileNames.MANIFEST));
    newer[12] = 2;
    reseal(newer);
    overwrite(disk, DIRECTORY.resolve(FileNames.MANIFEST), newer);
    assertOpenFails(disk, UnsupportedFormatException.class, "format version is 2");
  }

  @Test
  void aFileOfSomethingElseIsNotOurs() throws Exception {
    CrashFileSystem disk = smallEngine();
    overwrite(disk, DIRECTORY.resolve(FileNames.MANIFEST), new byte[100]);
    assertOpenFails(disk, UnsupportedFormatException.class, "no Tideline manifest");
  }

  @Test
  void aTableOfAnotherEngineIsRefused() throws Exception {
    CrashFileSystem disk = smallEngine();
    byte[] foreign = contents(disk, table());
    foreign[16] ^= 1;
    reseal(foreign);
    overwrite(disk, table(), foreign);
    assertOpenFails(disk, UnsupportedFormatException.class, "of engine");
  }

  @Test
  void anOlderFileUnderTheSameNameIsNoticed() throws Exception {
    CrashFileSystem disk = smallEngine();
    Path snapshot = Path.of("/snapshot");
    try (EngineResources resources = EngineResources.create(disk, 4 << 20, 1 << 20, 1)) {
      try (Engine engine = Engine.open(DIRECTORY, OPTIONS, resources)) {
        engine.snapshot(snapshot);
        engine.apply(log.next());
        engine.flush().get();
      }
      try (Engine copy = Engine.open(snapshot, OPTIONS, resources)) {
        copy.apply(
            new WriteBatch()
                .clear(new LogPosition(9, 1))
                .append(new byte[] {1}, 900, 9, 0, new byte[3]));
        copy.flush().get();
      }
    }
    // Both engines have the same identity and each its own table 2.
    Path second = Path.of(FileNames.table(2));
    overwrite(disk, DIRECTORY.resolve(second), contents(disk, snapshot.resolve(second)));
    assertOpenFails(disk, CorruptionException.class, "");
  }

  @Test
  void tablesWithoutAManifestAreNotTakenForAnEmptyEngine() throws Exception {
    CrashFileSystem disk = smallEngine();
    disk.delete(DIRECTORY.resolve(FileNames.MANIFEST));
    assertOpenFails(disk, CorruptionException.class, "manifest");
    assertThat(disk.exists(table())).isTrue();
  }

  @Test
  void aMissingTableIsNamed() throws Exception {
    CrashFileSystem disk = smallEngine();
    disk.delete(table());
    assertOpenFails(disk, CorruptionException.class, FileNames.table(1));
  }

  private static void reseal(byte[] file) {
    ByteBuffer header = io.tideline.lsm.file.FileFrame.wrap(file);
    header.putInt(44, io.tideline.lsm.file.FileFrame.crc(file, 0, 44));
  }

  private static void assertOpenFails(
      CrashFileSystem disk, Class<? extends IOException> type, String words) {
    try (EngineResources resources = EngineResources.create(disk, 4 << 20, 1 << 20, 1)) {
      assertThatThrownBy(() -> Engine.open(DIRECTORY, OPTIONS, resources).close())
          .isInstanceOf(type)
          .hasMessageContaining(words);
    }
    assertThat(disk.openHandles()).isZero();
  }
}
