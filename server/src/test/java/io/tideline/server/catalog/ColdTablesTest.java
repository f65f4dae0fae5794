package io.tideline.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tideline.lsm.CompactionScheme;
import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.server.replica.Replica;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The age after which tables are recompressed reaches the engines of stores whose rows stay. */
final class ColdTablesTest {

  private static final long COLD_AFTER_MILLIS = 60_000;

  /** Letters have under five bits each, which zstd finds and lz4 does not. */
  private static final int LETTERS = 100_000;

  @TempDir private Path directory;

  @Test
  void restingTablesOfAStoreWithoutTtlAreWrittenOnceMoreAndSmaller() throws Exception {
    HostSettings defaults = HostFixture.settings(directory);
    HostSettings settings =
        defaults.withEngineOptions(
            defaults
                .engineOptions()
                .withScheme(CompactionScheme.LONG_LIVED.withColdAfterMillis(COLD_AFTER_MILLIS)));
    try (HostFixture node = new HostFixture(new RealFileSystem(), settings, 1_000_000)) {
      node.create("chat", HostFixture.DENSE);
      String letters = letters();
      node.append("chat", "a", "", letters);
      Replica partition = node.replica("chat", "a");
      partition.flush().get();
      assertThat(partition.status().stats().tableBytes()).isGreaterThan(LETTERS);

      node.nowMillis.addAndGet(2 * COLD_AFTER_MILLIS);
      node.append("chat", "b", "", "young");
      partition.flush().get();
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThat(partition.status().stats().tableBytes()).isLessThan(LETTERS * 3L / 4));
      assertThat(node.read("chat", "a")).containsExactly("1=" + letters);
      assertThat(node.fatal).isEmpty();
    }
  }

  private static String letters() {
    Random random = new Random(7);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < LETTERS; i++) {
      text.append((char) ('a' + random.nextInt(26)));
    }
    return text.toString();
  }
}
