package io.tideline.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.Engine;
import io.tideline.lsm.EngineResources;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.UnsupportedFormatException;
import io.tideline.lsm.fs.FileSystem.Mode;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.testing.CrashFileSystem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Damage that is not seen when a partition is opened but when the log is applied to it again. */
final class ReplicaDamageTest {

  private static final Path DIRECTORY = Path.of("/data");

  @Test
  void damageMetWhileTheLogIsAppliedAgainIsOfOnePartition() throws Exception {
    CrashFileSystem disk = new CrashFileSystem(CrashFileSystem.Order.ORDERED);
    disk.createDirectories(DIRECTORY);
    disk.syncDirectory(Path.of("/"));
    HostSettings settings = HostFixture.settings(DIRECTORY);
    CrashFileSystem crashed;
    long damagedId;
    try (HostFixture node = new HostFixture(disk, settings, 1_000_000)) {
      node.create("chat", HostFixture.DENSE, "m");
      for (String timeline : new String[] {"a", "z"}) {
        node.append("chat", timeline, "", "flushed");
        node.replica("chat", timeline).flush().get();
        node.append("chat", timeline, "", "in the log");
      }
      damagedId = node.route("chat", "z").partitionId();
      crashed = disk.crashClone(1, 0);
    }
    Path partition = DIRECTORY.resolve("partitions").resolve(Long.toString(damagedId));
    String table =
        crashed.list(partition).stream().filter(n -> n.endsWith(".sst")).findFirst().orElseThrow();
    damageWhatOpeningDoesNotRead(crashed, partition, table, settings);

    try (HostFixture node = new HostFixture(crashed, settings, 2_000_000)) {
      PartitionFailure failure = node.host.catalog().failure(damagedId).orElseThrow();
      assertThat(failure.place()).contains(table);
      assertThat(failure.message()).contains("tideline inspect");
      assertThat(node.host.catalog().partition(damagedId)).isEmpty();
      assertThat(node.append("chat", "a", "", "later").sequenceId()).isEqualTo(3);
      assertThat(node.fatal).isEmpty();
    }
  }

  /** Flips a byte with which the engine still opens, but cannot tell the head of "z". */
  private static void damageWhatOpeningDoesNotRead(
      CrashFileSystem disk, Path partition, String table, HostSettings settings)
      throws IOException {
    try (StorageFile file = disk.open(partition.resolve(table), Mode.READ_WRITE)) {
      for (long offset = 0; offset < file.size(); offset++) {
        flip(file, offset);
        if (isMetByReadsAlone(disk, partition, settings)) {
          return;
        }
        flip(file, offset);
      }
    }
    throw new AssertionError("no byte of " + table + " is read but not at the opening");
  }

  private static void flip(StorageFile file, long offset) throws IOException {
    ByteBuffer one = ByteBuffer.allocate(1);
    file.read(one, offset);
    one.put(0, (byte) (one.get(0) ^ 1)).rewind();
    file.write(one, offset);
  }

  private static boolean isMetByReadsAlone(
      CrashFileSystem disk, Path partition, HostSettings settings) throws IOException {
    try (EngineResources resources = EngineResources.create(disk, 4 << 20, 1 << 20, 1)) {
      Engine engine;
      try {
        engine = Engine.open(partition, settings.engineOptions(), resources);
      } catch (CorruptionException | UnsupportedFormatException e) {
        return false;
      }
      try (engine;
          ReadView view = engine.view()) {
        var unused = view.head(HostFixture.bytes("z"));
        return false;
      } catch (CorruptionException e) {
        return true;
      }
    }
  }
}
