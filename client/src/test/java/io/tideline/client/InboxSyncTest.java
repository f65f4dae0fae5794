package io.tideline.client;

import static io.tideline.client.InboxWorld.conversation;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.tideline.client.testing.Fault;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.SyncRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a device is told, and what it asks for it. */
class InboxSyncTest {

  private final InboxWorld world = new InboxWorld();
  private InboxSync device;

  @BeforeEach
  void inTwoConversations() {
    world.ranges.put(conversation("a"), ConversationRange.all());
    world.ranges.put(conversation("b"), ConversationRange.all());
    device = world.device(InboxState.ofNewDevice(), 100);
  }

  @AfterEach
  void close() {
    world.close();
  }

  @Test
  void copiesInOrderAreDeliveredFromTheInboxAlone() {
    world.send("a", "one");
    world.send("b", "two");
    world.send("a", "three");

    assertThat(pullAll()).containsExactly("a1=one", "b1=two", "a2=three");
    assertThat(device.state())
        .isEqualTo(InboxState.of(3, Map.of(conversation("a"), 2L, conversation("b"), 1L)));
    assertThat(scans()).isEmpty();
    assertThat(syncsOf("conversations")).isEmpty();
    assertThat(device.pull().hasMore()).isFalse();
  }

  @Test
  void concurrentMessagesComeInTheirConversationsOrder() {
    for (int i = 1; i <= 3; i++) {
      world.append("a", "m" + i);
    }
    world.copy("a", 3, "m3");
    world.copy("a", 1, "m1");
    world.copy("a", 2, "m2");

    assertThat(pullAll()).containsExactly("a1=m1", "a2=m2", "a3=m3");
    assertThat(scans()).isEmpty();
  }

  @Test
  void whatTheInboxLacksIsReadInTheConversationFirst() {
    world.send("a", "one");
    world.append("a", "the sender died");
    world.append("a", "and another");
    world.send("a", "four");

    assertThat(pullAll())
        .containsExactly("a1=one", "a2=the sender died*", "a3=and another*", "a4=four");
    assertThat(scans()).hasSize(1);
    world.copy("a", 2, "the sender died"); // His retry.
    assertThat(pullAll()).isEmpty();
    assertThat(device.state().inboxPosition()).isEqualTo(3);
  }

  @Test
  void aNoticeBringsTheConversationsEntry() {
    world.send("a", "one");
    world.notice("a", world.append("a", "too large to copy"));
    world.notice("a", 2);

    assertThat(pullAll()).containsExactly("a1=one", "a2=too large to copy*");
  }

  @Test
  void entriesOfTheInboxAloneArePassedOnInPlace() {
    world.send("a", "one");
    world.client.append(InboxWorld.INBOX, Message.of("text", "welcome"));
    world.send("a", "two");

    assertThat(pullAll()).containsExactly("a1=one", "own welcome", "a2=two");
  }

  @Test
  void aTrimmedInboxIsReplacedByTheConversationsUntilTheyAreRead() {
    world.send("a", "a one");
    assertThat(pullAll()).containsExactly("a1=a one");
    world.send("b", "b one");
    world.send("a", "a two");
    world.send("a", "a three");
    world.trimInbox(3);

    assertThat(pullAll())
        .containsExactly("fell back 2..3", "b1=b one*", "a2=a two*", "a3=a three*", "back 3");
    world.send("a", "a four");
    assertThat(pullAll()).containsExactly("a4=a four");
  }

  @Test
  void whatArrivesWhileItFallsBackIsDeliveredOnce() {
    world.send("a", "one");
    world.send("a", "two");
    world.trimInbox(1);
    List<String> told = new ArrayList<>(InboxWorld.describe(device.pull().events()));
    world.send("a", "before the conversations are read");
    told.addAll(InboxWorld.describe(device.pull().events()));
    world.send("a", "after they were read");
    world.send("b", "likewise");
    told.addAll(pullAll());

    assertThat(told)
        .containsExactly(
            "fell back 1..1",
            "a1=one*",
            "a2=two*",
            "a3=before the conversations are read*",
            "back 1",
            "a4=after they were read",
            "b1=likewise");
  }

  @Test
  void aTrimInTheMiddleFallsBackAgain() {
    world.send("a", "one");
    world.trimInbox(1);
    assertThat(InboxWorld.describe(device.pull().events())).containsExactly("fell back 1..1");
    assertThat(InboxWorld.describe(device.pull().events())).containsExactly("a1=one*");
    world.send("a", "two");
    world.trimInbox(2);

    assertThat(pullAll()).containsExactly("back 1", "fell back 2..2", "a2=two*", "back 2");
  }

