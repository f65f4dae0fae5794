package io.tideline.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.fs.RealFileSystem;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataDirectoryTest {

  private static final String CLUSTER = "6f1c2a30-5b7e-4a83-9d3c-0c1d7c1f6a55";
  private static final String OTHER_CLUSTER = "00000000-5b7e-4a83-9d3c-0c1d7c1f6a55";
  private static final NodeIdentity IDENTITY =
      new NodeIdentity(CLUSTER, "node-1", "127.0.0.1:7421");

  @TempDir private Path directory;

  @Test
  void absentDirectoryBecomesTheNodesAndStaysIt() throws Exception {
    Path data = directory.resolve("a/b");
    try (DataDirectory opened = open(data, "node-1", Optional.empty())) {
      assertThat(opened.isNew()).isTrue();
      assertThat(opened.identity()).isEqualTo(IDENTITY);
    }
    try (DataDirectory opened = open(data, "node-1", Optional.of(CLUSTER))) {
      assertThat(opened.isNew()).isFalse();
      assertThat(opened.identity()).isEqualTo(IDENTITY);
    }
  }

  @Test
  void identityFileIsGolden() {
    assertThat(new String(IDENTITY.encode(), StandardCharsets.UTF_8))
        .isEqualTo(
            """
            tideline-identity 1
            cluster 6f1c2a30-5b7e-4a83-9d3c-0c1d7c1f6a55
            node node-1
            raft 127.0.0.1:7421
            crc32c 1f7bcf58
            """);
  }

  @Test
  void everyFlippedBitOfTheIdentityIsRefused() throws Exception {
    byte[] bytes = IDENTITY.encode();
    for (int bit = 0; bit < bytes.length * 8; bit++) {
      byte[] damaged = bytes.clone();
      damaged[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThatThrownBy(() -> NodeIdentity.decode(damaged))
          .as("bit %d", bit)
          .isInstanceOf(NodeIdentity.IdentityException.class);
    }
  }

  @Test
  void everyTruncationOfTheIdentityIsRefused() {
    byte[] bytes = IDENTITY.encode();
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = java.util.Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> NodeIdentity.decode(cut))
          .as("length %d", length)
          .isInstanceOf(NodeIdentity.IdentityException.class);
    }
  }

  @Test
  void directoryOfAnotherClusterOrNodeIsRefused() throws Exception {
    open(directory.resolve("d"), "node-1", Optional.empty()).close();
    assertThatThrownBy(() -> open(directory.resolve("d"), "node-1", Optional.of(OTHER_CLUSTER)))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("belongs to cluster " + CLUSTER)
        .hasMessageContaining(OTHER_CLUSTER)
        .hasMessageContaining("node.data_directory");
    assertThatThrownBy(() -> open(directory.resolve("d"), "node-2", Optional.empty()))
        .hasMessageContaining("belongs to node node-1")
        .hasMessageContaining("node.id is node-2");
    // A refusal gives the lock back.
    open(directory.resolve("d"), "node-1", Optional.empty()).close();
  }

  @Test
  void newerFormatIsRefused() throws Exception {
    Files.writeString(directory.resolve("IDENTITY"), "tideline-identity 2\nwhatever\n");
    assertThatThrownBy(() -> open(directory, "node-1", Optional.empty()))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("format version 2")
        .hasMessageContaining("newer program");
  }

  @Test
  void foreignIdentityFileIsRefused() throws Exception {
    Files.writeString(directory.resolve("IDENTITY"), "PGDATA\n");
    assertThatThrownBy(() -> open(directory, "node-1", Optional.empty()))
        .hasMessageContaining("not an identity file of Tideline");
    Files.write(directory.resolve("IDENTITY"), new byte[10_000]);
    assertThatThrownBy(() -> open(directory, "node-1", Optional.empty()))
        .hasMessageContaining("10000 bytes");
  }

  @Test
  void directoryWithOtherFilesIsRefusedAndLeftAlone() throws Exception {
    Files.writeString(directory.resolve("photo.jpg"), "x");
    assertThatThrownBy(() -> open(directory, "node-1", Optional.empty()))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("photo.jpg")
        .hasMessageContaining("no IDENTITY");
    assertThat(directory.resolve("IDENTITY")).doesNotExist();
  }

  @Test
  void lockedDirectoryAndFileInItsPlaceAreRefused() throws Exception {
    try (DataDirectory held = open(directory.resolve("d"), "node-1", Optional.empty())) {
      assertThat(held.path()).isDirectory();
      assertThatThrownBy(() -> open(directory.resolve("d"), "node-1", Optional.empty()))
          .isInstanceOf(StartException.class)
          .hasMessageContaining("in use");
    }
    Path file = Files.writeString(directory.resolve("file"), "x");
    assertThatThrownBy(() -> open(file, "node-1", Optional.empty()))
        .hasMessageContaining("is a file");
  }

  @Test
  void unfinishedIdentityIsWrittenAnew() throws Exception {
    Files.writeString(directory.resolve("IDENTITY.new"), "tideline-iden");
    try (DataDirectory opened = open(directory, "node-1", Optional.empty())) {
      assertThat(opened.isNew()).isTrue();
    }
  }

  private static DataDirectory open(Path path, String nodeId, Optional<String> clusterId)
      throws StartException {
    return DataDirectory.open(new RealFileSystem(), path, nodeId, clusterId, () -> IDENTITY);
  }
}
