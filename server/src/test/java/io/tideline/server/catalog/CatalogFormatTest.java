package io.tideline.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.manager.CatalogChange;
import io.tideline.manager.IdentifierField;
import io.tideline.manager.IdentifierType;
import io.tideline.manager.OptionsUpdate;
import io.tideline.manager.PartitionDescriptor;
import io.tideline.manager.SequenceMode;
import io.tideline.manager.StorageType;
import io.tideline.manager.StoreDescriptor;
import io.tideline.manager.StoreOptions;
import io.tideline.manager.StoreState;
import io.tideline.server.command.FormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class CatalogFormatTest {

  private static final StoreOptions OPTIONS =
      new StoreOptions(SequenceMode.MANUAL, 1, 2, 3, StorageType.HDD, 5, 4);
  private static final List<IdentifierField> SCHEMA =
      List.of(
          new IdentifierField("user", IdentifierType.INT64),
          new IdentifierField("device", IdentifierType.BYTES));

  private static final List<CatalogChange> CHANGES =
      List.of(
          new CatalogChange.CreateStore(
              "chat",
              SCHEMA,
              OPTIONS,
              List.of(new byte[] {1}, new byte[] {2, 3}),
              List.of("n1", "n2")),
          new CatalogChange.StoreReady(7),
          new CatalogChange.AlterStore(
              "chat",
              new OptionsUpdate(
                  OptionalLong.of(1),
                  OptionalLong.of(2),
                  OptionalLong.of(3),
                  Optional.of(StorageType.SSD),
                  OptionalInt.of(3),
                  OptionalLong.of(4))),
          new CatalogChange.AlterStore("chat", OptionsUpdate.NONE.withTtlMillis(9)),
          new CatalogChange.DropStore("chat"),
          new CatalogChange.PurgeStore(7),
          new CatalogChange.ForgetStore(7));

  private static final StoreDescriptor STORE =
      new StoreDescriptor(
          3,
          "inbox",
          SCHEMA,
          OPTIONS,
          StoreState.DROPPED,
          1_000,
          2_000,
          List.of(
              new PartitionDescriptor(4, 3, new byte[0], new byte[] {9}, List.of("n2", "n1"), 1, 2),
              new PartitionDescriptor(5, 3, new byte[] {9}, new byte[0], List.of("n1"), 3, 4)));

  @Test
  void everyChangeIsReadBackAsItWasWritten() throws Exception {
    for (CatalogChange change : CHANGES) {
      assertThat(CatalogFormat.decodeChange(CatalogFormat.encode(change)))
          .usingRecursiveComparison()
          .isEqualTo(change);
    }
  }

  @Test
  void storesAndIdsAreReadBackAsTheyWereWritten() throws Exception {
    assertThat(CatalogFormat.decodeStore(CatalogFormat.encode(STORE))).isEqualTo(STORE);
    assertThat(CatalogFormat.decodeNextIds(CatalogFormat.encodeNextIds(8, 9)))
        .containsExactly(8, 9);
  }

  @Test
  void bytesAreThoseOfTheGoldenFile() throws Exception {
    StringBuilder lines = new StringBuilder();
    CHANGES.forEach(change -> lines.append(hex(CatalogFormat.encode(change))).append('\n'));
    lines.append(hex(CatalogFormat.encode(STORE))).append('\n');
    lines.append(hex(CatalogFormat.encodeNextIds(8, 9))).append('\n');
    assertThat(lines).hasToString(golden(CatalogFormat.VERSION));
  }

  @Test
  void theFirstVersionIsReadAsPlacedEverywhere() throws Exception {
    List<byte[]> lines = golden(1).lines().map(HexFormat.of()::parseHex).toList();
    for (int i = 0; i < CHANGES.size(); i++) {
      CatalogChange expected =
          CHANGES.get(i) instanceof CatalogChange.CreateStore create
              ? create.on(List.of())
              : CHANGES.get(i);
      assertThat(CatalogFormat.decodeChange(lines.get(i)))
          .usingRecursiveComparison()
          .isEqualTo(expected);
    }
    StoreDescriptor store = CatalogFormat.decodeStore(lines.get(CHANGES.size()));
    assertThat(store.name()).isEqualTo(STORE.name());
    assertThat(store.partitions()).hasSize(2).allMatch(p -> p.isOn("any"));
    assertThat(CatalogFormat.decodeNextIds(lines.getLast())).containsExactly(8, 9);
  }

  @Test
  void truncatedBytesNewerVersionsAndUnknownTypesAreRefused() {
    for (CatalogChange change : CHANGES) {
      byte[] good = CatalogFormat.encode(change);
      for (int length = 0; length < good.length; length++) {
        byte[] bad = Arrays.copyOf(good, length);
        assertThatThrownBy(() -> CatalogFormat.decodeChange(bad))
            .isInstanceOf(FormatException.class);
      }
    }
    assertThatThrownBy(() -> CatalogFormat.decodeChange(new byte[] {3, 1}))
        .hasMessageContaining("version 3");
    assertThatThrownBy(() -> CatalogFormat.decodeChange(new byte[] {1, 99}))
        .hasMessageContaining("type 99");
    byte[] store = CatalogFormat.encode(STORE);
    for (int length = 0; length < store.length; length++) {
      byte[] bad = Arrays.copyOf(store, length);
      assertThatThrownBy(() -> CatalogFormat.decodeStore(bad)).isInstanceOf(FormatException.class);
    }
  }

  /**
   * Records carry no checksum of their own: a flipped bit is refused or reads as another record.
   */
  @Test
  void flippedBitsNeverReadAsTheSameRecord() {
    byte[] good = CatalogFormat.encode(STORE);
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << (bit % 8));
      try {
        assertThat(CatalogFormat.decodeStore(bad)).as("bit %d", bit).isNotEqualTo(STORE);
      } catch (FormatException refused) {
        assertThat(refused).hasMessageNotContaining("null");
      }
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static String golden(int version) throws IOException {
    try (InputStream in =
        CatalogFormatTest.class.getResourceAsStream("/golden/catalog-v" + version + ".hex")) {
      assertThat(in).isNotNull();
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    }
  }
}
