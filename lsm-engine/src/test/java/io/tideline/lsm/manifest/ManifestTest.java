package io.tideline.lsm.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.EngineState;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.fs.FileSystem.Mode;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.manifest.VersionEdit.Generations;
import io.tideline.lsm.row.KeyRanges;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.table.TableOrigin;
import io.tideline.lsm.table.TableProperties;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.FaultFileSystem;
import io.tideline.lsm.testing.FaultRule;
import io.tideline.lsm.testing.FaultRule.Fault;
import io.tideline.lsm.testing.FaultRule.Operation;
import io.tideline.lsm.testing.Golden;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ManifestTest {

  private static final UUID ENGINE = new UUID(0x0123456789abcdefL, 0x1122334455667788L);
  private static final Path DIRECTORY = Path.of("/engine");
  private static final Path FILE = DIRECTORY.resolve(FileNames.MANIFEST);

  private final CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);

  @BeforeEach
  void makeDirectory() throws IOException {
    disk.createDirectories(DIRECTORY);
  }

  private static EngineState state(long index) {
    return new EngineState(
        new LogPosition(index, 2), new byte[] {(byte) index}, index * 10, index * 5);
  }

  private static RunMeta run(long min, long max) {
    TableProperties properties =
        new TableProperties(
            1, 2, 3, 4, 5, 6, 7, 10, 8, 9, 0, new byte[] {16, 'a'}, new byte[] {16, 'z'});
    return new RunMeta(
        min, max, List.of(TableMeta.whole(max, ENGINE, 100, 0x1234, 0x5678, properties)));
  }

  private static VersionEdit flush(long generation) {
    return new VersionEdit(
        state(generation),
        generation + 1,
        generation + 1,
        List.of(),
        List.of(run(generation, generation)));
  }

  private static VersionEdit merge(long min, long max, Generations... removed) {
    return new VersionEdit(state(max), max + 1, max + 1, List.of(removed), List.of(run(min, max)));
  }

  private void writeThreeEdits() throws IOException {
    try (Manifest manifest = Manifest.create(disk, DIRECTORY, ENGINE, ManifestState.EMPTY)) {
      manifest.append(flush(1));
      manifest.append(flush(2));
    }
  }

  private byte[] bytes() throws IOException {
    try (StorageFile file = disk.open(FILE, Mode.READ)) {
      byte[] bytes = new byte[(int) file.size()];
      assertThat(file.read(ByteBuffer.wrap(bytes), 0)).isEqualTo(bytes.length);
      return bytes;
    }
  }

  private void overwrite(byte[] bytes, int length) throws IOException {
    try (StorageFile file = disk.open(FILE, Mode.READ_WRITE)) {
      file.setSize(length);
      file.write(ByteBuffer.wrap(bytes, 0, length), 0);
    }
  }

  @Test
  void theFormatIsThatOfTheGoldenFile() throws IOException {
    writeThreeEdits();
    Golden.assertSame("manifest-v1", bytes());
  }

  /** An inherited table of which two ranges count, beside a whole one. */
  private static RunMeta virtualRun(long generation) {
    TableMeta whole = run(generation, generation).tables().getFirst();
    KeyRanges bounds =
        new KeyRanges(
            List.of(
                new KeyRanges.Range(new byte[] {2}, new byte[] {3}),
                new KeyRanges.Range(new byte[] {16, 'b'}, new byte[] {16, 'q'})));
    TableMeta inherited =
        new TableMeta(
            generation + 100,
            new TableOrigin(new UUID(7, 8), 9),
            200,
            0x4321,
            0x8765,
            bounds,
            150,
            whole.properties());
    return new RunMeta(generation, generation, List.of(inherited, whole));
  }

  @Test
  void theFormatOfBoundsIsThatOfTheGoldenFile() throws IOException {
    try (Manifest manifest = Manifest.create(disk, DIRECTORY, ENGINE, ManifestState.EMPTY)) {
      manifest.append(new VersionEdit(state(3), 200, 4, List.of(), List.of(virtualRun(3))));
    }
    Golden.assertSame("manifest-bounds-v1", bytes());
    RunMeta read = ManifestReader.read(disk, FILE).state().runs().getFirst();
    assertThat(read).isEqualTo(virtualRun(3));
    assertThat(read.isVirtual()).isTrue();
    assertThat(read.size()).isEqualTo(300);
    assertThat(read.liveBytes()).isEqualTo(250);
    assertThat(read.rows()).as("2 and three quarters of 2, rounded").isEqualTo(4);
  }

  @Test
  void editsAddUp() throws IOException {
    writeThreeEdits();
    try (Manifest manifest = Manifest.open(disk, DIRECTORY)) {
      assertThat(manifest.engineId()).isEqualTo(ENGINE);
      assertThat(manifest.state().state()).isEqualTo(state(2));
      assertThat(manifest.state().runs()).containsExactly(run(2, 2), run(1, 1));
      manifest.append(merge(1, 2, new Generations(1, 1), new Generations(2, 2)));
      manifest.append(flush(3));
    }
    assertThat(ManifestReader.read(disk, FILE).state().runs())
        .containsExactly(run(3, 3), run(1, 2));
  }

  @Test
  void aTornLastEditIsForgottenAndAppendingGoesOn() throws IOException {
    writeThreeEdits();
    byte[] whole = bytes();
    List<ManifestReader.Placed> edits = ManifestReader.read(disk, FILE).edits();
    int lastEdit = (int) edits.get(2).offset();
    for (int length = lastEdit;
        length < whole.length - ManifestReader.RECORD_OVERHEAD;
        length += 3) {
      overwrite(whole, length);
      assertThat(ManifestReader.read(disk, FILE).state().state()).isEqualTo(state(1));
      try (Manifest manifest = Manifest.open(disk, DIRECTORY)) {
        manifest.append(flush(2));
      }
      assertThat(ManifestReader.read(disk, FILE).state().state()).isEqualTo(state(2));
    }
  }

  @Test
  void aDamagedEditIsNotTakenForATornOne() throws IOException {
    writeThreeEdits();
    byte[] whole = bytes();
    for (ManifestReader.Placed edit : ManifestReader.read(disk, FILE).edits()) {
      byte[] bad = whole.clone();
      bad[(int) edit.offset() + 20] ^= 4;
      overwrite(bad, bad.length);
      assertThatThrownBy(() -> ManifestReader.read(disk, FILE))
          .isInstanceOf(CorruptionException.class);
    }
  }

  @Test
  void aGrownFileIsRewrittenAndSaysTheSame() throws IOException {
    try (Manifest manifest = Manifest.create(disk, DIRECTORY, ENGINE, ManifestState.EMPTY)) {
      long largest = 0;
      byte[] configuration = new byte[100_000];
      for (long i = 1; i <= 60; i++) {
        EngineState state = new EngineState(new LogPosition(i, 1), configuration, 0, 0);
        manifest.append(new VersionEdit(state, i + 1, i + 1, List.of(), List.of(run(i, i))));
        largest = Math.max(largest, disk.size(FILE));
      }
      assertThat(largest).isLessThan(Manifest.REWRITE_BYTES + 200_000);
    }
    ManifestReader.Content content = ManifestReader.read(disk, FILE);
    assertThat(content.state().runs()).hasSize(60);
    assertThat(content.state().state().position().index()).isEqualTo(60);
    assertThat(content.edits().size()).isLessThan(60);
    assertThat(disk.list(DIRECTORY)).containsExactly(FileNames.MANIFEST);
  }

  /** Else the edit of a merge, behind a flush whose fate is unknown, could take the state back. */
  @Test
  void nothingIsWrittenBehindAnEditOfUnknownFate() throws IOException {
    for (Operation operation : List.of(Operation.WRITE, Operation.FORCE)) {
      for (int nth = 1; nth <= 2; nth++) {
        disk.createDirectories(DIRECTORY);
        FaultFileSystem faulty = new FaultFileSystem(disk, nth);
        try (Manifest manifest = Manifest.create(faulty, DIRECTORY, ENGINE, ManifestState.EMPTY)) {
          manifest.append(flush(1));
          faulty.arm(FaultRule.nth(nth, Fault.IO_ERROR, Set.of(operation)));
          assertThatThrownBy(
                  () -> {
                    manifest.append(flush(2)); // Two writes, the edit and its seal; one force.
                    manifest.append(flush(3));
                  })
              .isInstanceOf(IOException.class);
          faulty.disarm();
          byte[] left = bytes();
          assertThatThrownBy(() -> manifest.append(merge(1, 1, new Generations(1, 1))))
              .isInstanceOf(IOException.class)
              .hasMessageContaining("failed before");
          assertThat(bytes()).isEqualTo(left);
        }
        disk.delete(FILE);
      }
    }
  }

  @Test
  void editsThatDoNotFitAreRefused() throws IOException {
    try (Manifest manifest = Manifest.create(disk, DIRECTORY, ENGINE, ManifestState.EMPTY)) {
      manifest.append(flush(1));
      assertThatThrownBy(() -> manifest.append(merge(1, 2, new Generations(2, 2))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("absent");
      assertThatThrownBy(() -> manifest.append(merge(1, 2)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("overlap");
      assertThat(manifest.state().state()).isEqualTo(state(1));
    }
  }
}
