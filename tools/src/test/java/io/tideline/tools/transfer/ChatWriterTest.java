package io.tideline.tools.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.client.Message;
import io.tideline.tools.chat.ChatMessage;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.ToolException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ChatWriterTest {
  private final FakeNode node = new FakeNode();
  private final AtomicLong nanos = new AtomicLong();

  @Test
  void acknowledgedStaysBeforeTheFirstLineStillOnItsWay() throws Exception {
    ChatWriter writer = writer(100, Duration.ofDays(1));
    writer.submit(line(1));
    node.hold();
    writer.submit(line(2));
    writer.submit(line(3));

    assertThat(writer.acknowledged().line()).isEqualTo(1);
    node.release();
    assertThat(writer.acknowledged().line()).isEqualTo(3);
    writer.drain();
  }

  @Test
  void givesUpWhenNothingIsAcknowledgedForLongerThanItsPatience() throws Exception {
    ChatWriter writer = writer(2, Duration.ofSeconds(30));
    node.hold();
    writer.submit(line(1));

    // Two writes are on their way, no third fits; each look at the clock is 10 s later.
    assertThatThrownBy(() -> writer.submit(line(2)))
        .isInstanceOfSatisfying(
            ToolException.class,
            gaveUp -> assertThat(gaveUp.exitCode()).isEqualTo(ExitCode.UNAVAILABLE))
        .hasMessageContaining("no write was acknowledged for");
    assertThat(node.held()).isEqualTo(2);
  }

  @Test
  void idsThatDoNotRiseAreAFailure() throws Exception {
    ChatWriter writer = writer(100, Duration.ofDays(1));
    writer.submit(line(1));
    writer.submit(line(2));
    // The same key once more gets the first id again: line 3 would stand before line 2.
    writer.submit(
        new ChatWriter.Submission(
            new ChatWriter.Position(3, 0, ""),
            new ChatMessage("c", "ana", 1, "x"),
            "key-1",
            List.of(),
            Optional.empty(),
            false));

    assertThatThrownBy(writer::drain)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("line 3")
        .hasMessageContaining("got id 1");
  }

  @Test
  void firstFailureNamesItsLineAndStopsTheWriter() throws Exception {
    ChatWriter writer = writer(100, Duration.ofDays(1));
    writer.submit(line(1));
    node.dieAfter(0);
    writer.submit(line(2));

    assertThatThrownBy(() -> writer.submit(line(3)))
        .isInstanceOfSatisfying(
            ImportFailure.class, failure -> assertThat(failure.line()).isEqualTo(2))
        .hasMessageContaining("the node is away");
    assertThat(writer.acknowledged().line()).isEqualTo(1);
  }

  @Test
  void aLineWithMoreWritesThanFitGoesThroughAlone() throws Exception {
    ChatWriter writer = writer(2, Duration.ofDays(1));
    writer.submit(
        new ChatWriter.Submission(
            new ChatWriter.Position(1, 0, ""),
            new ChatMessage("c", "ana", 1, "x"),
            "key",
            List.of("ana", "bob", "carl", "dora"),
            Optional.empty(),
            true));
    writer.submit(line(2));
    writer.drain();

    assertThat(writer.counts()).isEqualTo(new ChatWriter.Counts(2, 5, 0));
  }

  @Test
  void chatSurvivesTheWayIntoMessagesAndBack() {
    ChatMessage chat =
        new ChatMessage(
            "c",
            "李娜",
            7,
            "你好",
            Json.parseObject("{\"a\":1,\"b\":2.5,\"c\":true,\"d\":[\"x\"],\"e\":\"y\"}"));

    assertThat(ChatMapping.toChat("c", ChatMapping.forConversation(chat)).toJson())
        .isEqualTo(chat.toJson());
    assertThatThrownBy(() -> ChatMapping.toChat("c", Message.of("text", "x")))
        .hasMessageContaining("'sender'");
  }

  private ChatWriter writer(int inFlight, Duration patience) {
    return new ChatWriter(
        node,
        new ChatTarget("conversations", Optional.of("inbox")),
        new ChatWriter.Position(0, 0, ""),
        nanos::get,
        inFlight,
        patience,
        () -> nanos.addAndGet(Duration.ofSeconds(10).toNanos()));
  }

  private static ChatWriter.Submission line(long number) {
    return new ChatWriter.Submission(
        new ChatWriter.Position(number, 0, ""),
        new ChatMessage("c", "ana", number, "text " + number),
        "key-" + number,
        List.of("ana"),
        Optional.empty(),
        false);
  }
}
