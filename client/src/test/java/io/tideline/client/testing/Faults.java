package io.tideline.client.testing;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Which calls go wrong, by method: those ordered one by one, then what a source says. Thread-safe.
 */
public final class Faults {

  private final Map<String, Queue<Fault>> ordered = new ConcurrentHashMap<>();
  private final Map<String, Supplier<@Nullable Fault>> sources = new ConcurrentHashMap<>();

  /** The next calls of the method go wrong like this, one after another. */
  public void next(String method, Fault... faults) {
    for (Fault fault : faults) {
      ordered.computeIfAbsent(method, m -> new ConcurrentLinkedQueue<>()).add(fault);
    }
  }

  /** Every call of the method asks this source, which says null for "nothing goes wrong". */
  public void always(String method, Supplier<@Nullable Fault> source) {
    sources.put(method, source);
  }

  /** Waits until the ordered faults of the method have all struck. */
  public synchronized void awaitUsed(String method) throws InterruptedException {
    Queue<Fault> queue = ordered.get(method);
    while (queue != null && !queue.isEmpty()) {
      wait();
    }
  }

  public void clear() {
    ordered.clear();
    sources.clear();
  }

  @Nullable Fault take(String method) {
    Queue<Fault> queue = ordered.get(method);
    Fault fault = queue == null ? null : queue.poll();
    if (fault != null) {
      synchronized (this) {
        notifyAll();
      }
      return fault;
    }
    Supplier<@Nullable Fault> source = sources.get(method);
    return source == null ? null : source.get();
  }
}
