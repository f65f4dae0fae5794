package io.tideline.lsm.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class EncoderTest {

  @Test
  void growingInTheMiddleOfAWriteLosesNothing() {
    for (int lead = 0; lead < 40; lead++) {
      Encoder out = new Encoder(16);
      for (int i = 0; i < lead; i++) {
        out.putByte(i);
      }
      out.putShort(0x1234).putInt(0x56789abc).putLong(-2L).putSized(new byte[] {7, 8, 9});
      ByteBuffer in = FileFrame.wrap(out.toByteArray());
      for (int i = 0; i < lead; i++) {
        assertThat(in.get()).isEqualTo((byte) i);
      }
      assertThat(in.getShort()).isEqualTo((short) 0x1234);
      assertThat(in.getInt()).isEqualTo(0x56789abc);
      assertThat(in.getLong()).isEqualTo(-2L);
      assertThat(in.getInt()).isEqualTo(3);
      assertThat(in.get()).isEqualTo((byte) 7);
      assertThat(in.remaining()).isEqualTo(2);
    }
  }

  @Test
  void widthsKeepTheLowBytes() {
    Encoder out = new Encoder(16);
    out.putWidth(5, 0)
        .putWidth(200, 1)
        .putWidth(60_000, 2)
        .putWidth(4_000_000_000L, 4)
        .putWidth(-1, 8);
    ByteBuffer in = FileFrame.wrap(out.toByteArray());
    assertThat(in.get() & 0xFF).isEqualTo(200);
    assertThat(in.getShort() & 0xFFFF).isEqualTo(60_000);
    assertThat(in.getInt() & 0xFFFF_FFFFL).isEqualTo(4_000_000_000L);
    assertThat(in.getLong()).isEqualTo(-1);
    assertThat(in.hasRemaining()).isFalse();
  }
}
