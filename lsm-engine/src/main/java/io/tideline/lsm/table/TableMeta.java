package io.tideline.lsm.table;

import io.tideline.lsm.file.Encoder;
import java.nio.ByteBuffer;

/**
 * A finished table as the manifest knows it.
 *
 * @param fileId number of the file, never used twice in an engine
 * @param size bytes
 * @param crc32c of the whole file
 * @param bodyCrc32c of the bytes before the footer; also in the footer, so opening a file can tell
 *     an older or other file under this name without reading it all
 */
public record TableMeta(
    long fileId, long size, int crc32c, int bodyCrc32c, TableProperties properties) {

  public void encodeTo(Encoder out) {
    out.putLong(fileId).putLong(size).putInt(crc32c).putInt(bodyCrc32c);
    properties.encodeTo(out);
  }

  public static TableMeta decodeFrom(ByteBuffer in) {
    return new TableMeta(
        in.getLong(), in.getLong(), in.getInt(), in.getInt(), TableProperties.decodeFrom(in));
  }
}
