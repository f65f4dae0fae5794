package io.tideline.tools.im;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.client.AppendItem;
import io.tideline.client.Identifier;
import io.tideline.client.Message;
import io.tideline.client.ScanSpec;
import io.tideline.client.TimelineKey;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The messenger on a real node, each test with users and groups of its own. */
class ImTest {

  @TempDir static Path directory;

  private static ImNode node;
  private static Im im;

  @BeforeAll
  static void start() throws Exception {
    node = new ImNode(directory, Duration.ofDays(14));
    im = node.im;
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @Test
  void twoUsersTalkAndEveryDeviceHasAllOfIt() {
    String chat = im.single("ana", "bo");
    assertThat(im.single("bo", "ana")).isEqualTo(chat);
    ImNode.Phone early = node.phone("bo").pull();
    im.send(chat, "ana", "hi", Im.newKey());
    early.pull();
    im.send(chat, "bo", "你好", Im.newKey());

    List<String> all = List.of("ana: hi", "bo: 你好");
    assertThat(early.pull().shown(chat)).isEqualTo(all);
    assertThat(node.phone("bo").pull().shown(chat)).isEqualTo(all);
    assertThat(node.phone("ana").pull().shown(chat)).isEqualTo(all);
    assertThat(node.phone("nobody").pull().messages).isEmpty();
  }

  @Test
  void aSendThatIsRepeatedIsThereOnceForEverybody() {
    String group = im.group("repeat", List.of("r1", "r2", "r3"));
    String key = Im.newKey();
    long id = im.send(group, "r1", "once", key);
    assertThat(im.send(group, "r1", "once", key)).isEqualTo(id);

    assertThat(node.phone("r2").pull().shown(group)).containsExactly("r1: once");
    assertThat(node.client.head(ImStores.inbox("r3")).lastSequenceId()).isEqualTo(1);
  }

  @Test
  void editsAndRecallsReachDevicesThatHaveTheMessageAndThoseThatHaveNot() {
    String group = im.group("edits", List.of("e1", "e2"));
    ImNode.Phone phone = node.phone("e2");
    long first = im.send(group, "e1", "frist", Im.newKey());
    long second = im.send(group, "e1", "secret", Im.newKey());
    phone.pull();
    im.edit(group, first, "first");
    im.recall(group, second);

    List<String> now = List.of("e1: first (edited)", "(recalled)");
    assertThat(phone.pull().shown(group)).isEqualTo(now);
    assertThat(node.phone("e2").pull().shown(group)).isEqualTo(now);
    assertThat(im.history(group, "e1", Long.MAX_VALUE, 10))
        .extracting(ImMessage::text)
        .containsExactly("", "first");
  }

  @Test
  void membersSeeWhatWasWrittenWhileTheyWereThere() {
    String group = im.group("door", List.of("d1"));
    im.send(group, "d1", "before", Im.newKey());
    im.join(group, "d2");
    ImNode.Phone guest = node.phone("d2");
    im.send(group, "d1", "welcome", Im.newKey());
    im.leave(group, "d2");
    im.send(group, "d1", "after", Im.newKey());

    assertThat(im.members(group)).containsExactly("d1");
    List<String> his = List.of("* d2 joined", "d1: welcome", "* d2 left");
    assertThat(guest.pull().shown(group)).isEqualTo(his);
    assertThat(node.phone("d2").pull(true).shown(group)).isEqualTo(his);
    assertThat(im.history(group, "d2", Long.MAX_VALUE, 10)).hasSize(3);
    assertThat(im.history(group, "stranger", Long.MAX_VALUE, 10)).isEmpty();
    assertThat(node.phone("d1").pull().shown(group)).hasSize(5);
  }

  @Test
  void theListIsByActivityWithWhatIsUnread() {
    String quiet = im.single("l1", "l2");
    String busy = im.group("busy", List.of("l1", "l2", "l3"));
    im.send(quiet, "l2", "one", Im.newKey());
    for (int i = 0; i < 5; i++) {
      im.send(busy, "l2", "m" + i, Im.newKey());
    }
    im.markRead(busy, "l1", 3);
    im.markRead(busy, "l1", 2); // Another device, later than the first.

    assertThat(im.conversations("l1"))
        .extracting(ConversationSummary::conversation, ConversationSummary::unread)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(busy, 2L),
            org.assertj.core.groups.Tuple.tuple(quiet, 1L));
    im.send(quiet, "l1", "two", Im.newKey());
    assertThat(im.conversations("l1"))
        .extracting(ConversationSummary::conversation)
        .containsExactly(quiet, busy);
  }

