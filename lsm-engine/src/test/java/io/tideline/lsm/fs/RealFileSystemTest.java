package io.tideline.lsm.fs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tideline.lsm.fs.FileSystem.Mode;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RealFileSystemTest {

  @TempDir Path directory;
  private final RealFileSystem fs = new RealFileSystem();

  @Test
  void readsBackWhatWasWrittenAtPositions() throws IOException {
    try (StorageFile file = fs.open(directory.resolve("f"), Mode.CREATE_NEW)) {
      file.write(bytes("world"), 5);
      file.write(bytes("hello"), 0);
      file.force();
      assertThat(read(file, 0, 10)).isEqualTo("helloworld");
      assertThat(read(file, 7, 100)).isEqualTo("rld");
      assertThat(read(file, 10, 1)).isEmpty();
      assertThat(read(file, 99, 1)).isEmpty();
      assertThat(file.size()).isEqualTo(10);
    }
  }

  @Test
  void modesSayWhetherTheFileMustExist() throws IOException {
    Path path = directory.resolve("f");
    assertThatThrownBy(() -> fs.open(path, Mode.READ)).isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> fs.open(path, Mode.READ_WRITE))
        .isInstanceOf(NoSuchFileException.class);
    fs.open(path, Mode.CREATE_NEW).close();
    assertThatThrownBy(() -> fs.open(path, Mode.CREATE_NEW))
        .isInstanceOf(FileAlreadyExistsException.class);
    try (StorageFile file = fs.open(path, Mode.READ)) {
      assertThatThrownBy(() -> file.write(bytes("x"), 0)).hasMessageContaining("reading only");
    }
  }

  @Test
  void extensionReservesRealBlocksAndReadsAsZeros() throws Exception {
    Path path = directory.resolve("f");
    try (StorageFile file = fs.open(path, Mode.CREATE_NEW)) {
      file.write(bytes("ab"), 0);
      file.setSize(3_000_001);
      file.force();
      assertThat(file.size()).isEqualTo(3_000_001);
      assertThat(read(file, 0, 4)).isEqualTo("ab\0\0");
      assertThat(allocatedBytes(path)).isGreaterThanOrEqualTo(3_000_001);
      file.setSize(1);
      assertThat(read(file, 0, 4)).isEqualTo("a");
    }
  }

  @Test
  void renameReplacesAndLinkGivesASecondName() throws IOException {
    write("a", "one");
    write("b", "two");
    fs.link(directory.resolve("a"), directory.resolve("c"));
    fs.rename(directory.resolve("a"), directory.resolve("b"));
    fs.syncDirectory(directory);
    assertThat(fs.list(directory)).containsExactly("b", "c");
    assertThat(Files.readString(directory.resolve("b"))).isEqualTo("one");
    assertThat(Files.readString(directory.resolve("c"))).isEqualTo("one");
    fs.delete(directory.resolve("b"));
    assertThat(fs.exists(directory.resolve("b"))).isFalse();
    assertThat(fs.size(directory.resolve("c"))).isEqualTo(3);
    assertThat(fs.usableBytes(directory)).isPositive();
  }

  @Test
  void directoryIsLockedOnceAndTheMessageNamesIt() throws IOException {
    try (Closeable held = fs.lock(directory)) {
      assertThat(held).isNotNull();
      assertThatThrownBy(() -> new RealFileSystem().lock(directory))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(directory.toString());
    }
    fs.lock(directory).close();
    assertThat(fs.exists(directory.resolve(RealFileSystem.LOCK_FILE))).isTrue();
  }

  @Test
  void lockOfAnotherProcessIsRefused() throws Exception {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                LockHolder.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertThat(other.inputReader().readLine()).isEqualTo("locked");
      assertThatThrownBy(() -> fs.lock(directory))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("in use by another process");
    } finally {
      other.destroyForcibly().waitFor();
    }
    fs.lock(directory).close();
  }

  @Test
  void interruptedReaderKeepsItsHandleAndItsInterrupt() throws IOException {
    write("f", "content");
    try (StorageFile file = fs.open(directory.resolve("f"), Mode.READ)) {
      Thread.currentThread().interrupt();
      assertThat(read(file, 0, 7)).isEqualTo("content");
      assertThat(Thread.interrupted()).isTrue();
      assertThat(read(file, 0, 7)).isEqualTo("content");
    }
  }

  @Test
  void interruptsDuringReadsNeverCloseTheHandleForOthers() throws Exception {
    byte[] content = new byte[4 << 20];
    Files.write(directory.resolve("f"), content);
    try (StorageFile file = fs.open(directory.resolve("f"), Mode.READ_WRITE)) {
      AtomicBoolean stop = new AtomicBoolean();
      AtomicReference<Throwable> failure = new AtomicReference<>();
      List<Thread> readers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        readers.add(
            Thread.ofPlatform()
                .name("reader-" + i)
                .start(() -> readUntil(file, content.length, stop, failure)));
      }
      for (int round = 0; round < 2_000; round++) {
        readers.get(round % 2).interrupt();
        if (round % 100 == 0) {
          file.write(bytes("0123456789"), round);
          file.force();
        }
      }
      stop.set(true);
      for (Thread reader : readers) {
        reader.join();
      }
      assertThat(failure.get()).isNull();
      assertThat(read(file, 1900, 10)).isEqualTo("0123456789");
    }
  }

  @Test
  void closedFileRefusesWork() throws IOException {
    write("f", "x");
    StorageFile file = fs.open(directory.resolve("f"), Mode.READ_WRITE);
    file.close();
    file.close();
    assertThatThrownBy(() -> read(file, 0, 1)).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> file.write(bytes("y"), 0)).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(file::force).isInstanceOf(ClosedChannelException.class);
  }

  @Test
  void fullDiskSaysHowMuchIsFreeAndWhere() throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full));
    try (StorageFile file = fs.open(full, Mode.READ_WRITE)) {
      assertThatThrownBy(() -> file.write(bytes("x"), 0))
          .isInstanceOf(DiskFullException.class)
          .hasMessageContaining("bytes are free below /dev");
    }
  }

  private static void readUntil(
      StorageFile file, int size, AtomicBoolean stop, AtomicReference<Throwable> failure) {
    ByteBuffer buffer = ByteBuffer.allocate(size);
    try {
      while (!stop.get()) {
        buffer.clear();
        if (file.read(buffer, 0) != size) {
          throw new IOException("short read");
        }
      }
    } catch (IOException | RuntimeException e) {
      failure.compareAndSet(null, e);
    }
  }

  private void write(String name, String content) throws IOException {
    try (StorageFile file = fs.open(directory.resolve(name), Mode.CREATE_NEW)) {
      file.write(bytes(content), 0);
    }
  }

  /** What the file takes on the disk, by {@code stat}: the JDK does not tell. */
  private static long allocatedBytes(Path path) throws IOException {
    Process stat = new ProcessBuilder("stat", "-c", "%b", path.toString()).start();
    return Long.parseLong(stat.inputReader().readLine()) * 512;
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }

  private static String read(StorageFile file, long position, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    int count = file.read(buffer, position);
    return new String(buffer.array(), 0, count, UTF_8);
  }

  /** Another process that holds the lock of a directory until it is ended. */
  static final class LockHolder {
    public static void main(String[] args) throws IOException {
      Closeable held = new RealFileSystem().lock(Path.of(args[0]));
      System.out.println("locked");
      System.out.flush();
      System.in.read();
      held.close();
    }
  }
}
