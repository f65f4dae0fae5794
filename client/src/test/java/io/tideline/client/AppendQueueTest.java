package io.tideline.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AppendQueueTest {

  private final AppendQueue queue = new AppendQueue("chats", BatchingOptions.defaults());
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

  private PendingAppend add(String timeline) {
    PendingAppend item =
        new PendingAppend(
            AppendItem.of(TimelineKey.of("chats", timeline), Message.of("text", "hello")));
    item.sequence = sequence++;
    queue.add(item);
    return item;
  }
}
