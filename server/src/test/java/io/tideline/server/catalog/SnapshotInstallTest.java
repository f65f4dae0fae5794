package io.tideline.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes in one process; one is away for longer than the log reaches back, or comes back
 * without its disk, and copies the others' tables.
 */
class SnapshotInstallTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path directory;
  private ChatNodes nodes;

  @BeforeEach
  void start() throws Exception {
    nodes = new ChatNodes(directory);
  }

  @AfterEach
  void stop() {
    nodes.close();
  }

  @Test
  void aMemberAwayForLongerThanTheLogReachesBackCopiesTheTables() throws Exception {
    nodes.write(0, 5);
    nodes.cluster.stop(2);
    nodes.write(0, 40);
    nodes.cutLogs(0, 1);
    nodes.cluster.start(2);
    nodes.awaitSamePosition();
    assertThat(nodes.cluster.host(2).transfers().receivedBytes()).isPositive();
    assertThat(nodes.ids(2)).isEqualTo(nodes.written());
    nodes.sameContent();
  }

  @Test
  void aMemberWithAnEmptyDiskGetsEverythingBackWhileTheOthersWriteFlushAndCompact()
      throws Exception {
    nodes.write(0, 40);
    nodes.cutLogs(0, 1, 2);
    nodes.cluster.stop(2);
    nodes.wipe(2);
    nodes.write(0, 10);
    Thread writer =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    for (int i = 0; i < 10; i++) {
                      nodes.write(0, 3);
                      nodes.replica(0).flush().get(30, TimeUnit.SECONDS);
                      nodes.replica(1).flush().get(30, TimeUnit.SECONDS);
                    }
                  } catch (Exception e) {
                    nodes.cluster.fatal.add(e);
                  }
                });
    nodes.cluster.start(2);
    assertThat(writer.join(LONG)).isTrue();
    nodes.awaitSamePosition();
    assertThat(nodes.cluster.host(2).transfers().receivedBytes()).isPositive();
    assertThat(nodes.ids(2)).isEqualTo(nodes.written());
    nodes.sameContent();
  }
}
