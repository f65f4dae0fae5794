package io.tideline.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AppendQueueTest {

  private final AppendQueue queue =
      new AppendQueue("chats", BatchingOptions.defaults(), timeline -> null);
  private long sequence;

  @Test
  void nothingIsDueOnceTheLastReadyItemIsTakenOut() {
    PendingAppend first = add("a");
    PendingAppend second = add("b");
    queue.flushThrough(sequence);
    assertThat(queue.dueNanos()).isZero();

    queue.remove(first);
    assertThat(queue.dueNanos()).as("with one item left").isZero();
    queue.remove(second);

    assertThat(queue.dueNanos()).isEqualTo(AppendQueue.NEVER);
  }

  @Test
  void nothingIsDueWhileAllTimelinesAreHeld() {
    PendingAppend first = add("a");
    AppendQueue.Batch batch = queue.take();
    PendingAppend second = add("a");

    assertThat(batch.items()).containsExactly(first);
    assertThat(queue.dueNanos()).isEqualTo(AppendQueue.NEVER);
    queue.release(batch.items());
    assertThat(queue.take().items()).containsExactly(second);
  }

  @Test
  void aBatchHoldsWhatOneNodeLeadsAndATimelineFollowsItsLeader() {
    Map<Identifier, ServerAddress> leaders = new HashMap<>();
    ServerAddress one = ServerAddress.parse("one:1");
    ServerAddress two = ServerAddress.parse("two:2");
    AppendQueue routed = new AppendQueue("chats", BatchingOptions.defaults(), leaders::get);
    leaders.put(Identifier.of("a"), one);
    leaders.put(Identifier.of("b"), two);
    leaders.put(Identifier.of("c"), one);
    PendingAppend a = add(routed, "a");
    PendingAppend b = add(routed, "b");
    PendingAppend c = add(routed, "c");
    PendingAppend unknown = add(routed, "d");
    routed.flushThrough(sequence);

    AppendQueue.Batch first = routed.take();
    assertThat(first.items()).containsExactly(a, c);
    PendingAppend later = add(routed, "a");
    assertThat(routed.take().items()).containsExactly(b);
    assertThat(routed.take().items()).containsExactly(unknown);
    assertThat(routed.dueNanos()).as("the rest is held").isEqualTo(AppendQueue.NEVER);

    leaders.put(Identifier.of("a"), two);
    PendingAppend other = add(routed, "x");
    routed.release(first.items());
    routed.flushThrough(sequence);
    assertThat(routed.take().items()).as("now led by two").containsExactly(later);
    assertThat(routed.take().items()).as("of no known leader").containsExactly(other);
  }

  private PendingAppend add(String timeline) {
    return add(queue, timeline);
  }

  private PendingAppend add(AppendQueue to, String timeline) {
    PendingAppend item =
        new PendingAppend(
            AppendItem.of(TimelineKey.of("chats", timeline), Message.of("text", "hello")));
    item.sequence = sequence++;
    to.add(item);
    return item;
  }
}
