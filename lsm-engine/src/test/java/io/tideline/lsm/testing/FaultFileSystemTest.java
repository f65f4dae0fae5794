package io.tideline.lsm.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.fs.DiskFullException;
import io.tideline.lsm.fs.FileSystem.Mode;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.FaultRule.Fault;
import io.tideline.lsm.testing.FaultRule.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultFileSystemTest {

  private static final Path DIR = Path.of("/d");
  private static final Path FILE = DIR.resolve("f");
  private static final int PAGE = CrashInode.PAGE_BYTES;

  private final CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
  private final FaultFileSystem fs = new FaultFileSystem(disk, 7);

  @BeforeEach
  void makeFile() throws IOException {
    disk.createDirectories(DIR);
    try (StorageFile file = disk.open(FILE, Mode.CREATE_NEW)) {
      file.write(filled(8 * PAGE, 'o'), 0);
      for (int page = 0; page < 8; page++) {
        file.write(filled(1, 'a' + page), (long) page * PAGE);
      }
      file.force();
    }
  }

  /** Seven operations. */
  private static void program(FaultFileSystem on) throws IOException {
    try (StorageFile file = on.open(FILE, Mode.READ_WRITE)) {
      file.read(ByteBuffer.allocate(10), 0);
      file.write(filled(10, 'x'), 0);
      file.force();
    }
    on.link(FILE, DIR.resolve("g"));
    on.delete(DIR.resolve("g"));
    on.syncDirectory(DIR);
  }

  @Test
  void nthLoopFailsEachOperationOnceAndThenNone() throws IOException {
    int failures = 0;
    for (long n = 1; ; n++) {
      FaultFileSystem faulty = new FaultFileSystem(disk.crashClone(n, 100), n);
      faulty.arm(FaultRule.nth(n, Fault.IO_ERROR));
      try {
        program(faulty);
        assertThat(faulty.faultsFired()).isZero();
        break;
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("Input/output error");
        assertThat(faulty.faultsFired()).isEqualTo(1);
        failures++;
      }
    }
    assertThat(failures).isEqualTo(7);
  }

  @Test
  void faultsMayBeLimitedToKindsAndPaths() throws IOException {
    fs.arm(
        FaultRule.always(
            Fault.IO_ERROR, Set.of(Operation.FORCE), path -> path.toString().endsWith("f")));
    try (StorageFile file = fs.open(FILE, Mode.READ_WRITE)) {
      file.write(filled(1, 'x'), 0);
      assertThatThrownBy(file::force).isInstanceOf(IOException.class);
      fs.disarm();
      file.force();
    }
    assertThat(fs.faultsFired()).isEqualTo(1);
  }

  @Test
  void shortWriteLeavesAPrefix() throws IOException {
    fs.arm(FaultRule.nth(1, Fault.SHORT_WRITE_NO_SPACE, Set.of(Operation.WRITE)));
    try (StorageFile file = fs.open(FILE, Mode.READ_WRITE)) {
      assertThatThrownBy(() -> file.write(filled(2 * PAGE, 'x'), 0))
          .isInstanceOf(DiskFullException.class);
    }
    byte[] content = content();
    int prefix = 0;
    while (content[prefix] == 'x') {
      prefix++;
    }
    assertThat(prefix).isBetween(1, 2 * PAGE - 1);
    assertThat(content[prefix]).isNotEqualTo((byte) 'x');
  }

  @Test
  void failedForceLosesPagesAndLaterForcesSucceed() throws IOException {
    fs.arm(FaultRule.nth(1, Fault.LOSE_PAGES, Set.of(Operation.FORCE)));
    try (StorageFile file = fs.open(FILE, Mode.READ_WRITE)) {
      file.write(filled(8 * PAGE, 'x'), 0);
      assertThatThrownBy(file::force).isInstanceOf(IOException.class);
      file.force();
    }
    byte[] content = content();
    int lost = 0;
    for (int page = 0; page < 8; page++) {
      byte[] bytes = Arrays.copyOfRange(content, page * PAGE + 1, (page + 1) * PAGE);
      byte expected = bytes[0];
      assertThat(expected).isIn((byte) 'o', (byte) 'x');
      assertThat(bytes).containsOnly(expected);
      lost += expected == 'o' ? 1 : 0;
    }
    assertThat(lost).isBetween(1, 7);
  }

  @Test
  void readsAndWritesMayLie() throws IOException {
    try (StorageFile file = fs.open(FILE, Mode.READ_WRITE)) {
      fs.arm(FaultRule.nth(1, Fault.BIT_FLIP, Set.of(Operation.READ)));
      assertThat(changedBits(page(file, 1), page(file, 1))).isEqualTo(1);
      fs.disarm();

      fs.arm(FaultRule.nth(1, Fault.MISDIRECTED_READ, Set.of(Operation.READ)));
      assertThat(page(file, 1)[0]).isEqualTo((byte) 'a');
      assertThat(page(file, 1)[0]).isEqualTo((byte) 'b');
      fs.disarm();

      fs.arm(FaultRule.nth(1, Fault.LOST_WRITE, Set.of(Operation.WRITE)));
      file.write(filled(1, '!'), 0);
      assertThat(page(file, 0)[0]).isEqualTo((byte) 'a');
      fs.disarm();

      fs.arm(FaultRule.nth(1, Fault.MISDIRECTED_WRITE, Set.of(Operation.WRITE)));
      file.write(filled(1, '!'), 0);
      assertThat(page(file, 0)[0]).isEqualTo((byte) 'a');
      assertThat(page(file, 1)[0]).isEqualTo((byte) '!');
    }
    assertThat(fs.faultsFired()).isEqualTo(4);
  }

  private byte[] content() throws IOException {
    try (StorageFile file = disk.open(FILE, Mode.READ)) {
      ByteBuffer buffer = ByteBuffer.allocate((int) file.size());
      file.read(buffer, 0);
      return buffer.array();
    }
  }

  private static byte[] page(StorageFile file, int page) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(PAGE);
    file.read(buffer, (long) page * PAGE);
    return buffer.array();
  }

  private static int changedBits(byte[] one, byte[] two) {
    int bits = 0;
    for (int i = 0; i < one.length; i++) {
      bits += Integer.bitCount((one[i] ^ two[i]) & 0xff);
    }
    return bits;
  }

  private static ByteBuffer filled(int bytes, int with) {
    byte[] content = new byte[bytes];
    Arrays.fill(content, (byte) with);
    return ByteBuffer.wrap(content);
  }
}
