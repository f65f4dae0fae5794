package io.tideline.it.harness;

import io.tideline.client.Entry;
import io.tideline.client.EntryKind;
import io.tideline.client.HeadResult;
import io.tideline.client.Identifier;
import io.tideline.client.Message;
import io.tideline.client.ScanSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineHead;
import io.tideline.client.TimelineKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Reads timelines through the client and compares them with the lines of a chat log they must hold:
 * the same messages in the same order at ids 1 to n, nothing twice, nothing missing, nothing else.
 */
public final class ChatCheck {

  /** More differences than a person reads; the first ones tell the story. */
  private static final int DIFFERENCES_MAX = 20;

  /** Enough to keep a node busy while this JVM compares. */
  private static final int READERS = 4;

  private static final int HEADS_PER_CALL = 1_000;

  private final TidelineClient client;
  private final ChatLog log;
  private final Queue<String> differences = new ConcurrentLinkedQueue<>();

  public ChatCheck(TidelineClient client, ChatLog log) {
    this.client = client;
    this.log = log;
  }

  /** Checks every timeline of a store; returns the differences, none if all is well. */
  public List<String> compare(String store, Map<String, int[]> expected, boolean inboxes) {
    try (ExecutorService readers = Executors.newFixedThreadPool(READERS)) {
      List<Future<?>> reads = new ArrayList<>();
      expected.forEach(
          (name, lines) ->
              reads.add(
                  readers.submit(
                      () -> compareTimeline(TimelineKey.of(store, name), lines, inboxes))));
      for (Future<?> read : reads) {
        read.get();
      }
    } catch (Exception e) {
      throw new AssertionError("cannot read " + store, e);
    }
    compareHeads(store, expected);
    return differences.stream().limit(DIFFERENCES_MAX).toList();
  }

  private void compareTimeline(TimelineKey timeline, int[] lines, boolean inbox) {
    int index = 0;
    for (Entry entry : client.scan(ScanSpec.builder(timeline).pageSize(1_000).build())) {
      if (index == lines.length) {
        differ(timeline, "has more than its " + lines.length + " entries: " + entry);
        return;
      }
      ChatLog.Message message = log.messages().get(lines[index]);
      if (entry.sequenceId() != index + 1 || !holds(entry, message, inbox)) {
        differ(timeline, "at id " + (index + 1) + ": expected " + message + ", found " + entry);
        return;
      }
      index++;
    }
    if (index < lines.length) {
      differ(timeline, "ends after id " + index + " of " + lines.length);
    }
  }

  private static boolean holds(Entry entry, ChatLog.Message message, boolean inbox) {
    Message fields = entry.message();
    return entry.kind() == EntryKind.MESSAGE
        && fields.getString("sender").equals(Optional.of(message.sender()))
        && fields.getString("text").equals(Optional.of(message.text()))
        && fields.getLong("ts_ms").equals(OptionalLong.of(message.timeMillis()))
        && (!inbox || fields.getString("conversation").equals(Optional.of(message.conversation())));
  }

  /** The heads must agree with the entries: last id and number of appends. */
  private void compareHeads(String store, Map<String, int[]> expected) {
    List<String> names = List.copyOf(expected.keySet());
    for (int i = 0; i < names.size(); i += HEADS_PER_CALL) {
      List<String> page = names.subList(i, Math.min(names.size(), i + HEADS_PER_CALL));
      List<HeadResult> heads =
          client.heads(store, page.stream().map(name -> Identifier.of(name)).toList());
      for (int j = 0; j < page.size(); j++) {
        TimelineHead head = heads.get(j).orThrow();
        int count = expected.get(page.get(j)).length;
        if (head.lastSequenceId() != count || head.appendedCount() != count) {
          differ(TimelineKey.of(store, page.get(j)), "has head " + head + ", expected " + count);
        }
      }
    }
  }

  private void differ(TimelineKey timeline, String what) {
    differences.add(timeline + " " + what);
  }
}
