package io.tideline.tools.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatFormatTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"conversation\":\"c\",\"sender\":\"s\",\"ts_ms\":1,\"text\":\"\\u001c\\t\\n\"}",
        "{\"conversation\":\"#ubuntu\",\"sender\":\"bob\",\"ts_ms\":1,\"text\":\"\"}",
        "{\"conversation\":\"c\",\"sender\":\"李娜\",\"ts_ms\":0,\"text\":\"\\\"你好\\\" 🎉\",\"ts_made\":true}",
        "{\"conversation\":\"c\",\"sender\":\"s\",\"ts_ms\":9,\"text\":\"t\",\"a\":1.5,\"l\":[\"x\",\"y\"],\"n\":-3}"
      })
  void linesComeBackByteForByte(String line) throws MalformedLineException {
    assertThat(ChatFormat.parse(bytes(line)).toJson()).isEqualTo(line);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "nonsense | not JSON",
        "[] | not a JSON object",
        "{} | 'conversation' is missing",
        "{\"conversation\":\"\",\"sender\":\"s\",\"ts_ms\":1,\"text\":\"t\"} | 'conversation' must be a string that is not empty",
        "{\"conversation\":\"c\",\"sender\":7,\"ts_ms\":1,\"text\":\"t\"} | 'sender' must be a string that is not empty, found 7",
        "{\"conversation\":\"c\",\"sender\":\"s\",\"ts_ms\":1.5,\"text\":\"t\"} | 'ts_ms' must be milliseconds",
        "{\"conversation\":\"c\",\"sender\":\"s\",\"ts_ms\":-1,\"text\":\"t\"} | 'ts_ms' must be milliseconds",
        "{\"conversation\":\"c\",\"sender\":\"s\",\"ts_ms\":99999999999999999999,\"text\":\"t\"} | 'ts_ms'",
        "{\"conversation\":\"c\",\"sender\":\"s\",\"ts_ms\":1} | 'text' is missing",
        "{\"conversation\":\"c\",\"sender\":\"s\",\"ts_ms\":1,\"text\":null} | 'text' must be a string",
        "{\"conversation\":\"c\",\"sender\":\"s\",\"ts_ms\":1,\"text\":\"\\ud83d\"} | half a surrogate pair",
        "{\"conversation\":\"c\",\"sender\":\"s\",\"ts_ms\":1,\"text\":\"t\",\"x\":{}} | 'x' must be",
        "{\"conversation\":\"c\",\"sender\":\"s\",\"ts_ms\":1,\"text\":\"t\",\"text\":\"u\"} | not JSON: Duplicate field 'text'",
        "{\"conversation\":\"c\",\"sender\":\"s\",\"ts_ms\":1,\"text\":\"t\"} x | not JSON",
      })
  void malformedLinesAreRefusedWithTheReason(String line, String reason) {
    assertThatThrownBy(() -> ChatFormat.parse(bytes(line)))
        .isInstanceOfSatisfying(
            MalformedLineException.class, refused -> assertThat(refused.reason()).contains(reason));
  }

  @Test
  void bytesThatAreNotUtf8AreRefused() {
    byte[] line = bytes("{\"conversation\":\"c\",\"sender\":\"s\",\"ts_ms\":1,\"text\":\"t\"}");
    line[line.length - 3] = (byte) 0xC3;

    assertThatThrownBy(() -> ChatFormat.parse(line)).hasMessage("not UTF-8");
  }

  @Test
  void plainAndGzipGiveTheSameLines() throws IOException {
    byte[] plain = bytes("one\ntwo\r\n\nlast without break");
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(plain);
    }

    assertThat(lines(plain)).containsExactly("one", "two", "", "last without break");
    assertThat(lines(packed.toByteArray())).isEqualTo(lines(plain));
    assertThat(lines(new byte[0])).isEmpty();
  }

  @Test
  void linesLongerThanTheBufferAreWhole() throws IOException {
    String longLine = "x".repeat(300_000);

    assertThat(lines(bytes(longLine + "\nshort\n"))).containsExactly(longLine, "short");
  }

  @Test
  void readerCountsLinesAndUncompressedBytes() throws IOException {
    try (LineReader reader = LineReader.of(new ByteArrayInputStream(bytes("ab\nc\n")))) {
      reader.next();
      assertThat(reader.lineNumber()).isEqualTo(1);
      assertThat(reader.offset()).isEqualTo(3);
      reader.next();
      assertThat(reader.next()).isNull();
      assertThat(reader.offset()).isEqualTo(5);
      assertThat(reader.sourceBytes()).isEqualTo(5);
    }
  }

  private static List<String> lines(byte[] file) throws IOException {
    List<String> lines = new ArrayList<>();
    try (LineReader reader = LineReader.of(new ByteArrayInputStream(file))) {
      for (byte[] line = reader.next(); line != null; line = reader.next()) {
        lines.add(new String(line, StandardCharsets.UTF_8));
      }
    }
    return lines;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