  @Test
  void whatIsGoneFromTheConversationTooIsSaidToBeLost() {
    for (int i = 1; i <= 4; i++) {
      world.send("a", "m" + i);
    }
    world.trimInbox(3);
    world.trim("a", 2);

    assertThat(pullAll())
        .containsExactly("fell back 1..3", "lost a1..2", "a3=m3*", "a4=m4*", "back 3");

    world.append("a", "m5");
    world.append("a", "m6");
    world.trim("a", 5);
    world.copy("a", 6, "m6");
    assertThat(pullAll()).containsExactly("lost a5..5", "a6=m6");
  }

  @Test
  void aMemberSeesWhatWasWrittenBetweenJoiningAndLeaving() {
    for (int i = 1; i <= 6; i++) {
      world.append("a", "m" + i);
    }
    world.ranges.put(conversation("a"), new ConversationRange(2, 4));
    world.copy("a", 4, "m4");
    world.copy("a", 6, "m6");
    assertThat(pullAll()).containsExactly("a3=m3*", "a4=m4");

    InboxSync other = world.device(InboxState.ofNewDevice(), 100);
    world.trimInbox(2);
    assertThat(pullAll(other)).containsExactly("fell back 1..2", "a3=m3*", "a4=m4*", "back 2");
  }

  @Test
  void whoLeavesWhileTheConversationsAreReadSeesNothingFromAfterwards() {
    for (int i = 1; i <= 6; i++) {
      world.append("a", "m" + i);
    }
    device = world.device(InboxState.ofNewDevice(), 2);
    device.readConversations();
    assertThat(InboxWorld.describe(device.pull().events())).containsExactly("fell back 1..0");
    assertThat(InboxWorld.describe(device.pull().events())).containsExactly("a1=m1*", "a2=m2*");
    world.ranges.put(conversation("a"), new ConversationRange(0, 3));

    assertThat(pullAll()).containsExactly("a3=m3*", "back 0");
    assertThat(device.state())
        .isEqualTo(InboxState.of(0, Map.of(conversation("a"), 3L, conversation("b"), 0L)));
  }

  @Test
  void aConversationOfWhichNobodyKnowsBeginsWithTheFirstEntryThatCame() {
    world.append("c", "before");
    world.send("c", "hello");
    world.send("c", "again");

    assertThat(pullAll()).containsExactly("c2=hello", "c3=again");
  }

  @Test
  void anIdTheConversationDoesNotHaveIsToldAndStopsNothing() {
    world.send("a", "one");
    world.copy("a", 3, "too early");
    world.send("b", "goes on");
    assertThat(pullAll()).containsExactly("a1=one", "unplaced too early last 1", "b1=goes on");

    world.append("a", "two");
    world.append("a", "too early");
    world.send("a", "four");
    assertThat(pullAll()).containsExactly("a2=two*", "a3=too early*", "a4=four");
  }

  @Test
  void aPullStaysWithinItsLimitHoweverMuchIsMissing() {
    for (int i = 1; i <= 25; i++) {
      world.append("a", "m" + i);
    }
    world.copy("a", 25, "m25");
    device = world.device(InboxState.ofNewDevice(), 10);

    List<Integer> sizes = new ArrayList<>();
    InboxBatch batch;
    do {
      batch = device.pull();
      sizes.add(batch.events().size());
    } while (batch.hasMore());
    assertThat(sizes).containsExactly(10, 10, 5);
    assertThat(device.state()).isEqualTo(InboxState.of(1, Map.of(conversation("a"), 25L)));
  }

  @Test
  void theConversationsAreReadOnRequest() {
    world.send("a", "one");
    assertThat(pullAll()).containsExactly("a1=one");
    world.append("a", "its sender died");

    assertThat(pullAll()).isEmpty();
    device.readConversations();
    assertThat(pullAll()).containsExactly("fell back 2..1", "a2=its sender died*", "back 1");
  }

  @Test
  void aPullThatFailsLeavesEverythingAsItWas() {
    world.send("a", "one");
    world.append("a", "two");
    world.send("a", "three");
    world.server.faults().next("Scan", Fault.refuse(Status.Code.INTERNAL));

    assertThatThrownBy(() -> device.pull()).isInstanceOf(TidelineException.class);
    assertThat(device.state()).isEqualTo(InboxState.ofNewDevice());
    assertThat(pullAll()).containsExactly("a1=one", "a2=two*", "a3=three");
  }

  private List<String> pullAll() {
    return pullAll(device);
  }

  private static List<String> pullAll(InboxSync device) {
    List<String> told = new ArrayList<>();
    InboxBatch batch;
    do {
      batch = device.pull();
      told.addAll(InboxWorld.describe(batch.events()));
      assertThat(batch.state()).isEqualTo(device.state());
    } while (batch.hasMore());
    return told;
  }

  private List<ScanRequest> scans() {
    return world.server.services().received("Scan", ScanRequest.class);
  }

  private List<SyncRequest> syncsOf(String store) {
    return world.server.services().received("Sync", SyncRequest.class).stream()
        .filter(request -> request.getStore().equals(store))
        .toList();
  }
}
