package io.tideline.lsm.file;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.UnsupportedFormatException;
import io.tideline.lsm.UnsupportedFormatException.Reason;
import io.tideline.lsm.fs.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.UUID;
import java.util.zip.CRC32C;

/** Writes and checks headers and footers, as the package documentation lays them out. */
public final class FileFrame {

  /** {@code TIDELINE} read as a little-endian long. */
  public static final long MAGIC = 0x454E494C45444954L;

  public static final int HEADER_BYTES = 48;

  /** Bytes of a footer beside its body. */
  public static final int FOOTER_OVERHEAD = 16;

  /** Kinds of files: four letters read as a little-endian int, and the newest version written. */
  public enum Type {
    TABLE("TABL", 1),
    MANIFEST("MNFS", 1),
    SCRUB("SCRB", 1);

    private final String letters;
    private final int version;

    Type(String letters, int version) {
      this.letters = letters;
      this.version = version;
    }

    int code() {
      return wrap(letters.getBytes(StandardCharsets.US_ASCII)).getInt();
    }
  }

  /** What a header says. */
  public record Header(int version, UUID engineId, long fileId) {}

  private FileFrame() {}

  /** The header of a new file, ready to be written. */
  public static byte[] header(Type type, UUID engineId, long fileId) {
    Encoder header = new Encoder(HEADER_BYTES);
    header.putLong(MAGIC).putInt(type.code()).putInt(type.version);
    header.putLong(engineId.getMostSignificantBits()).putLong(engineId.getLeastSignificantBits());
    header.putLong(fileId).putInt(0);
    return header.putInt(crc(header.array(), 0, header.size())).toByteArray();
  }

  /** Reads and checks the header of a file. */
  public static Header readHeader(StorageFile file, Path path, Type type) throws IOException {
    byte[] bytes = new byte[HEADER_BYTES];
    ByteBuffer header = wrap(bytes);
    int read = file.read(header, 0);
    if (read < HEADER_BYTES) {
      throw new CorruptionException(
          path, 0, "a header of " + HEADER_BYTES + " bytes", "a truncated file of " + read);
    }
    int computed = crc(bytes, 0, HEADER_BYTES - Integer.BYTES);
    int stored = header.getInt(HEADER_BYTES - Integer.BYTES);
    boolean ours = header.getLong(0) == MAGIC && header.getInt(8) == type.code();
    if (computed != stored) {
      if (!ours) {
        throw new UnsupportedFormatException(
            path,
            Reason.NOT_OURS,
            "it is no Tideline " + type.name().toLowerCase(java.util.Locale.ROOT));
      }
      throw new CorruptionException(path, 0, crcText(stored), crcText(computed));
    }
    if (!ours) {
      throw new UnsupportedFormatException(
          path,
          Reason.NOT_OURS,
          "it is no Tideline " + type.name().toLowerCase(java.util.Locale.ROOT));
    }
    int version = header.getInt(12);
    if (version > type.version || version < 1) {
      throw new UnsupportedFormatException(
          path,
          Reason.TOO_NEW,
          "its format version is "
              + version
              + ", this software reads up to "
              + type.version
              + "; use the newer software that wrote it");
    }
    return new Header(
        version, new UUID(header.getLong(16), header.getLong(24)), header.getLong(32));
  }

  /** A footer around {@code body}. */
  public static byte[] footer(byte[] body) {
    Encoder footer = new Encoder(body.length + FOOTER_OVERHEAD);
    footer.putBytes(body, 0, body.length).putInt(crc(body, 0, body.length));
    return footer.putInt(body.length).putLong(MAGIC).toByteArray();
  }

  /** Reads and checks the footer that ends a file of {@code size} bytes. */
  public static ByteBuffer readFooter(StorageFile file, Path path, long size, int bodyBytes)
      throws IOException {
    byte[] bytes = new byte[bodyBytes + FOOTER_OVERHEAD];
    long at = size - bytes.length;
    ByteBuffer footer = wrap(bytes);
    if (at < HEADER_BYTES || file.read(footer, at) < bytes.length) {
      throw new CorruptionException(
          path,
          Math.max(0, at),
          "a footer of " + bytes.length + " bytes",
          "a truncated file of " + size);
    }
    if (footer.getLong(bodyBytes + 8) != MAGIC || footer.getInt(bodyBytes + 4) != bodyBytes) {
      throw new CorruptionException(
          path, at, "a footer", "other bytes: the file is truncated or damaged");
    }
    int computed = crc(bytes, 0, bodyBytes);
    int stored = footer.getInt(bodyBytes);
    if (computed != stored) {
      throw new CorruptionException(path, at, crcText(stored), crcText(computed));
    }
    return footer.clear().limit(bodyBytes);
  }

  /** A little-endian view of an array. */
  public static ByteBuffer wrap(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  public static int crc(byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return (int) crc.getValue();
  }

  public static String crcText(int crc) {
    return String.format("crc32c %08x", crc);
  }
}
