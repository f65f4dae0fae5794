package io.tideline.server.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.manager.SequenceMode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The records beside the timelines: what is on disk stays readable. */
final class RecordFormatsTest {

  private static final MetaRecord META = new MetaRecord(2, 3, 4, new byte[] {5, 6});
  private static final DedupRecord DEDUP =
      new DedupRecord(7, 6, 1_000, 2_000, DedupRecord.fingerprint(1, new byte[] {5, 6}));
  private static final PartitionState STATE =
      new PartitionState(new PartitionOptions(SequenceMode.DENSE, 10, 20), 30, 40, 50, 0);
  private static final PartitionState RETAINING =
      new PartitionState(new PartitionOptions(SequenceMode.MANUAL, 10, 20, 70, 80), 30, 40, 50, 60);
  private static final RetentionRecord RETENTION = new RetentionRecord(60, 3, 258);

  @Test
  void recordsAreReadBackAsTheyWereWritten() throws Exception {
    assertThat(MetaRecord.decode(META.encode())).usingRecursiveComparison().isEqualTo(META);
    assertThat(DedupRecord.decode(DEDUP.encode())).isEqualTo(DEDUP);
    assertThat(PartitionState.decode(STATE.encode())).isEqualTo(STATE);
    assertThat(PartitionState.decode(RETAINING.encode())).isEqualTo(RETAINING);
    assertThat(RetentionRecord.decode(RETENTION.encode())).isEqualTo(RETENTION);
  }

  @Test
  void bytesAreThoseOfTheGoldenFile() throws Exception {
    HexFormat hex = HexFormat.of();
    String lines =
        String.join(
            "\n",
            hex.formatHex(META.encode()),
            hex.formatHex(DEDUP.encode()),
            hex.formatHex(PartitionState.RECORD_KEY),
            hex.formatHex(STATE.encode()),
            hex.formatHex(DedupRecord.key(new byte[] {1, 2}, new byte[] {3})),
            "");
    assertThat(lines).isEqualTo(golden());
  }

  @Test
  void whatTimelinesKeepIsWrittenInAFormatOfItsOwn() {
    HexFormat hex = HexFormat.of();
    assertThat(hex.formatHex(RETAINING.encode()))
        .isEqualTo(
            "0203"
                + "0a00000000000000"
                + "1400000000000000"
                + "4600000000000000"
                + "5000000000000000"
                + "1e00000000000000"
                + "2800000000000000"
                + "3200000000000000"
                + "3c00000000000000");
    assertThat(hex.formatHex(RETENTION.encode()))
        .isEqualTo("01" + "3c00000000000000" + "0300000000000000" + "0201000000000000");
  }

  @Test
  void editsHaveKeysThatNoMessageKeyHas() {
    assertThat(HexFormat.of().formatHex(DedupRecord.editKey(new byte[] {1, 2}, 2, 258)))
        .isEqualTo("0102" + "fe02" + "0000000000000102" + "000a");
  }

  @Test
  void cursorsHaveTheBytesOfTheirFormat() throws Exception {
    CursorRecord cursor = new CursorRecord(1, -2, 3);
    assertThat(HexFormat.of().formatHex(cursor.encode()))
        .isEqualTo("01" + "0000000000000001" + "fffffffffffffffe" + "0000000000000003");
    assertThat(CursorRecord.decode(cursor.encode())).isEqualTo(cursor);
    byte[] timeline = {1, 2};
    byte[] key = CursorRecord.key(timeline, "ana".getBytes(StandardCharsets.UTF_8));
    assertThat(HexFormat.of().formatHex(key)).isEqualTo("0102" + "616e61" + "0003");
    assertThat(CursorRecord.reader(timeline, key)).isEqualTo("ana");
    assertThat(CursorRecord.isOf(timeline, key)).isTrue();
    assertThat(CursorRecord.isOf(new byte[] {1, 3}, key)).isFalse();
    for (int length = 0; length < cursor.encode().length; length++) {
      byte[] bad = Arrays.copyOf(cursor.encode(), length);
      assertThatThrownBy(() -> CursorRecord.decode(bad)).isInstanceOf(FormatException.class);
    }
    assertThatThrownBy(() -> CursorRecord.decode(newer(cursor.encode())))
        .isInstanceOf(FormatException.class);
  }

  @Test
  void truncatedAndNewerRecordsAreRefused() {
    for (int length = 0; length < DEDUP.encode().length; length++) {
      byte[] bad = Arrays.copyOf(DEDUP.encode(), length);
      assertThatThrownBy(() -> DedupRecord.decode(bad)).isInstanceOf(FormatException.class);
    }
    for (int length = 0; length < STATE.encode().length; length++) {
      byte[] bad = Arrays.copyOf(STATE.encode(), length);
      assertThatThrownBy(() -> PartitionState.decode(bad)).isInstanceOf(FormatException.class);
    }
    for (int length = 0; length < RETAINING.encode().length; length++) {
      byte[] bad = Arrays.copyOf(RETAINING.encode(), length);
      assertThatThrownBy(() -> PartitionState.decode(bad)).isInstanceOf(FormatException.class);
    }
    for (int length = 0; length < RETENTION.encode().length; length++) {
      byte[] bad = Arrays.copyOf(RETENTION.encode(), length);
      assertThatThrownBy(() -> RetentionRecord.decode(bad)).isInstanceOf(FormatException.class);
    }
    assertThatThrownBy(() -> RetentionRecord.decode(newer(RETENTION.encode())))
        .isInstanceOf(FormatException.class);
    assertThatThrownBy(() -> MetaRecord.decode(new byte[24]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> DedupRecord.decode(newer(DEDUP.encode())))
        .isInstanceOf(FormatException.class);
    assertThatThrownBy(() -> PartitionState.decode(newer(STATE.encode())))
        .isInstanceOf(FormatException.class);
    assertThatThrownBy(() -> MetaRecord.decode(newer(META.encode())))
        .hasMessageContaining("format 2");
  }

  @Test
  void fingerprintsTellMessagesAndKindsApart() {
    byte[] value = {1, 2, 3};
    assertThat(DedupRecord.fingerprint(1, value))
        .isEqualTo(DedupRecord.fingerprint(1, value.clone()))
        .isNotEqualTo(DedupRecord.fingerprint(2, value))
        .isNotEqualTo(DedupRecord.fingerprint(1, new byte[] {1, 2, 4}));
  }

  private static byte[] newer(byte[] record) {
    record[0]++;
    return record;
  }

  private static String golden() throws IOException {
    try (InputStream in = RecordFormatsTest.class.getResourceAsStream("/golden/records-v1.hex")) {
      assertThat(in).isNotNull();
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    }
  }
}
