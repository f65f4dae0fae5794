package io.tideline.lsm.table;

import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.EngineOptions.Compression;
import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.cache.BlockCache;
import io.tideline.lsm.file.Encoder;
import io.tideline.lsm.file.FileFrame;
import io.tideline.lsm.fs.FileSystem.Mode;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.Heads;
import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.row.KeyHash;
import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.row.RowType;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.MemoryFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * A table one part of which is replaced by any bytes, with all checksums made right: what a reader
 * meets behind them. Parts are named without their checksum.
 */
final class ForgedTable {

  private static final UUID ENGINE = new UUID(0x0123456789abcdefL, 0x1122334455667788L);
  private static final Path PATH = Path.of("/forged.sst");
  private static final byte[] RECORD = InternalKey.of(2, new byte[] {'r'});
  private static final byte[] SMALL = InternalKey.of(InternalKey.TIMELINES, new byte[] {'a'});
  private static final byte[] LARGE = InternalKey.of(InternalKey.TIMELINES, new byte[] {'b', 'b'});

  /** Far above what a table of a few kilobytes can hold: a longer walk goes in circles. */
  private static final int STEPS_MAX = 200_000;

  private final byte[] header;
  private final byte[] blocks;
  private final byte[] filter;
  private final byte[] index;
  private final byte[] properties;
  private byte[] footer = new byte[0];

  private ForgedTable(
      byte[] header, byte[] blocks, byte[] filter, byte[] index, byte[] properties) {
    this.header = header;
    this.blocks = blocks;
    this.filter = filter;
    this.index = index;
    this.properties = properties;
  }

  /** A sound table of a few groups, one of them in several blocks. */
  static ForgedTable sound(Compression codec, boolean fuse) throws IOException {
    CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
    EngineOptions options = EngineOptions.DEFAULTS.withBlockBytes(1 << 10).withCompression(codec);
    TableStyle style = fuse ? TableStyle.cold(options) : TableStyle.hot(options);
    try (StorageFile file = disk.open(PATH, Mode.CREATE_NEW)) {
      TableWriter writer = new TableWriter(file, ENGINE, 1, style);
      writer.beginGroup(RECORD, Heads.NONE, true, false);
      writer.add(0, Long.MAX_VALUE, RowType.meta(RowType.PUT, 0), new ValueSource(new byte[3]));
      writer.endGroup(true);
      writer.beginGroup(SMALL, new TimelineHead(3, Long.MIN_VALUE, 3, 0, 1003), false, false);
      rows(writer, 1, 3, 5);
      writer.endGroup(true);
      writer.beginGroup(LARGE, new TimelineHead(90, 40, 70, 2, 5000), false, false);
      writer.addTombstone(41);
      rows(writer, 61, 90, 150);
      writer.endGroup(true);
      writer.finish(3, 9);
      byte[] bytes = new byte[(int) file.size()];
      file.read(ByteBuffer.wrap(bytes), 0);
      return split(bytes);
    }
  }

  private static void rows(TableWriter writer, long from, long to, int bytes) throws IOException {
    for (long id = from; id <= to; id++) {
      byte[] value = new byte[bytes];
      Arrays.fill(value, (byte) id);
      writer.add(id, 1000 + id, RowType.meta(RowType.APPEND, 1), new ValueSource(value));
    }
  }

  /** Takes a file apart. */
  static ForgedTable split(byte[] bytes) throws IOException {
    int footerAt = bytes.length - TableFormat.FOOTER_BODY_BYTES - FileFrame.FOOTER_OVERHEAD;
    TableFormat format =
        TableFormat.decode(
            FileFrame.wrap(bytes).position(footerAt).limit(bytes.length), PATH, footerAt);
    int crc = TableFormat.SECTION_CRC_BYTES;
    return new ForgedTable(
        Arrays.copyOf(bytes, FileFrame.HEADER_BYTES),
        Arrays.copyOfRange(bytes, FileFrame.HEADER_BYTES, (int) format.filterOffset()),
        Arrays.copyOfRange(bytes, (int) format.filterOffset(), (int) format.indexOffset() - crc),
        Arrays.copyOfRange(
            bytes, (int) format.indexOffset(), (int) format.propertiesOffset() - crc),
        Arrays.copyOfRange(bytes, (int) format.propertiesOffset(), footerAt - crc));
  }

