package io.tideline.tools.bench.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValuesTest {
  @TempDir private Path directory;

  @Test
  void generatedValuesHaveTheSizeDifferAndRepeatWithTheSeed() {
    TextValues values = new TextValues(100, 9);
    TextValues same = new TextValues(100, 9);
    Set<String> all = new HashSet<>();
    for (int row = 0; row < 1_000; row++) {
      byte[] value = values.value(row, new byte[values.scratchBytes()]);
      assertThat(value).hasSize(100).isEqualTo(same.value(row, new byte[100]));
      all.add(new String(value, StandardCharsets.ISO_8859_1));
    }
    assertThat(all).hasSize(1_000);
  }

  @Test
  void generatedValuesCompressAsTextDoes() throws IOException {
    TextValues values = new TextValues(200, 1);
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (DeflaterOutputStream deflater = new DeflaterOutputStream(packed)) {
      for (int row = 0; row < 1_000; row++) {
        deflater.write(values.value(row, new byte[200]));
      }
    }
    assertThat(packed.size() / 200_000.0).isBetween(0.25, 0.45);
  }

  @Test
  void aLogGivesSenderAndTextAndIsRepeatedUnderOtherConversations() throws IOException {
    Path file = directory.resolve("chat.jsonl");
    Files.writeString(
        file,
        """
        {"conversation":"a","sender":"ana","ts_ms":1,"text":"hello"}
        {"conversation":"b","sender":"bob","ts_ms":2,"text":"你好"}
        {"conversation":"a","sender":"bob","ts_ms":3,"text":""}
        """);

    LogValues log = LogValues.read(file, 100);

    assertThat(new String(log.value(1, new byte[0]), StandardCharsets.UTF_8)).isEqualTo("bob\n你好");
    assertThat(log.value(5, new byte[0])).isEqualTo(log.value(2, new byte[0]));
    assertThat(log.timelines(7)).containsExactly(0, 1, 0, 2, 3, 2, 4);
  }

  @Test
  void aMalformedLineIsToldWithItsNumber() throws IOException {
    Path file = directory.resolve("chat.jsonl");
    Files.writeString(
        file, "{\"conversation\":\"a\",\"sender\":\"s\",\"ts_ms\":1,\"text\":\"\"}\nx\n");

    assertThatThrownBy(() -> LogValues.read(file, 100))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("line 2");
  }
}
