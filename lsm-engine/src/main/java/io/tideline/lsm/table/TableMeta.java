package io.tideline.lsm.table;

import io.tideline.lsm.file.Encoder;
import io.tideline.lsm.row.KeyRanges;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * A finished table as the manifest knows it. A <em>virtual</em> table is one of which only the keys
 * within its bounds count: the file is shared, by a hard link, with another engine that sees other
 * keys of it.
 *
 * @param fileId number in the file's name, never used twice in an engine
 * @param origin what the file's header says
 * @param size bytes of the file
 * @param crc32c of the whole file
 * @param bodyCrc32c of the bytes before the footer; also in the footer, so opening a file can tell
 *     an older or other file under this name without reading it all
 * @param bounds the keys that count, {@link KeyRanges#ALL} unless the table is virtual
 * @param liveBytes {@code size} unless the table is virtual; else an estimate from the index of how
 *     much of it is within the bounds
 * @param properties of the whole file, whatever the bounds
 */
public record TableMeta(
    long fileId,
    TableOrigin origin,
    long size,
    int crc32c,
    int bodyCrc32c,
    KeyRanges bounds,
    long liveBytes,
    TableProperties properties) {

  /** Smallest encoding of a bound: two lengths and one byte each. */
  private static final int RANGE_BYTES_MIN = 10;

  public TableMeta {
    if (liveBytes < 0 || liveBytes > size) {
      throw new IllegalArgumentException("live bytes " + liveBytes + " of " + size);
    }
  }

  /** A table as its writer finishes it: all of it counts. */
  public static TableMeta whole(
      long fileId,
      UUID engineId,
      long size,
      int crc32c,
      int bodyCrc32c,
      TableProperties properties) {
    return new TableMeta(
        fileId,
        new TableOrigin(engineId, fileId),
        size,
        crc32c,
        bodyCrc32c,
        KeyRanges.ALL,
        size,
        properties);
  }

  /** Whether only a part of the file counts. */
  public boolean isVirtual() {
    return !bounds.isAll();
  }

  /** Rows within the bounds: exact for a whole table, interpolated by bytes for a virtual one. */
  public long liveRows() {
    return isVirtual()
        ? Math.round((double) properties.rows() * liveBytes / Math.max(1, size))
        : properties.rows();
  }

  /** The same file under another name and with other bounds. */
  public TableMeta as(long newFileId, KeyRanges newBounds, long newLiveBytes) {
    return new TableMeta(
        newFileId, origin, size, crc32c, bodyCrc32c, newBounds, newLiveBytes, properties);
  }

  public void encodeTo(Encoder out) {
    out.putLong(fileId);
    out.putLong(origin.engineId().getMostSignificantBits());
    out.putLong(origin.engineId().getLeastSignificantBits());
    out.putLong(origin.fileId());
    out.putLong(size).putInt(crc32c).putInt(bodyCrc32c);
    out.putLong(liveBytes).putInt(isVirtual() ? bounds.list().size() : 0);
    if (isVirtual()) {
      for (KeyRanges.Range range : bounds.list()) {
        out.putSized(range.low()).putSized(range.high());
      }
    }
    properties.encodeTo(out);
  }

  /**
   * Reads what {@link #encodeTo} wrote.
   *
   * @throws BufferUnderflowException if the bytes end early or a length is absurd
   * @throws IllegalArgumentException if a value is impossible
   */
  public static TableMeta decodeFrom(ByteBuffer in) {
    long fileId = in.getLong();
    TableOrigin origin = new TableOrigin(new UUID(in.getLong(), in.getLong()), in.getLong());
    long size = in.getLong();
    int crc = in.getInt();
    int bodyCrc = in.getInt();
    long liveBytes = in.getLong();
    KeyRanges bounds = decodeBounds(in);
    return new TableMeta(
        fileId, origin, size, crc, bodyCrc, bounds, liveBytes, TableProperties.decodeFrom(in));
  }

  private static KeyRanges decodeBounds(ByteBuffer in) {
    int count = in.getInt();
    if (count < 0 || (long) count * RANGE_BYTES_MIN > in.remaining()) {
      throw new BufferUnderflowException();
    }
    List<KeyRanges.Range> ranges = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      ranges.add(new KeyRanges.Range(TableProperties.sized(in), TableProperties.sized(in)));
    }
    return count == 0 ? KeyRanges.ALL : new KeyRanges(ranges);
  }
}
