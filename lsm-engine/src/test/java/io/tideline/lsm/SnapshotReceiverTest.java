package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.EngineSnapshot.FileInfo;
import io.tideline.lsm.fs.RealFileSystem;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which files of an interrupted arrival are used again. */
class SnapshotReceiverTest {

  private final RealFileSystem files = new RealFileSystem();

  @TempDir Path directory;

  /** Replicas write the same tables; an arrival may begin with one of them and end with another. */
  @Test
  void aTableOfAnotherReplicaIsNotTakenForTheOneThatIsOffered() throws Exception {
    EngineSnapshot first = snapshot("first");
    EngineSnapshot second = snapshot("second");
    FileInfo begun = table(first);
    FileInfo offered = table(second);
    assertThat(offered.name()).isEqualTo(begun.name());
    assertThat(offered.size()).isEqualTo(begun.size());
    assertThat(offered.crc32c()).as("says nothing of the header").isEqualTo(begun.crc32c());
    assertThat(offered.engineId()).isNotEqualTo(begun.engineId());

    Path staging = directory.resolve("staging");
    Files.createDirectories(staging);
    Files.copy(first.directory().resolve(begun.name()), staging.resolve(begun.name()));

    try (SnapshotReceiver again =
        SnapshotReceiver.begin(files, staging, directory.resolve("engine"), first.files())) {
      assertThat(again.missing()).doesNotContain(begun);
    }
    try (SnapshotReceiver other =
        SnapshotReceiver.begin(files, staging, directory.resolve("engine"), second.files())) {
      assertThat(other.missing()).contains(offered);
    }
  }

  private static FileInfo table(EngineSnapshot snapshot) {
    return snapshot.files().stream().filter(file -> !file.isManifest()).findFirst().orElseThrow();
  }

  /** Of an engine with always the same rows. */
  private EngineSnapshot snapshot(String name) throws Exception {
    try (EngineResources resources = EngineResources.create(files, 16 << 20, 1 << 20, 1);
        Engine engine = Engine.open(directory.resolve(name), EngineOptions.DEFAULTS, resources)) {
      WriteBatch batch = new WriteBatch().clear(new LogPosition(1, 1));
      batch.putRecord(0, bytes("key"), bytes("value"), WriteBatch.NEVER);
      engine.apply(batch);
      engine.flush().get();
      return engine.snapshot(directory.resolve("snapshot-" + name));
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
