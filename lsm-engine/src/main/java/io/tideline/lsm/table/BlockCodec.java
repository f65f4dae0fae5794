package io.tideline.lsm.table;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.EngineOptions.Compression;
import io.tideline.lsm.file.FileFrame;
import io.tideline.lsm.seeded.SeededBug;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/**
 * The envelope of a block: {@code [codec 1][0 3][raw length 4][stored payload][crc32c 4]}, the
 * checksum over everything before it. A payload that does not shrink by an eighth is stored as it
 * is.
 */
final class BlockCodec {

  static final int PREFIX_BYTES = 8;
  static final int OVERHEAD_BYTES = PREFIX_BYTES + 4;

  /** A few large values with their columns: what the largest legal row can make, with slack. */
  static final int RAW_BYTES_MAX = 8 << 20;

  private static final LZ4Compressor LZ4 = LZ4Factory.fastestInstance().fastCompressor();
  private static final LZ4SafeDecompressor UNLZ4 = LZ4Factory.fastestInstance().safeDecompressor();

  private BlockCodec() {}

  /** Encodes a block; the result lies in {@code out}, from 0 to the returned length. */
  static int encode(TableStyle style, byte[] raw, int length, Scratch out) {
    Compression compression = style.compression();
    byte[] target = out.ensure(PREFIX_BYTES + bound(compression, length) + 4);
    int stored = compress(style, raw, length, target);
    Compression used = compression;
    if (stored < 0 || stored > length - length / 8) {
      used = Compression.NONE;
      stored = length;
      System.arraycopy(raw, 0, target, PREFIX_BYTES, length);
    }
    ByteBuffer view = ByteBuffer.wrap(target).order(ByteOrder.LITTLE_ENDIAN);
    view.putInt(0, used.code()).putInt(4, length);
    int end = PREFIX_BYTES + stored;
    view.putInt(end, FileFrame.crc(target, 0, end));
    return end + 4;
  }

  private static int bound(Compression compression, int length) {
    return switch (compression) {
      case NONE -> length;
      case LZ4 -> LZ4.maxCompressedLength(length);
      case ZSTD -> (int) Zstd.compressBound(length);
    };
  }

  private static int compress(TableStyle style, byte[] raw, int length, byte[] target) {
    return switch (style.compression()) {
      case NONE -> -1;
      case LZ4 ->
          LZ4.compress(raw, 0, length, target, PREFIX_BYTES, target.length - PREFIX_BYTES - 4);
      case ZSTD -> {
        long n =
            Zstd.compressByteArray(
                target,
                PREFIX_BYTES,
                target.length - PREFIX_BYTES - 4,
                raw,
                0,
                length,
                style.zstdLevel());
        yield Zstd.isError(n) ? -1 : (int) n;
      }
    };
  }

  /**
   * Checks an encoded block and tells its raw length.
   *
   * @param stored the whole block, direct, little-endian, from position 0 to its limit
   */
  static int check(ByteBuffer stored, Path path, long offset) throws CorruptionException {
    int end = stored.limit() - 4;
    if (end < PREFIX_BYTES) {
      throw new CorruptionException(path, offset, "a block", stored.limit() + " bytes");
    }
    CRC32C crc = new CRC32C();
    crc.update(stored.duplicate().position(0).limit(end));
    int expected = stored.getInt(end);
    if ((int) crc.getValue() != expected && !SeededBug.BLOCK_CHECKSUM_IGNORED.isPlanted()) {
      throw new CorruptionException(
          path, offset, FileFrame.crcText(expected), FileFrame.crcText((int) crc.getValue()));
    }
    int raw = stored.getInt(4);
    if (raw < 0 || raw > RAW_BYTES_MAX) {
      throw new CorruptionException(path, offset, "raw length up to " + RAW_BYTES_MAX, "" + raw);
    }
    return raw;
  }

  /** Decodes a checked block into {@code target}, which has exactly the raw length. */
  static void decode(ByteBuffer stored, MemorySegment target, Path path, long offset)
      throws CorruptionException {
    int code = stored.getInt(0);
    int length = stored.limit() - OVERHEAD_BYTES;
    int raw = (int) target.byteSize();
    int got;
    if (code == Compression.NONE.code()) {
      got = length;
      if (length == raw) {
        target.copyFrom(
            MemorySegment.ofBuffer(
                stored.duplicate().position(PREFIX_BYTES).limit(PREFIX_BYTES + length)));
      }
    } else if (code == Compression.LZ4.code()) {
      got = unLz4(stored, length, target, raw);
    } else if (code == Compression.ZSTD.code()) {
      got = unZstd(stored, length, target, raw);
    } else {
      throw new CorruptionException(path, offset, "a block codec of 0..2", "" + code);
    }
    if (got != raw) {
      throw new CorruptionException(path, offset, raw + " bytes after decompression", "" + got);
    }
  }

  private static int unLz4(ByteBuffer stored, int length, MemorySegment target, int raw) {
    try {
      return UNLZ4.decompress(stored, PREFIX_BYTES, length, target.asByteBuffer(), 0, raw);
    } catch (LZ4Exception e) {
      return -1;
    }
  }

  private static int unZstd(ByteBuffer stored, int length, MemorySegment target, int raw) {
    try {
      long n =
          Zstd.decompressDirectByteBuffer(
              target.asByteBuffer(), 0, raw, stored, PREFIX_BYTES, length);
      return Zstd.isError(n) ? -1 : (int) n;
    } catch (ZstdException e) {
      return -1;
    }
  }

  /** A reusable byte array. */
  static final class Scratch {
    private byte[] bytes = new byte[64 << 10];

    byte[] ensure(int length) {
      if (bytes.length < length) {
        bytes = new byte[Math.max(length, bytes.length * 2)];
      }
      return bytes;
    }

    byte[] array() {
      return bytes;
    }
  }
}
