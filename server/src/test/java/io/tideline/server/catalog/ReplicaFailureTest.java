package io.tideline.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.CorruptionException;
import io.tideline.server.replica.GroupFailedException;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Which failures of a replica end the node, and which that partition alone. */
class ReplicaFailureTest {

  private static final Path ROOT = Path.of("data", "partitions");

  @Test
  void aRaftNodeThatCannotBeMendedIsOfItsPartitionUnlessItIsTheCatalogs() {
    assertThat(isOfOnePartition(new GroupFailedException(5, "in error", null))).isTrue();
    assertThat(isOfOnePartition(new GroupFailedException(0, "in error", null))).isFalse();
  }

  @Test
  void damageIsOfThePartitionWhoseFileItIsIn() {
    assertThat(isOfOnePartition(damage(ROOT.resolve("5/000001.sst")))).isTrue();
    assertThat(isOfOnePartition(new IOException(damage(ROOT.resolve("5/000001.sst"))))).isTrue();
    assertThat(isOfOnePartition(damage(ROOT.resolve("0/MANIFEST"))))
        .as("others have the catalog too")
        .isTrue();
    assertThat(ReplicaHost.isOfOnePartition(damage(ROOT.resolve("0/MANIFEST")), ROOT, true))
        .isFalse();
    assertThat(isOfOnePartition(damage(Path.of("data", "log", "1.log")))).isFalse();
  }

  @Test
  void whateverElseFailsIsOfTheNode() {
    assertThat(isOfOnePartition(new IOException("sync failed"))).isFalse();
    assertThat(isOfOnePartition(new IllegalStateException("a defect"))).isFalse();
  }

  private static boolean isOfOnePartition(Throwable cause) {
    return ReplicaHost.isOfOnePartition(cause, ROOT, false);
  }

  private static CorruptionException damage(Path file) {
    return new CorruptionException(file, 0, "a block", "another");
  }
}
