package io.tideline.server.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/**
 * What a log should hold, kept the simple way: for each group, its state after every operation that
 * was ever submitted. A log may come back from a crash with the state after any operation from the
 * last acknowledged one on.
 *
 * <p>Threading: safe for many threads; {@code this} guards everything.
 */
final class LogModel {

  /** A group's content as text. */
  record State(long first, List<String> entries, GroupMeta meta) {
    static final State EMPTY = new State(1, List.of(), GroupMeta.NONE);

    long last() {
      return first + entries.size() - 1;
    }

    State append(List<String> more) {
      List<String> all = new ArrayList<>(entries);
      all.addAll(more);
      return new State(first, all, meta);
    }

    State truncatePrefix(long firstKept) {
      if (firstKept <= first) {
        return this;
      }
      int dropped = (int) Math.min(entries.size(), firstKept - first);
      return new State(firstKept, entries.subList(dropped, entries.size()), meta);
    }

    State truncateSuffix(long lastKept) {
      int kept = (int) Math.min(entries.size(), lastKept - first + 1);
      return new State(first, entries.subList(0, kept), meta);
    }
  }

  /**
   * @param lazy whether an acknowledgement does not mean that it is durable
   * @param givenUp whether it was refused
   */
  private record Step(State after, CompletableFuture<Void> done, boolean lazy, boolean givenUp) {

    Step givenUpIf(CompletableFuture<Void> refused) {
      return done.equals(refused) ? new Step(after, done, lazy, true) : this;
    }
  }

  /** For each group, how many steps must and how many may be found. */
  record Bounds(Map<Long, Integer> acknowledged, Map<Long, Integer> submitted) {}

  private final Map<Long, State> start = new HashMap<>();
  private final Map<Long, List<Step>> steps = new HashMap<>();

  synchronized State state(long group) {
    List<Step> taken = steps.getOrDefault(group, List.of());
    for (Step step : taken.reversed()) {
      if (!step.givenUp()) {
        return step.after();
      }
    }
    return start.getOrDefault(group, State.EMPTY);
  }

  synchronized CompletableFuture<Void> add(
      long group, State after, CompletableFuture<Void> done, boolean lazy) {
    steps.computeIfAbsent(group, g -> new ArrayList<>()).add(new Step(after, done, lazy, false));
    return done;
  }

  /** What is acknowledged now; call before looking at the disk. */
  synchronized Map<Long, Integer> acknowledged() {
    Map<Long, Integer> counts = new HashMap<>();
    steps.forEach(
        (group, taken) -> {
          for (int i = taken.size(); i > 0; i--) {
            Step step = taken.get(i - 1);
            if (step.done().isDone() && !step.done().isCompletedExceptionally() && !step.lazy()) {
              counts.put(group, i);
              break;
            }
          }
        });
    return counts;
  }

  /** What has been submitted by now; call after looking at the disk. */
  synchronized Map<Long, Integer> submitted() {
    Map<Long, Integer> counts = new HashMap<>();
    steps.forEach((group, taken) -> counts.put(group, taken.size()));
    return counts;
  }

  /** The model of a log recovered within these bounds; an AssertionError if it is outside them. */
  synchronized LogModel matching(GroupLog log, Bounds bounds) throws IOException {
    LogModel recovered = new LogModel();
    TreeSet<Long> ids = new TreeSet<>(log.groups());
    ids.addAll(start.keySet());
    ids.addAll(steps.keySet());
    for (long id : ids) {
      State found = read(log.group(id));
      int from = bounds.acknowledged().getOrDefault(id, 0);
      int to = bounds.submitted().getOrDefault(id, 0);
      List<State> allowed = new ArrayList<>();
      for (int count = from; count <= to; count++) {
        allowed.add(
            count == 0
                ? start.getOrDefault(id, State.EMPTY)
                : steps.get(id).get(count - 1).after());
      }
      if (!allowed.contains(found)) {
        throw new AssertionError(
            "group " + id + " came back as\n " + found + "\nwhich is none of\n " + allowed);
      }
      recovered.start.put(id, found);
    }
    return recovered;
  }

  static State read(LogGroup group) throws IOException {
    List<String> entries = new ArrayList<>();
    for (long index = group.firstIndex(); index <= group.lastIndex(); index++) {
      entries.add(LogFixture.show(group, index));
    }
    return new State(group.firstIndex(), entries, group.meta());
  }

  /** Submits a random operation to a random group and notes it here. */
  CompletableFuture<Void> step(GroupLog log, SplittableRandom random, int groups) {
    LogGroup group = log.group(1 + random.nextInt(groups));
    if (random.nextInt(50) == 0) {
      CompletableFuture<Void> done = destroy(group);
      done.handle((ok, failed) -> null).join(); // Only then is the id free again.
      return done;
    }
    return write(group, random);
  }

  /** The operation was refused: later ones do not build on it, though it may come back. */
  synchronized void giveUp(CompletableFuture<Void> refused) {
    steps.values().forEach(taken -> taken.replaceAll(step -> step.givenUpIf(refused)));
  }

  // Submitting and noting are one step under the lock: a crash between them would find more on the
  // disk than is noted.

  private synchronized CompletableFuture<Void> destroy(LogGroup group) {
    CompletableFuture<Void> done = group.destroy();
    add(group.id(), State.EMPTY, done, false);
    return done;
  }

  private synchronized CompletableFuture<Void> write(LogGroup group, SplittableRandom random) {
    long id = group.id();
    State now = state(id);
    int kind = random.nextInt(100);
    if (kind < 70) {
      return append(group, now, random);
    }
    if (kind < 80) {
      GroupMeta meta = new GroupMeta(now.meta().term() + 1, "n" + random.nextInt(9));
      return add(id, new State(now.first(), now.entries(), meta), group.saveMeta(meta), false);
    }
    if (kind < 90) {
      long firstKept = now.first() + random.nextInt(now.entries().size() + 2);
      boolean lazy = firstKept <= now.last() + 1;
      return add(id, now.truncatePrefix(firstKept), group.truncatePrefix(firstKept), lazy);
    }
    if (kind < 97) {
      long lastKept = now.first() - 1 + random.nextInt(now.entries().size() + 1);
      // Without effect it is acknowledged without a sync, and a lazy step before it may be lost.
      boolean lazy = lastKept == now.last();
      return add(id, now.truncateSuffix(lastKept), group.truncateSuffix(lastKept), lazy);
    }
    long next = 1 + random.nextInt(1_000);
    return add(id, new State(next, List.of(), now.meta()), group.reset(next), false);
  }

  private CompletableFuture<Void> append(LogGroup group, State now, SplittableRandom random) {
    List<LogEntry> entries = new ArrayList<>();
    List<String> shown = new ArrayList<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      int size = random.nextInt(20) == 0 ? random.nextInt(6_000) : random.nextInt(400);
      String payload = random.nextInt(1_000_000) + "x".repeat(size);
      int tag = random.nextInt(10) == 0 ? 1 + random.nextInt(255) : 0;
      long term = random.nextInt(100);
      entries.add(new LogEntry(term, tag, payload.getBytes(UTF_8)));
      shown.add(term + ":" + payload + (tag == 0 ? "" : "#" + tag));
    }
    CompletableFuture<Void> done = group.append(now.last() + 1, entries);
    for (int count = 1; count <= shown.size(); count++) {
      // Unacknowledged, any number of them from the front may survive.
      add(group.id(), now.append(shown.subList(0, count)), done, false);
    }
    return done;
  }
}
