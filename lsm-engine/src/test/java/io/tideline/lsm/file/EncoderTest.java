package io.tideline.lsm.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class EncoderTest {

  /** More than any first capacity, so that each kind of put makes the buffer grow at some offset. */
  private static final int COUNT = 100;

  @Test
  void keepsWhatIsPutWhileItGrows() {
    for (int offset = 0; offset < 8; offset++) {
      Encoder encoder = new Encoder(0);
      ByteBuffer expected = ByteBuffer.allocate(4_096).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < offset; i++) {
        encoder.putByte(0xee);
        expected.put((byte) 0xee);
      }
      for (int i = 1; i <= COUNT; i++) {
        byte[] bytes = {(byte) i, (byte) -i, 7};
        encoder.putShort(-i).putInt(-i).putByte(i).putLong(-i).putBytes(bytes, 0, bytes.length);
        expected.putShort((short) -i).putInt(-i).put((byte) i).putLong(-i).put(bytes);
      }

      assertThat(Arrays.copyOf(encoder.array(), encoder.size()))
          .isEqualTo(Arrays.copyOf(expected.array(), expected.position()));
    }
  }

  @Test
  void takesMoreAtOnceThanItsCapacity() {
    byte[] large = new byte[100_000];
    Arrays.fill(large, (byte) 3);
    Encoder encoder = new Encoder(16).putByte(1);

    encoder.putBytes(large, 0, large.length);

    assertThat(encoder.size()).isEqualTo(100_001);
    assertThat(Arrays.copyOfRange(encoder.array(), 1, 100_001)).isEqualTo(large);
  }
}
