package io.tideline.tools.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChatGeneratorTest {
  private static final int SAMPLE = 40_000;

  @Test
  void equalSeedsGiveEqualChat() {
    assertThat(lines(7, 3_000)).isEqualTo(lines(7, 3_000)).isNotEqualTo(lines(8, 3_000));
  }

  @Test
  void firstMessageOfASeedNeverChanges() {
    assertThat(lines(42, 1).getFirst())
        .isEqualTo(
            "{\"conversation\":\"group:139\",\"sender\":\"kate060\",\"ts_ms\":1767603602019,"
                + "\"text\":\"it the your, just of tomorrow the how for.\"}");
  }

  @Test
  void textLengthsFollowRealLogs() {
    List<Integer> lengths =
        messages(1, SAMPLE).stream().map(message -> message.text().length()).sorted().toList();

    assertThat(lengths.get(SAMPLE / 2)).as("median").isBetween(47, 113);
    assertThat(lengths.get(SAMPLE / 100 * 99)).as("99th percentile").isBetween(247, 1_822);
    assertThat(lengths.getFirst()).isPositive();
    assertThat(lengths.getLast()).isLessThanOrEqualTo(TextMaker.LENGTH_MAX + 32);
  }

  @Test
  void timeNeverFallsInsideAConversation() {
    Map<String, Long> newest = new HashMap<>();
    for (ChatMessage message : messages(2, SAMPLE)) {
      Long before = newest.put(message.conversation(), message.timeMillis());
      assertThat(message.timeMillis()).isGreaterThanOrEqualTo(before == null ? 0 : before);
    }
  }

  @Test
  void mostConversationsAreSmallAndOneIsHuge() {
    Map<String, Integer> sizes = new HashMap<>();
    messages(3, SAMPLE).forEach(message -> sizes.merge(message.conversation(), 1, Integer::sum));
    List<Integer> sorted = sizes.values().stream().sorted().toList();

    int median = sorted.get(sorted.size() / 2);
    assertThat(sizes.get("channel:lobby")).isEqualTo(sorted.getLast());
    assertThat(sorted.getLast()).isGreaterThan(20 * median);
    assertThat(sizes.keySet()).anyMatch(name -> name.startsWith("dm:"));
    assertThat(sizes.keySet()).anyMatch(name -> name.startsWith("group:"));
    assertThat(sizes.keySet()).anyMatch(name -> name.startsWith("large-group:"));
  }

  @Test
  void onlyMembersSpeak() {
    ChatGenerator generator = new ChatGenerator(4, ChatShape.DEFAULT);
    Map<String, Set<String>> members = new HashMap<>();
    for (ChatWorld.Conversation room : generator.world().conversations()) {
      members.put(room.name(), new HashSet<>(room.members()));
    }
    for (int i = 0; i < 5_000; i++) {
      ChatMessage message = generator.next();
      assertThat(members.get(message.conversation())).contains(message.sender());
    }
  }

  @Test
  void crowdsHaveStorms() {
    Deque<Long> lastMinute = new ArrayDeque<>();
    int peak = 0;
    for (ChatMessage message : messages(5, SAMPLE)) {
      if (message.conversation().equals("channel:lobby")) {
        lastMinute.addLast(message.timeMillis());
        while (lastMinute.getFirst() <= message.timeMillis() - 60_000) {
          lastMinute.removeFirst();
        }
        peak = Math.max(peak, lastMinute.size());
      }
    }
    assertThat(peak).as("messages in one minute").isGreaterThan(100);
  }

  @Test
  void aQuarterOfConversationsIsChinese() {
    long chinese =
        messages(6, SAMPLE).stream()
            .filter(message -> message.text().codePoints().anyMatch(Character::isIdeographic))
            .count();

    assertThat((double) chinese / SAMPLE).isBetween(0.1, 0.4);
  }

  @Test
  void generatedMessagesAreLinesOfAChatLog() throws MalformedLineException {
    for (ChatMessage message : messages(9, 2_000)) {
      byte[] line = message.toJson().getBytes(java.nio.charset.StandardCharsets.UTF_8);
      assertThat(ChatFormat.parse(line)).isEqualTo(message);
    }
  }

  private static List<String> lines(long seed, int count) {
    return messages(seed, count).stream().map(ChatMessage::toJson).toList();
  }

  private static List<ChatMessage> messages(long seed, int count) {
    ChatGenerator generator = new ChatGenerator(seed, ChatShape.DEFAULT);
    List<ChatMessage> messages = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      messages.add(generator.next());
    }
    return messages;
  }
}