  byte[] filter() {
    return filter;
  }

  byte[] index() {
    return index;
  }

  byte[] properties() {
    return properties;
  }

  /** The footer's body. */
  byte[] footer() {
    byte[] file = bytes();
    int at = file.length - TableFormat.FOOTER_BODY_BYTES - FileFrame.FOOTER_OVERHEAD;
    return Arrays.copyOfRange(file, at, at + TableFormat.FOOTER_BODY_BYTES);
  }

  byte[] header() {
    return Arrays.copyOf(header, FileFrame.HEADER_BYTES - Integer.BYTES);
  }

  /** The blocks' envelopes without checksums. */
  List<byte[]> envelopes() throws IOException {
    return blockBytes().stream().map(b -> Arrays.copyOf(b, b.length - Integer.BYTES)).toList();
  }

  /** The blocks' payloads; of an uncompressed table. */
  List<byte[]> payloads() throws IOException {
    return envelopes().stream()
        .map(b -> Arrays.copyOfRange(b, BlockCodec.PREFIX_BYTES, b.length))
        .toList();
  }

  private List<byte[]> blockBytes() throws IOException {
    try (BlockCache cache = new BlockCache(0);
        TableReader reader = open(cache)) {
      return java.util.stream.IntStream.range(0, reader.blockCount())
          .mapToObj(
              i -> {
                int at = (int) reader.index().blockOffset(i) - FileFrame.HEADER_BYTES;
                return Arrays.copyOfRange(blocks, at, at + reader.index().blockLength(i));
              })
          .toList();
    }
  }

  ForgedTable withFilter(byte[] bytes) {
    return new ForgedTable(header, blocks, bytes, index, properties);
  }

  ForgedTable withIndex(byte[] bytes) {
    return new ForgedTable(header, blocks, filter, bytes, properties);
  }

  ForgedTable withProperties(byte[] bytes) {
    return new ForgedTable(header, blocks, filter, index, bytes);
  }

  ForgedTable withFooter(byte[] body) {
    ForgedTable forged = new ForgedTable(header, blocks, filter, index, properties);
    forged.footer = Arrays.copyOf(body, TableFormat.FOOTER_BODY_BYTES);
    return forged;
  }

  ForgedTable withHeader(byte[] body) {
    byte[] forged = Arrays.copyOf(body, FileFrame.HEADER_BYTES);
    int crcAt = FileFrame.HEADER_BYTES - Integer.BYTES;
    FileFrame.wrap(forged).putInt(crcAt, FileFrame.crc(forged, 0, crcAt));
    return new ForgedTable(forged, blocks, filter, index, properties);
  }

  /** All blocks replaced by one of this payload, which may hold any key. */
  ForgedTable withPayload(byte[] payload) {
    Encoder envelope = new Encoder(payload.length + BlockCodec.OVERHEAD_BYTES);
    envelope.putInt(Compression.NONE.code()).putInt(payload.length);
    return withEnvelope(envelope.putBytes(payload, 0, payload.length).toByteArray());
  }

  /** All blocks replaced by one of this envelope. */
  ForgedTable withEnvelope(byte[] envelope) {
    Encoder block = new Encoder(envelope.length + Integer.BYTES);
    block.putBytes(envelope, 0, envelope.length);
    block.putInt(FileFrame.crc(envelope, 0, envelope.length));
    Encoder entry = new Encoder(64);
    entry.putInt(1).putInt(8);
    entry.putShort(LARGE.length).putBytes(LARGE, 0, LARGE.length);
    entry.putLong(Long.MAX_VALUE).putLong(Long.MAX_VALUE);
    entry.putLong(FileFrame.HEADER_BYTES).putInt(block.size());
    return new ForgedTable(header, block.toByteArray(), filter, entry.toByteArray(), properties);
  }

