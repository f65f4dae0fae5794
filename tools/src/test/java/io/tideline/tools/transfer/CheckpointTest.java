package io.tideline.tools.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointTest {
  private static final Checkpoint CHECKPOINT =
      new Checkpoint(new Checkpoint.Target("c-1", 7, 8, 20), 1_000, 99_999, "abcd", 51_000, 1_234);

  @TempDir Path directory;

  @Test
  void comesBackAsWritten() throws IOException {
    Path file = directory.resolve("checkpoint");
    CHECKPOINT.write(file);

    assertThat(Checkpoint.read(file)).contains(CHECKPOINT);
    assertThat(Checkpoint.read(directory.resolve("absent"))).isEmpty();
  }

  @Test
  void formatIsStable() throws IOException {
    Path file = directory.resolve("checkpoint");
    CHECKPOINT.write(file);

    assertThat(file)
        .hasContent(
            "{\"format\":\"tideline-import-checkpoint\",\"version\":1,\"cluster_id\":\"c-1\","
                + "\"conversations_store_id\":7,\"inbox_store_id\":8,\"inbox_cap\":20,\"line\":1000,"
                + "\"offset\":99999,\"chain\":\"abcd\",\"attempted_through\":51000,"
                + "\"attempted_since_ms\":1234}\n");
  }

  @Test
  void replacingIsAllOrNothing() throws IOException {
    Path file = directory.resolve("checkpoint");
    CHECKPOINT.write(file);
    // A crash while writing the next one leaves a torn temporary file beside it.
    Files.writeString(directory.resolve("checkpoint.tmp"), "{\"format\":\"tidel");

    assertThat(Checkpoint.read(file)).contains(CHECKPOINT);

    Checkpoint next = new Checkpoint(CHECKPOINT.target(), 2_000, 199_999, "ef", 51_000, 1_234);
    next.write(file);
    assertThat(Checkpoint.read(file)).contains(next);
    assertThat(directory.resolve("checkpoint.tmp")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"format\":\"tideline-imp | is damaged",
        "`` | is damaged",
        "{\"format\":\"other\"} | is not a checkpoint",
        "{\"format\":\"tideline-import-checkpoint\",\"version\":2} | has version 2",
      })
  void whatIsNotACheckpointIsRefusedWithWhatToDo(String content, String reason) throws IOException {
    Path file = Files.writeString(directory.resolve("checkpoint"), content);

    assertThatThrownBy(() -> Checkpoint.read(file))
        .hasMessageContaining(file.toString())
        .hasMessageContaining(reason);
  }

  @Test
  void keysNameThePositionAndEverythingBeforeIt() {
    LineKeys first = new LineKeys();
    LineKeys same = new LineKeys();
    LineKeys other = new LineKeys();
    byte[] a = "a".getBytes(StandardCharsets.UTF_8);
    byte[] b = "b".getBytes(StandardCharsets.UTF_8);

    String keyA = first.next(a);
    String keyAA = first.next(a);

    assertThat(keyA).hasSize(22).isEqualTo(same.next(a));
    assertThat(keyAA).isNotEqualTo(keyA).isEqualTo(same.next(a));
    assertThat(first.chain()).isEqualTo(same.chain());
    other.next(b);
    assertThat(other.next(a)).isNotEqualTo(keyAA);
  }

  @Test
  void lineBreaksCannotBeMovedWithoutChangingKeys() {
    LineKeys one = new LineKeys();
    one.next("ab".getBytes(StandardCharsets.UTF_8));
    String split = one.next("c".getBytes(StandardCharsets.UTF_8));
    LineKeys two = new LineKeys();
    two.next("a".getBytes(StandardCharsets.UTF_8));

    assertThat(two.next("bc".getBytes(StandardCharsets.UTF_8))).isNotEqualTo(split);
  }

  @Test
  void participantsKeepTheMostRecentSpeakers() {
    Participants participants = new Participants(2);

    assertThat(participants.speak("c", "ana")).containsExactly("ana");
    assertThat(participants.speak("c", "bob")).containsExactly("ana", "bob");
    assertThat(participants.speak("c", "ana")).containsExactly("bob", "ana");
    assertThat(participants.speak("c", "carl")).containsExactly("ana", "carl");
    assertThat(participants.speak("d", "bob")).containsExactly("bob");
    assertThat(new Participants(0).speak("c", "ana")).isEmpty();
  }
}
