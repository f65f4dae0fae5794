package io.tideline.lsm.table;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.file.Encoder;
import io.tideline.lsm.file.FileFrame;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** The footer body of a table: where its sections are. */
record TableFormat(
    long filterOffset,
    int filterLength,
    long indexOffset,
    int indexLength,
    long propertiesOffset,
    int propertiesLength,
    int bodyCrc32c) {

  static final int FOOTER_BODY_BYTES = 44;

  /** Bytes of checksum after each section. */
  static final int SECTION_CRC_BYTES = 4;

  byte[] encode() {
    Encoder out = new Encoder(FOOTER_BODY_BYTES);
    out.putLong(filterOffset).putInt(filterLength);
    out.putLong(indexOffset).putInt(indexLength);
    out.putLong(propertiesOffset).putInt(propertiesLength);
    return out.putInt(bodyCrc32c).putInt(0).toByteArray();
  }

  static TableFormat decode(ByteBuffer in, Path path, long footerOffset)
      throws CorruptionException {
    TableFormat format =
        new TableFormat(
            in.getLong(),
            in.getInt(),
            in.getLong(),
            in.getInt(),
            in.getLong(),
            in.getInt(),
            in.getInt());
    boolean consecutive =
        format.filterOffset >= FileFrame.HEADER_BYTES
            && format.filterLength > SECTION_CRC_BYTES
            && format.indexLength > SECTION_CRC_BYTES
            && format.propertiesLength > SECTION_CRC_BYTES
            && format.filterOffset + format.filterLength == format.indexOffset
            && format.indexOffset + format.indexLength == format.propertiesOffset
            && format.propertiesOffset + format.propertiesLength == footerOffset;
    if (!consecutive) {
      throw new CorruptionException(
          path, footerOffset, "consecutive sections that end at the footer", format.toString());
    }
    return format;
  }
}