  /** The file. */
  byte[] bytes() {
    Encoder out = new Encoder(8 << 10);
    out.putBytes(header, 0, header.length).putBytes(blocks, 0, blocks.length);
    int crc = TableFormat.SECTION_CRC_BYTES;
    long filterAt = section(out, filter);
    long indexAt = section(out, index);
    long propertiesAt = section(out, properties);
    byte[] body =
        new TableFormat(
                filterAt,
                filter.length + crc,
                indexAt,
                index.length + crc,
                propertiesAt,
                properties.length + crc,
                FileFrame.crc(out.array(), 0, out.size()))
            .encode();
    byte[] framed = FileFrame.footer(footer.length == 0 ? body : footer);
    return out.putBytes(framed, 0, framed.length).toByteArray();
  }

  private static long section(Encoder out, byte[] body) {
    long at = out.size();
    out.putBytes(body, 0, body.length).putInt(FileFrame.crc(body, 0, body.length));
    return at;
  }

  private TableReader open(BlockCache cache) throws IOException {
    return TableReader.open(new MemoryFile(bytes()), PATH, ENGINE, 1, null, cache);
  }

  /**
   * Opens the table and reads all of it in every way there is.
   *
   * @return whether it was read to the end
   * @throws AssertionError if a walk does not end, or a block stays pinned
   */
  boolean read() {
    try (BlockCache cache = new BlockCache(64 << 10)) {
      try (TableReader reader = open(cache)) {
        TableRun run = new TableRun(List.of(reader));
        walk(run);
        for (byte[] key : List.of(RECORD, SMALL, LARGE, new byte[] {InternalKey.TIMELINES})) {
          read(run, key);
        }
        return true;
      }
    } catch (IOException e) {
      return false; // Said, with file and offset.
    }
  }

  /** All rows with their values and all heads, as lines. */
  List<String> content() throws IOException {
    List<String> lines = new ArrayList<>();
    try (BlockCache cache = new BlockCache(0);
        TableReader reader = open(cache);
        GroupSource groups = new TableRun(List.of(reader)).groups(false)) {
      for (boolean more = groups.seek(null); more; more = groups.next()) {
        lines.add(Arrays.toString(groups.key()) + " " + groups.head());
        RowSource rows = groups.rows();
        for (; rows.isValid(); rows.next()) {
          byte[] value = new byte[rows.valueSize()];
          rows.copyValue(value, 0);
          lines.add(
              rows.sequenceId()
                  + " @"
                  + rows.timestampMillis()
                  + " meta="
                  + rows.meta()
                  + " "
                  + Arrays.toString(value));
        }
      }
    }
    return lines;
  }

  private static void walk(TableRun run) throws IOException {
    int steps = 0;
    try (GroupSource groups = run.groups(false)) {
      for (boolean more = groups.seek(null); more; more = groups.next()) {
        groups.head();
        RowSource rows = groups.rows();
        for (; rows.isValid(); rows.next()) {
          readRow(rows);
          steps = step(steps);
        }
        steps = step(steps);
      }
    }
  }

  private static void read(TableRun run, byte[] key) throws IOException {
    run.mayContain(key, KeyHash.of(key, ENGINE.getLeastSignificantBits()));
    run.head(key);
    int steps = 0;
    try (RowSource rows = run.rows(key)) {
      for (long id : new long[] {Long.MIN_VALUE, 0, 2, 75, Long.MAX_VALUE}) {
        for (boolean more = rows.seekGE(id); more; more = rows.next()) {
          readRow(rows);
          steps = step(steps);
        }
        for (boolean more = rows.seekLT(id); more; more = rows.prev()) {
          readRow(rows);
          steps = step(steps);
        }
        if (rows.seekGE(id)) {
          rows.skipOlder(1050);
        }
      }
    }
  }

  private static void readRow(RowSource rows) {
    byte[] value = new byte[rows.valueSize()];
    rows.copyValue(value, 0);
    RowType.type(rows.meta());
    rows.sequenceId();
    rows.timestampMillis();
  }

  private static int step(int steps) {
    if (steps == STEPS_MAX) {
      throw new AssertionError("still walking after " + steps + " steps");
    }
    return steps + 1;
  }
}
