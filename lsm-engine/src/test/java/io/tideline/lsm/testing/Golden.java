package io.tideline.lsm.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * Golden files: bytes of a format, kept as lines of 32 bytes in hex so that a change shows as a
 * diff. {@code -Dtideline.golden=rewrite} writes them anew; the diff is reviewed, and a change of
 * bytes means a new format version.
 */
public final class Golden {

  private static final int LINE_BYTES = 32;

  private Golden() {}

  /** Fails unless {@code bytes} are those of the golden file {@code name}. */
  public static void assertSame(String name, byte[] bytes) {
    String text = text(bytes);
    try {
      if ("rewrite".equals(System.getProperty("tideline.golden"))) {
        Path file = Path.of("src/test/resources/golden", name + ".hex");
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
      }
      try (InputStream in = Golden.class.getResourceAsStream("/golden/" + name + ".hex")) {
        assertThat(in).as("golden file %s; see Golden for how to write it", name).isNotNull();
        assertThat(text).isEqualTo(new String(in.readAllBytes(), StandardCharsets.US_ASCII));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The bytes of golden file {@code name}, for formats whose bytes depend on a codec's version: not
   * what is written must stay, but that this is read. Rewriting takes {@code bytes}.
   */
  public static byte[] read(String name, byte[] bytes) {
    try {
      if ("rewrite".equals(System.getProperty("tideline.golden"))) {
        Path file = Path.of("src/test/resources/golden", name + ".hex");
        Files.createDirectories(file.getParent());
        Files.writeString(file, text(bytes));
        return bytes;
      }
      try (InputStream in = Golden.class.getResourceAsStream("/golden/" + name + ".hex")) {
        assertThat(in).as("golden file %s; see Golden for how to write it", name).isNotNull();
        String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        return HexFormat.of().parseHex(text.replace("\n", ""));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (int at = 0; at < bytes.length; at += LINE_BYTES) {
      int end = Math.min(bytes.length, at + LINE_BYTES);
      text.append(HexFormat.of().formatHex(bytes, at, end)).append('\n');
    }
    return text.toString();
  }
}
