package io.tideline.lsm.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.row.KeyRanges.Range;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyRangesTest {

  private static byte[] key(int... bytes) {
    byte[] key = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      key[i] = (byte) bytes[i];
    }
    return key;
  }

  private static Range range(int low, int high) {
    return new Range(key(low), key(high));
  }

  private static final KeyRanges TWO = new KeyRanges(List.of(range(2, 4), range(8, 0xF0)));

  @Test
  void theLowerBoundBelongsToARangeAndTheUpperDoesNot() {
    assertThat(TWO.contains(key(2))).isTrue();
    assertThat(TWO.contains(key(3, 0xFF))).isTrue();
    assertThat(TWO.contains(key(4))).isFalse();
    assertThat(TWO.contains(key(4, 0))).isFalse();
    assertThat(TWO.contains(key(0xEF))).isTrue();
    assertThat(TWO.contains(key(1))).isFalse();
    assertThat(TWO.contains(key(0xF0))).isFalse();
  }

  @Test
  void theNextKeyIsTheKeyItselfOrTheStartOfALaterRange() {
    assertThat(TWO.atOrAfter(key(1))).isEqualTo(key(2));
    assertThat(TWO.atOrAfter(key(3, 7))).isEqualTo(key(3, 7));
    assertThat(TWO.atOrAfter(key(4))).isEqualTo(key(8));
    assertThat(TWO.atOrAfter(key(0xF0))).isNull();
  }

  @Test
  void coveringAndOverlappingAreToldApart() {
    assertThat(TWO.covers(key(2), key(3, 9))).isTrue();
    assertThat(TWO.covers(key(3), key(4))).isFalse();
    assertThat(TWO.covers(key(3), key(9))).isFalse();
    assertThat(TWO.overlaps(key(3), key(9))).isTrue();
    assertThat(TWO.overlaps(key(4), key(8))).isTrue();
    assertThat(TWO.overlaps(key(4), key(7, 0xFF))).isFalse();
    assertThat(TWO.endsAtOrBefore(key(0xF0))).isTrue();
    assertThat(TWO.endsAtOrBefore(key(0xEF))).isFalse();
  }

  @Test
  void anIntersectionHasTheKeysOfBoth() {
    KeyRanges other = new KeyRanges(List.of(range(1, 3), range(9, 10), range(11, 0xFF)));
    assertThat(TWO.intersect(other))
        .isEqualTo(new KeyRanges(List.of(range(2, 3), range(9, 10), range(11, 0xF0))));
    assertThat(TWO.intersect(new KeyRanges(List.of(range(4, 8))))).isNull();
    assertThat(TWO.intersect(KeyRanges.ALL))
        .isEqualTo(new KeyRanges(List.of(range(2, 4), range(8, 0x11))));
  }

  @Test
  void rangesThatTouchBecomeOne() {
    assertThat(KeyRanges.union(List.of(range(1, 2), range(2, 5), range(6, 7))))
        .isEqualTo(new KeyRanges(List.of(range(1, 5), range(6, 7))));
  }

  @Test
  void whatIsNoSetOfRangesIsRefused() {
    assertThatThrownBy(() -> range(3, 3)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new KeyRanges(List.of(range(3, 4), range(4, 5))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new KeyRanges(List.of())).isInstanceOf(IllegalArgumentException.class);
  }
}
