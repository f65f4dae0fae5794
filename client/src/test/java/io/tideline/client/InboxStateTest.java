package io.tideline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The stored form of a device's state. */
class InboxStateTest {

  private static final InboxState STATE =
      InboxState.of(7, Map.of(Identifier.of("b"), 300L, Identifier.of("a", 5L), 0L));

  /** What devices have stored: never to change for this version. */
  private static final String GOLDEN =
      "01000000000000000700000002"
          + "000000090a030a01610a02100a0000000000000000"
          + "000000050a030a0162000000000000012c"
          + "3f9022fb";

  @Test
  void theFormIsTheDocumentedOne() {
    assertThat(HexFormat.of().formatHex(STATE.toBytes())).isEqualTo(GOLDEN);
    assertThat(InboxState.fromBytes(HexFormat.of().parseHex(GOLDEN))).isEqualTo(STATE);
    assertThat(InboxState.fromBytes(InboxState.ofNewDevice().toBytes()))
        .isEqualTo(InboxState.ofNewDevice());
  }

  @Test
  void everyDamageIsNoticed() {
    byte[] whole = STATE.toBytes();
    for (int size = 0; size < whole.length; size++) {
      byte[] cut = Arrays.copyOf(whole, size);
      assertThatThrownBy(() -> InboxState.fromBytes(cut))
          .isInstanceOf(IllegalArgumentException.class);
    }
    for (int bit = 0; bit < whole.length * Byte.SIZE; bit++) {
      byte[] flipped = whole.clone();
      flipped[bit / Byte.SIZE] ^= (byte) (1 << (bit % Byte.SIZE));
      assertThatThrownBy(() -> InboxState.fromBytes(flipped))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aNewerVersionIsRefusedByName() {
    byte[] newer = STATE.toBytes();
    newer[0] = 2;
    assertThatThrownBy(() -> InboxState.fromBytes(newer)).hasMessageContaining("version 2");
  }

  @Test
  void aConversationCanBeForgotten() {
    assertThat(STATE.without(Identifier.of("b")))
        .isEqualTo(InboxState.of(7, Map.of(Identifier.of("a", 5L), 0L)));
    assertThatThrownBy(() -> InboxState.of(-1, Map.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
