package io.tideline.tools.chat;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file line by line as bytes, plain or gzip (told by its first two bytes, not by its name),
 * and keeps count of lines and of bytes on both sides of the decompression.
 *
 * <p>Not thread-safe, except {@link #sourceBytes}, which any thread may ask for progress.
 */
public final class LineReader implements Closeable {
  /** A bound on memory only; what a message may be is for {@link ChatFormat} to say. */
  public static final int LINE_BYTES_MAX = 8 << 20;

  private static final int BUFFER_BYTES = 1 << 16;

  private final InputStream in;
  private final AtomicLong sourceBytes;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;
  private long lineNumber;
  private long offset;

  private LineReader(InputStream source) throws IOException {
    CountingStream counted = new CountingStream(source);
    this.sourceBytes = counted.count;
    this.in = decompressed(counted);
  }

  public static LineReader open(Path file) throws IOException {
    InputStream source = Files.newInputStream(file);
    try {
      return new LineReader(source);
    } catch (IOException | RuntimeException failure) {
      source.close();
      throw failure;
    }
  }

  /** Reads from a stream, for example standard input; closing the reader closes it. */
  public static LineReader of(InputStream source) throws IOException {
    return new LineReader(source);
  }

  private static InputStream decompressed(InputStream source) throws IOException {
    PushbackInputStream peekable = new PushbackInputStream(source, 2);
    byte[] magic = peekable.readNBytes(2);
    peekable.unread(magic);
    boolean gzip = magic.length == 2 && (magic[0] & 0xff) == 0x1f && (magic[1] & 0xff) == 0x8b;
    return gzip ? new GZIPInputStream(peekable, BUFFER_BYTES) : peekable;
  }

  /**
   * The next line without its line break (LF or CRLF), null at the end. A last line without a line
   * break counts.
   */
  public byte @Nullable [] next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(256);
    boolean any = false;
    boolean complete = false;
    while (!complete && (position < limit || fill())) {
      any = true;
      complete = takeUpToLineBreak(line);
    }
    if (!any) {
      return null;
    }
    lineNumber++;
    return withoutCarriageReturn(line.toByteArray());
  }

  /** Moves bytes from the buffer to {@code line}; true if the line break was found. */
  private boolean takeUpToLineBreak(ByteArrayOutputStream line) throws IOException {
    int end = position;
    while (end < limit && buffer[end] != '\n') {
      end++;
    }
    line.write(buffer, position, end - position);
    if (line.size() > LINE_BYTES_MAX) {
      throw new IOException(
          "line " + (lineNumber + 1) + " is longer than " + LINE_BYTES_MAX + " bytes");
    }
    boolean complete = end < limit;
    int next = complete ? end + 1 : end;
    offset += next - position;
    position = next;
    return complete;
  }

  private boolean fill() throws IOException {
    position = 0;
    limit = Math.max(0, in.read(buffer));
    return limit > 0;
  }

  private static byte[] withoutCarriageReturn(byte[] line) {
    boolean carriageReturn = line.length > 0 && line[line.length - 1] == '\r';
    return carriageReturn ? Arrays.copyOf(line, line.length - 1) : line;
  }

  /** Number of the line last returned, from 1. */
  public long lineNumber() {
    return lineNumber;
  }

  /** Uncompressed bytes up to the end of the line last returned. */
  public long offset() {
    return offset;
  }

  /** Bytes taken from the file so far, as they are on disk; some may be buffered ahead. */
  public long sourceBytes() {
    return sourceBytes.get();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  /** Counts what goes through. */
  private static final class CountingStream extends FilterInputStream {
    private final AtomicLong count = new AtomicLong();

    CountingStream(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      if (value >= 0) {
        count.incrementAndGet();
      }
      return value;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
      int read = super.read(bytes, from, length);
      if (read > 0) {
        count.addAndGet(read);
      }
      return read;
    }
  }
}
