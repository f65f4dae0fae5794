package io.tideline.server.catalog;

import static io.tideline.server.catalog.PartitionFixture.PARTITION;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a partition that cannot be opened. */
class PartitionHostTest {

  @TempDir Path directory;
  private PartitionFixture fixture;

  @BeforeEach
  void start() throws Exception {
    fixture = new PartitionFixture(directory);
  }

  @AfterEach
  void stop() throws Exception {
    fixture.close();
  }

  @Test
  void aPartitionWhoseReopeningMeetsADefectIsRepairedAgain() throws Exception {
    fixture.openDamaged();
    fixture.groups.failure = new IllegalStateException("a defect");
    damaged().replaceBy(fixture.arrived());
    assertThat(fixture.partitions.find(PARTITION)).isEmpty();
    assertThat(fixture.partitions.failure(PARTITION))
        .hasValueSatisfying(failure -> assertThat(failure.message()).contains("a defect"));

    fixture.groups.failure = null;
    assertThat(damaged().replaceBy(fixture.arrived())).isTrue();
    assertThat(fixture.partitions.find(PARTITION)).isPresent();
    assertThat(fixture.partitions.failure(PARTITION)).isEmpty();
    assertThat(fixture.partitions.damagedCopies()).isEmpty();
  }

  private DamagedCopy damaged() {
    assertThat(fixture.partitions.damagedCopies()).hasSize(1);
    return fixture.partitions.damagedCopies().getFirst();
  }
}
