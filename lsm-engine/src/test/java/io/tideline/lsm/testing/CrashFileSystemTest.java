package io.tideline.lsm.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.fs.DiskFullException;
import io.tideline.lsm.fs.FileSystem.Mode;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CrashFileSystemTest {

  private static final Path DIR = Path.of("/data/db");
  private static final int PAGE = CrashInode.PAGE_BYTES;

  private final CrashFileSystem fs = new CrashFileSystem(Order.ARBITRARY);

  private void makeDirectory(CrashFileSystem on) throws IOException {
    on.createDirectories(DIR);
    on.syncDirectory(Path.of("/"));
    on.syncDirectory(Path.of("/data"));
  }

  @Test
  void behavesAsAFileSystemWhileItRuns() throws IOException {
    makeDirectory(fs);
    write(fs, "a", "hello", false);
    fs.link(DIR.resolve("a"), DIR.resolve("b"));
    fs.rename(DIR.resolve("a"), DIR.resolve("c"));
    assertThat(fs.list(DIR)).containsExactly("b", "c");
    assertThat(read(fs, "b")).isEqualTo("hello");
    fs.delete(DIR.resolve("b"));
    assertThat(read(fs, "c")).isEqualTo("hello");
    assertThat(fs.exists(DIR.resolve("b"))).isFalse();
    assertThatThrownBy(() -> fs.open(DIR.resolve("b"), Mode.READ))
        .isInstanceOf(NoSuchFileException.class);
    assertThat(fs.openHandles()).isZero();
  }

  @Test
  void fileWithoutDirectorySyncIsLost() throws IOException {
    makeDirectory(fs);
    write(fs, "a", "hello", true);
    assertThat(fs.crashClone(1, 0).list(DIR)).isEmpty();
  }

  @Test
  void directoryWithoutSyncOfItsParentIsLostWithAllInIt() throws IOException {
    fs.createDirectories(DIR);
    write(fs, "a", "hello", true);
    fs.syncDirectory(DIR);
    assertThat(fs.crashClone(1, 0).exists(DIR)).isFalse();
  }

  @Test
  void entryWithoutForceIsAnEmptyFile() throws IOException {
    makeDirectory(fs);
    write(fs, "a", "hello", false);
    fs.syncDirectory(DIR);
    assertThat(read(fs.crashClone(1, 0), "a")).isEmpty();
    assertThat(read(fs.crashClone(1, 100), "a")).isEqualTo("hello");
  }

  @Test
  void forcedBytesSurviveEveryCrash() throws IOException {
    makeDirectory(fs);
    write(fs, "a", "x".repeat(PAGE + 100), true);
    fs.syncDirectory(DIR);
    try (StorageFile file = fs.open(DIR.resolve("a"), Mode.READ_WRITE)) {
      file.write(bytes("y".repeat(PAGE)), PAGE + 100);
    }
    for (int seed = 0; seed < 200; seed++) {
      CrashFileSystem after = fs.crashClone(seed, 50);
      assertThat(read(after, "a")).startsWith("x".repeat(PAGE + 100));
    }
  }

  @Test
  void unsyncedPagesAreKeptDroppedAndTornAtSectors() throws IOException {
    makeDirectory(fs);
    write(fs, "a", "-".repeat(2 * PAGE), true);
    fs.syncDirectory(DIR);
    try (StorageFile file = fs.open(DIR.resolve("a"), Mode.READ_WRITE)) {
      file.write(bytes("+".repeat(2 * PAGE)), 0);
    }
    Set<String> firstPages = new HashSet<>();
    boolean independent = false;
    for (int seed = 0; seed < 300; seed++) {
      String content = read(fs.crashClone(seed, 50), "a");
      assertThat(content).hasSize(2 * PAGE);
      for (int at = 0; at < content.length(); at += CrashInode.SECTOR_BYTES) {
        String sector = content.substring(at, at + CrashInode.SECTOR_BYTES);
        assertThat(sector.chars().distinct().count()).isEqualTo(1);
      }
      firstPages.add(content.substring(0, PAGE));
      independent |= !content.substring(0, PAGE).equals(content.substring(PAGE));
    }
    assertThat(firstPages).contains("-".repeat(PAGE), "+".repeat(PAGE)).hasSizeGreaterThan(10);
    assertThat(independent).isTrue();
  }

  @Test
  void sizeIsOldOrNewOrBetweenAndTheRestZeros() throws IOException {
    makeDirectory(fs);
    write(fs, "a", "-".repeat(100), true);
    fs.syncDirectory(DIR);
    try (StorageFile file = fs.open(DIR.resolve("a"), Mode.READ_WRITE)) {
      file.write(bytes("+".repeat(3 * PAGE)), 100);
    }
    Set<Integer> sizes = new HashSet<>();
    for (int seed = 0; seed < 300; seed++) {
      String content = read(fs.crashClone(seed, 50), "a");
      sizes.add(content.length());
      assertThat(content).startsWith("-".repeat(100)).matches("-{100}[+\0]*");
    }
    assertThat(sizes).contains(100, 3 * PAGE + 100).hasSizeGreaterThan(20);
  }

  @Test
  void shrunkAndGrownFileShowsNoOldBytesOnceForced() throws IOException {
    makeDirectory(fs);
    write(fs, "a", "-".repeat(4 * PAGE), true);
    fs.syncDirectory(DIR);
    try (StorageFile file = fs.open(DIR.resolve("a"), Mode.READ_WRITE)) {
      file.setSize(10);
      file.write(bytes("+"), 3 * PAGE);
      file.force();
    }
    String expected = "-".repeat(10) + "\0".repeat(3 * PAGE - 10) + "+";
    assertThat(read(fs, "a")).isEqualTo(expected);
    assertThat(read(fs.crashClone(3, 50), "a")).isEqualTo(expected);
  }

  @ParameterizedTest
  @EnumSource(Order.class)
  void renameIsAtomic(Order order) throws IOException {
    CrashFileSystem disk = new CrashFileSystem(order);
    makeDirectory(disk);
    write(disk, "CURRENT", "old", true);
    disk.syncDirectory(DIR);
    write(disk, "tmp", "new", true);
    disk.rename(DIR.resolve("tmp"), DIR.resolve("CURRENT"));
    Set<String> seen = new HashSet<>();
    for (int seed = 0; seed < 100; seed++) {
      CrashFileSystem after = disk.crashClone(seed, 50);
      String content = read(after, "CURRENT");
      assertThat(content).isIn("old", "new");
      if (content.equals("new")) {
        assertThat(after.list(DIR)).containsExactly("CURRENT");
      }
      seen.add(content);
    }
    assertThat(seen).hasSize(2);
  }

  @Test
  void orderedModeKeepsAPrefixOfDirectoryOperations() throws IOException {
    Set<List<String>> ordered = survivors(Order.ORDERED);
    assertThat(ordered)
        .containsExactlyInAnyOrder(
            List.of(), List.of("a"), List.of("a", "b"), List.of("a", "b", "c"));
    assertThat(survivors(Order.ARBITRARY)).contains(List.of("c"), List.of("b")).hasSize(8);
  }

  private Set<List<String>> survivors(Order order) throws IOException {
    CrashFileSystem disk = new CrashFileSystem(order);
    makeDirectory(disk);
    for (String name : List.of("a", "b", "c")) {
      write(disk, name, name, true);
    }
    Set<List<String>> seen = new HashSet<>();
    for (int seed = 0; seed < 200; seed++) {
      seen.add(disk.crashClone(seed, 50).list(DIR));
    }
    return seen;
  }

  @Test
  void hardLinksStayOneInodeAfterACrash() throws IOException {
    makeDirectory(fs);
    write(fs, "a", "hello", true);
    fs.link(DIR.resolve("a"), DIR.resolve("b"));
    fs.syncDirectory(DIR);
    CrashFileSystem after = fs.crashClone(1, 0);
    try (StorageFile file = after.open(DIR.resolve("a"), Mode.READ_WRITE)) {
      file.write(bytes("J"), 0);
    }
    assertThat(read(after, "b")).isEqualTo("Jello");
    assertThat(read(fs, "b")).isEqualTo("hello");
  }

  @Test
  void sameSeedGivesTheSameDisk() throws IOException {
    makeDirectory(fs);
    for (int i = 0; i < 10; i++) {
      write(fs, "f" + i, "content ".repeat(i * 200), i % 2 == 0);
    }
    for (int seed = 0; seed < 20; seed++) {
      CrashFileSystem one = fs.crashClone(seed, 50);
      CrashFileSystem two = fs.crashClone(seed, 50);
      assertThat(one.list(DIR)).isEqualTo(two.list(DIR));
      for (String name : one.list(DIR)) {
        assertThat(read(one, name)).isEqualTo(read(two, name));
      }
    }
  }

  @Test
  void everySyncIsAPointToCrashAt() throws IOException {
    List<CrashFileSystem> crashes = new ArrayList<>();
    fs.onSyncPoint(n -> crashes.add(fs.crashClone(n, 0)));
    makeDirectory(fs);
    write(fs, "a", "1", true);
    fs.syncDirectory(DIR);
    assertThat(fs.syncPoints()).isEqualTo(4).isEqualTo(crashes.size());
    assertThat(crashes.get(3).list(DIR)).isEmpty();
    assertThat(read(fs.crashClone(0, 0), "a")).isEqualTo("1");
  }

  @Test
  void noWorkWithoutPower() throws IOException {
    makeDirectory(fs);
    write(fs, "a", "1", true);
    try (StorageFile file = fs.open(DIR.resolve("a"), Mode.READ_WRITE)) {
      fs.powerOff();
      assertThatThrownBy(() -> file.write(bytes("2"), 0)).hasMessage("the power is off");
      assertThatThrownBy(file::force).hasMessage("the power is off");
    }
    assertThatThrownBy(() -> fs.syncDirectory(DIR)).hasMessage("the power is off");
    assertThat(read(fs.crashClone(0, 100), "a")).isEqualTo("1");
  }

  @Test
  void lyingDiskLosesWhatItSaidWasSynced() throws IOException {
    makeDirectory(fs);
    fs.ignoreSyncs(true, false);
    write(fs, "a", "hello", true);
    fs.syncDirectory(DIR);
    assertThat(read(fs.crashClone(1, 0), "a")).isEmpty();
    fs.ignoreSyncs(false, true);
    write(fs, "b", "hello", true);
    fs.syncDirectory(DIR);
    assertThat(fs.crashClone(1, 0).list(DIR)).containsExactly("a");
  }

  @Test
  void fullDiskRefusesAndDeletedSpaceComesBackWithTheLastHandle() throws IOException {
    makeDirectory(fs);
    fs.setCapacityBytes(4 * PAGE);
    write(fs, "a", "x".repeat(3 * PAGE), true);
    assertThat(fs.usableBytes(DIR)).isEqualTo(PAGE);
    assertThatThrownBy(() -> write(fs, "b", "x".repeat(2 * PAGE), true))
        .isInstanceOf(DiskFullException.class)
        .hasMessageContaining(PAGE + " bytes are free");
    try (StorageFile file = fs.open(DIR.resolve("a"), Mode.READ_WRITE)) {
      assertThatThrownBy(() -> file.setSize(9 * PAGE)).isInstanceOf(DiskFullException.class);
      file.setSize(4 * PAGE);
      fs.delete(DIR.resolve("a"));
      assertThat(fs.usedBytes()).isEqualTo(4 * PAGE);
    }
    assertThat(fs.usedBytes()).isZero();
  }

  @Test
  void lockedDirectoryIsFreeAfterACrash() throws IOException {
    makeDirectory(fs);
    try (var held = fs.lock(DIR)) {
      assertThat(held).isNotNull();
      assertThatThrownBy(() -> fs.lock(DIR)).hasMessageContaining(DIR.toString());
      fs.crashClone(0, 0).lock(DIR).close();
    }
    fs.lock(DIR).close();
  }

  private static void write(CrashFileSystem on, String name, String content, boolean force)
      throws IOException {
    try (StorageFile file = on.open(DIR.resolve(name), Mode.CREATE_NEW)) {
      file.write(bytes(content), 0);
      if (force) {
        file.force();
      }
    }
  }

  private static String read(CrashFileSystem on, String name) throws IOException {
    try (StorageFile file = on.open(DIR.resolve(name), Mode.READ)) {
      ByteBuffer buffer = ByteBuffer.allocate((int) file.size());
      file.read(buffer, 0);
      return new String(buffer.array(), UTF_8);
    }
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }
}