  @Test
  void whoJoinsWhileOthersSendMissesNothingThatCameAfter() {
    String group = im.group("race", List.of("s1"));
    // A sender who looked up the members before the user joined.
    new Members(node.client).add(group, "s2", 0, new Members.Member(Im.newKey(), true));
    node.client.append(ImStores.conversation(group), ImMessage.text("s1", "in between"));
    im.join(group, "s3");
    im.send(group, "s1", "and on", Im.newKey());

    assertThat(node.phone("s2").pull().shown(group))
        .containsExactly("s1: in between", "* s3 joined", "s1: and on");
  }

  @Test
  void whoFailedToJoinOrLeaveDoesItAgainAndIsToldOfOnce() {
    String group = im.group("again", List.of("t1"));
    Members members = new Members(node.client);
    // Whoever joined him died before he told of it.
    members.add(group, "t2", 0, new Members.Member(Im.newKey(), false));
    im.send(group, "t1", "between", Im.newKey());
    im.join(group, "t2");
    im.join(group, "t2");
    // Whoever lets him leave dies after telling of it.
    String key = members.member(group, "t2").orElseThrow().key() + "-";
    TimelineKey timeline = ImStores.conversation(group);
    node.client.append(
        AppendItem.of(timeline, ImMessage.membership("t2", "t2 left")).withMessageKey(key));
    im.leave(group, "t2");
    im.leave(group, "t2");

    List<String> all = List.of("t1: between", "* t2 joined", "* t2 left");
    assertThat(node.phone("t1").pull().shown(group)).isEqualTo(all);
    assertThat(node.phone("t2").pull().shown(group)).isEqualTo(all);
    assertThat(im.members(group)).containsExactly("t1");
  }

  @Test
  void aSenderThatDiedBeforeTheInboxesIsFoundOnRequest() {
    String group = im.group("died", List.of("x1", "x2"));
    im.send(group, "x1", "whole", Im.newKey());
    ImNode.Phone phone = node.phone("x2").pull();
    node.client.append(ImStores.conversation(group), ImMessage.text("x1", "half"));

    assertThat(phone.pull().shown(group)).containsExactly("x1: whole");
    assertThat(phone.pull(true).shown(group)).containsExactly("x1: whole", "x1: half");
  }

  @Test
  void aDeviceThatBeginsNowSeesNothingOld() {
    String chat = im.single("n1", "n2");
    im.send(chat, "n1", "old", Im.newKey());
    ImDevice device = im.device("n2", im.stateNow("n2"));
    im.send(chat, "n1", "new", Im.newKey());

    assertThat(device.pull().updates())
        .extracting(update -> ((ImUpdate.Received) update).message().text())
        .containsExactly("new");
  }

  @Test
  void inboxesHaveNothingThatTheDocumentDoesNotSay() {
    String group = im.group("layout", List.of("y1"));
    long id = im.send(group, "y1", "text", Im.newKey());
    im.edit(group, id, "edited");

    assertThat(node.client.scan(ScanSpec.of(ImStores.inbox("y1"))))
        .extracting(entry -> entry.message())
        .containsExactly(
            Message.builder()
                .put("sender", "y1")
                .put("text", "text")
                .put("conversation", group)
                .put("conversation_sequence_id", 1)
                .build(),
            Message.builder()
                .put("conversation", group)
                .put("conversation_sequence_id", 2)
                .build());
    assertThat(new Members(node.client).inboxes(group)).containsExactly(Identifier.of("y1"));
  }

  @Test
  void namesAreChecked() {
    assertThatThrownBy(() -> im.single("ana", "b:o")).hasMessageContaining("'b:o'");
    assertThatThrownBy(() -> im.group("", List.of())).hasMessageContaining("''");
    assertThatThrownBy(() -> im.group("g", List.of("x".repeat(41)))).hasMessageContaining("40");
  }
}
