package io.tideline.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.lsm.testing.FaultFileSystem;
import io.tideline.lsm.testing.FaultRule;
import io.tideline.server.cluster.Member;
import io.tideline.server.cluster.Members;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The data of a node with a damaged log goes as a whole, and only if others have it. */
final class LostLogTest {

  private static final Member SELF = new Member("n1", "127.0.0.1:1", "127.0.0.1:11");
  private static final Member SECOND = new Member("n2", "127.0.0.1:2", "127.0.0.1:12");
  private static final Member THIRD = new Member("n3", "127.0.0.1:3", "127.0.0.1:13");
  private static final Members MEMBERS = new Members(SELF, List.of(SELF, SECOND, THIRD));

  @TempDir private Path directory;

  @Test
  void damageOfOtherFilesIsNotThisOnesBusiness() {
    CorruptionException damage = damage("partitions");
    assertThatThrownBy(() -> LostLog.giveUp(new RealFileSystem(), directory, MEMBERS, damage))
        .isSameAs(damage);
  }

  @Test
  void nothingIsMovedWhileTheOthersAreSilent() throws Exception {
    writeData();
    assertThatThrownBy(
            () -> LostLog.giveUp(new RealFileSystem(), directory, MEMBERS, damage("log")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("stays as it is")
        .hasMessageContaining("n2 does not tell how it is")
        .hasMessageContaining("n3 does not tell how it is");
    assertThat(directory.resolve("log/1.log")).exists();
    assertThat(directory.resolve(LostLog.ASIDE + 1)).doesNotExist();
  }

  /** Whatever fails, a start finds the damaged log, or nothing of the old data at all. */
  @Test
  void theLogGoesLastWhateverFails() throws Exception {
    for (long n = 1; ; n++) {
      writeData();
      FaultFileSystem disk = new FaultFileSystem(new RealFileSystem(), 1);
      disk.arm(FaultRule.nth(n, FaultRule.Fault.IO_ERROR));
      try {
        LostLog.setAside(disk, directory);
      } catch (IOException failed) {
        assertThat(disk.faultsFired()).isPositive();
      }
      if (!Files.exists(directory.resolve("log"))) {
        assertThat(directory.resolve("partitions")).doesNotExist();
        assertThat(directory.resolve("transfer")).doesNotExist();
      }
      if (disk.faultsFired() == 0) {
        break;
      }
      LostLog.setAside(new RealFileSystem(), directory);
      assertThat(directory).isDirectoryNotContaining(path -> !isAside(path));
    }
    assertThat(directory).isDirectoryNotContaining(path -> !isAside(path));
  }

  private static boolean isAside(Path path) {
    return path.getFileName().toString().startsWith(LostLog.ASIDE);
  }

  /** A node's data, also where some is left from the round before. */
  private void writeData() throws IOException {
    for (String name : List.of("log/1.log", "partitions/0/MANIFEST", "transfer/in/x")) {
      Files.createDirectories(directory.resolve(name).getParent());
      Files.writeString(directory.resolve(name), name);
    }
  }

  private CorruptionException damage(String where) {
    return new CorruptionException(directory.resolve(where).resolve("file"), 7, "a", "b");
  }
}
