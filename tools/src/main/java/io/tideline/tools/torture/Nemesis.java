package io.tideline.tools.torture;

import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Does one thing after the other to the nodes, drawn from a seed. At most one node is in trouble at
 * a time, so a majority always could go on; before the next fault everybody serves again.
 *
 * <p>Threading: confined to one thread. {@link #step} returns with everything healed.
 */
final class Nemesis {

  private static final long DOWN_MILLIS_MAX = 4_000;
  private static final long TROUBLE_MILLIS_MIN = 1_500;
  private static final long TROUBLE_MILLIS_MAX = 7_000;
  private static final long CALM_MILLIS_MAX = 2_000;

  // Of each tenth of a second a slow process runs a fifth.
  private static final long SLOW_STOPPED_MILLIS = 80;
  private static final long SLOW_RUNNING_MILLIS = 20;

  private final TortureCluster cluster;
  private final List<Fault> faults;
  private final Random random;
  private final Consumer<String> diary;
  private final Map<Fault, Integer> counts = new EnumMap<>(Fault.class);
  private int unexpectedExits;

  /**
   * @param faults what this machine and the command line allow, not empty
   * @param diary told what is done, for people
   */
  Nemesis(TortureCluster cluster, List<Fault> faults, long seed, Consumer<String> diary) {
    this.cluster = cluster;
    this.faults = List.copyOf(faults);
    this.random = new Random(seed);
    this.diary = diary;
  }

  /** Injects one fault and heals it. */
  void step() throws IOException, InterruptedException {
    Fault fault = faults.get(random.nextInt(faults.size()));
    int node = random.nextInt(cluster.size());
    int other = (node + 1 + random.nextInt(cluster.size() - 1)) % cluster.size();
    long millis = between(TROUBLE_MILLIS_MIN, TROUBLE_MILLIS_MAX);
    diary.accept(fault.word() + " node-" + (node + 1) + " for " + millis + " ms");
    counts.merge(fault, 1, Integer::sum);
    switch (fault) {
      case KILL -> {
        cluster.kill(node);
        pass(between(0, DOWN_MILLIS_MAX));
        cluster.start(node);
      }
      case WIPE -> {
        cluster.kill(node);
        cluster.wipe(node);
        pass(between(0, DOWN_MILLIS_MAX));
        cluster.start(node);
      }
      case PAUSE -> {
        cluster.pause(node);
        pass(millis);
        cluster.resume(node);
      }
      case SLOW -> {
        for (long spent = 0; spent < millis; spent += SLOW_STOPPED_MILLIS + SLOW_RUNNING_MILLIS) {
          cluster.pause(node);
          pass(SLOW_STOPPED_MILLIS);
          cluster.resume(node);
          pass(SLOW_RUNNING_MILLIS);
        }
      }
      case CUT -> {
        if (random.nextBoolean()) {
          cluster.network().isolate(node);
          pass(millis);
          cluster.network().rejoin(node);
        } else {
          cluster.network().cut(node, other);
          pass(millis);
          cluster.network().mend(node, other);
        }
      }
      case FULL_DISK -> {
        cluster.fill(node);
        pass(millis);
        cluster.unfill(node);
      }
    }
    restartDead(fault);
    cluster.awaitServing(node);
    if (fault == Fault.WIPE) {
      cluster.awaitCaughtUp(node);
    }
    pass(between(0, CALM_MILLIS_MAX));
  }

  /**
   * A node that stopped itself is started by its operator. It may do so only while its disk is
   * full: no other fault here is a reason to end.
   */
  private void restartDead(Fault fault) throws IOException {
    for (int node : cluster.dead()) {
      if (fault != Fault.FULL_DISK) {
        unexpectedExits++;
      }
      diary.accept("node-" + (node + 1) + " had ended by itself: is started again");
      cluster.start(node);
      cluster.awaitServing(node);
    }
  }

  /** "kill 3, pause 2", for people. */
  String summary() {
    return counts.entrySet().stream()
        .map(entry -> entry.getKey().word() + " " + entry.getValue())
        .collect(Collectors.joining(", "))
        .toLowerCase(Locale.ROOT);
  }

  /** Nodes that ended although nothing was done to them that may end a process. */
  int unexpectedExits() {
    return unexpectedExits;
  }

  int injected() {
    return counts.values().stream().mapToInt(Integer::intValue).sum();
  }

  Map<Fault, Integer> counts() {
    return counts;
  }

  private long between(long min, long max) {
    return min + random.nextLong(max - min + 1);
  }

  private static void pass(long millis) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(millis);
  }
}
