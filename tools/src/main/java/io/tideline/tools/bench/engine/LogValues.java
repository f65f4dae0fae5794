package io.tideline.tools.bench.engine;

import io.tideline.tools.chat.ChatFormat;
import io.tideline.tools.chat.ChatMessage;
import io.tideline.tools.chat.LineReader;
import io.tideline.tools.chat.MalformedLineException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Values from a chat log: sender, a line break, text, in UTF-8 and nothing else, so that repeated
 * field names do not flatter compression. A log that is too short is repeated.
 */
final class LogValues implements Values {
  /**
   * Lines kept in memory; about half a gigabyte of ordinary chat. What is longer is not read
   * further.
   */
  static final int LINES_MAX = 3_000_000;

  private final byte[][] values;
  private final int[] conversations;
  private final int conversationCount;

  private LogValues(byte[][] values, int[] conversations, int conversationCount) {
    this.values = values;
    this.conversations = conversations;
    this.conversationCount = conversationCount;
  }

  /**
   * Reads a log.
   *
   * @param linesMax lines to read at most
   * @throws IOException if it cannot be read, has a malformed line or none at all
   */
  static LogValues read(Path file, int linesMax) throws IOException {
    List<byte[]> values = new ArrayList<>();
    List<Integer> conversations = new ArrayList<>();
    Map<String, Integer> numbers = new HashMap<>();
    try (LineReader lines = LineReader.open(file)) {
      byte @Nullable [] line;
      while (values.size() < linesMax && (line = lines.next()) != null) {
        ChatMessage message = parse(file, lines.lineNumber(), line);
        values.add((message.sender() + "\n" + message.text()).getBytes(StandardCharsets.UTF_8));
        conversations.add(
            numbers.computeIfAbsent(message.conversation(), ignored -> numbers.size()));
      }
    }
    if (values.isEmpty()) {
      throw new IOException(file + " has no line");
    }
    return new LogValues(
        values.toArray(byte[][]::new),
        conversations.stream().mapToInt(Integer::intValue).toArray(),
        numbers.size());
  }

  private static ChatMessage parse(Path file, long number, byte[] line) throws IOException {
    try {
      return ChatFormat.parse(line);
    } catch (MalformedLineException malformed) {
      throw new IOException(file + " line " + number + ": " + malformed.getMessage(), malformed);
    }
  }

  @Override
  public byte[] value(int row, byte[] scratch) {
    return values[row % values.length];
  }

  @Override
  public int scratchBytes() {
    return 0;
  }

  /** Each row's conversation; conversations of a repetition are others than those before. */
  int[] timelines(int rows) {
    int[] timelines = new int[rows];
    for (int row = 0; row < rows; row++) {
      timelines[row] = conversations[row % values.length] + row / values.length * conversationCount;
    }
    return timelines;
  }

  /** Average size of a value in bytes. */
  double meanBytes() {
    long sum = 0;
    for (byte[] value : values) {
      sum += value.length;
    }
    return (double) sum / values.length;
  }
}
