package io.tideline.server.raft;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An executor for each key that runs one task after the other in the order given, on a thread that
 * exists only while there are tasks. Nothing is ever rejected, keys do not wait for each other, and
 * an idle key costs some bytes.
 *
 * <p>Threading: safe for many threads.
 *
 * @param <K> what tasks are ordered by
 */
final class OrderedExecutors<K> {

  private static final Logger LOG = LoggerFactory.getLogger(OrderedExecutors.class);

  private final Executor threads;
  private final Map<K, Executor> byKey = new ConcurrentHashMap<>();

  /**
   * @param threads runs each task it is given on a thread of its own
   */
  OrderedExecutors(Executor threads) {
    this.threads = threads;
  }

  Executor of(K key) {
    return byKey.computeIfAbsent(key, k -> new Ordered());
  }

  /** Forgets idle keys for good; tasks that are waiting still run, beside those of a new one. */
  void removeIf(Predicate<K> which) {
    byKey.keySet().removeIf(which);
  }

  private final class Ordered implements Executor {

    // Guarded by waiting.
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private boolean running;

    @Override
    public void execute(Runnable task) {
      synchronized (waiting) {
        waiting.add(task);
        if (running) {
          return;
        }
        running = true;
      }
      threads.execute(this::drain);
    }

    private void drain() {
      for (Runnable task = next(); task != null; task = next()) {
        try {
          task.run();
        } catch (RuntimeException | AssertionError e) {
          LOG.error("a task failed; those behind it go on", e);
        }
      }
    }

    private @Nullable Runnable next() {
      synchronized (waiting) {
        Runnable task = waiting.poll();
        running = task != null;
        return task;
      }
    }
  }
}
