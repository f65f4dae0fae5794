package io.tideline.tools.transfer;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/**
 * Gives each line of a file the message key of its writes.
 *
 * <p>The key of line n is a digest chained over lines 1 to n, so it names the file, up to that
 * line, and the position in it at once. The same file read again, unpacked, packed, renamed or
 * grown at its end, gives the same keys; another file gives other keys from the first line that
 * differs; the same text on two lines gives two keys.
 *
 * <p>Not thread-safe.
 */
final class LineKeys {
  /** 128 bits: among a billion lines a collision has a chance of one in 10^20. */
  private static final int KEY_BYTES = 16;

  private final MessageDigest sha256;
  private final ByteBuffer length = ByteBuffer.allocate(Integer.BYTES);
  private byte[] chain = new byte[0];

  LineKeys() {
    try {
      this.sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every JDK has SHA-256", impossible);
    }
  }

  /** Goes one line on; returns its key, 22 characters. */
  String next(byte[] line) {
    sha256.update(chain);
    length.clear();
    length.putInt(line.length);
    sha256.update(length.array());
    sha256.update(line);
    chain = sha256.digest();
    return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(chain, KEY_BYTES));
  }

  /** Names everything read so far, in hexadecimal; empty before the first line. */
  String chain() {
    return HexFormat.of().formatHex(chain);
  }
}
