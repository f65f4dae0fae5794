package io.tideline.lsm.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.EngineOptions.Compression;
import io.tideline.lsm.testing.Golden;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Compressed tables of an earlier day stay readable. Their bytes depend on the codec's version, so
 * it is what they hold that is compared, not how it would be written today.
 */
class CompressedTableTest {

  @ParameterizedTest
  @CsvSource({"LZ4, false, table-lz4-v1", "ZSTD, true, table-zstd-fuse-v1"})
  void aTableWrittenEarlierHoldsWhatItHeld(Compression codec, boolean fuse, String name)
      throws Exception {
    byte[] earlier = Golden.read(name, ForgedTable.sound(codec, fuse).bytes());
    List<String> expected = ForgedTable.sound(Compression.NONE, false).content();
    assertThat(expected).hasSizeGreaterThan(30);
    assertThat(ForgedTable.split(earlier).content()).isEqualTo(expected);
  }
}
