package io.tideline.tools.transfer;

import io.tideline.client.AppendItem;
import io.tideline.client.AppendResult;
import io.tideline.client.Message;
import io.tideline.client.TimelineKey;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * A node in memory: DENSE ids, message keys remembered for ever. Acknowledges at once, or holds
 * acknowledgements back until told; can stop writing at the n-th append as a killed node would.
 */
final class FakeNode implements AppendSink {
  final Map<TimelineKey, List<Message>> timelines = new HashMap<>();
  final Map<TimelineKey, Message> metas = new HashMap<>();
  final List<AppendItem> received = new ArrayList<>();
  private final Map<String, AppendResult> keys = new HashMap<>();
  private final Deque<Runnable> held = new ArrayDeque<>();
  private boolean holding;
  private long appendsLeft = Long.MAX_VALUE;

  /** From now on acknowledgements wait for {@link #release}. */
  void hold() {
    holding = true;
  }

  /** Acknowledges all that waits, the newest first: the order of answers promises nothing. */
  void release() {
    holding = false;
    while (!held.isEmpty()) {
      held.removeLast().run();
    }
  }

  int held() {
    return held.size();
  }

  /** After that many more appends it answers with failures and writes nothing. */
  void dieAfter(long appends) {
    appendsLeft = appends;
  }

  @Override
  public CompletableFuture<AppendResult> append(AppendItem item) {
    CompletableFuture<AppendResult> answer = new CompletableFuture<>();
    received.add(item);
    if (appendsLeft <= 0) {
      answer.completeExceptionally(new IllegalStateException("the node is away"));
      return answer;
    }
    appendsLeft--;
    AppendResult result = write(item);
    if (holding) {
      held.addLast(() -> answer.complete(result));
    } else {
      answer.complete(result);
    }
    return answer;
  }

  private AppendResult write(AppendItem item) {
    String key = item.timeline() + " " + item.messageKey().orElseThrow();
    AppendResult before = keys.get(key);
    if (before != null) {
      return new AppendResult(
          before.sequenceId(), before.previousSequenceId(), true, Instant.EPOCH, Instant.EPOCH);
    }
    List<Message> timeline =
        timelines.computeIfAbsent(item.timeline(), absent -> new ArrayList<>());
    timeline.add(item.message());
    AppendResult result =
        new AppendResult(
            timeline.size(), timeline.size() - 1L, false, Instant.EPOCH, Instant.EPOCH);
    keys.put(key, result);
    return result;
  }

  @Override
  public CompletableFuture<Void> putMeta(TimelineKey timeline, Message fields) {
    metas.put(timeline, fields);
    return CompletableFuture.completedFuture(null);
  }
}
