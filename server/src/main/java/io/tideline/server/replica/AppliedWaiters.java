package io.tideline.server.replica;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Those who wait for log entries to be applied.
 *
 * <p>Threading: safe for many threads; the lock is not held while calling out.
 */
final class AppliedWaiters {

  private record Waiter(long index, CompletableFuture<Boolean> reached) {}

  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by lock; whoever gave up stays until its index comes by. */
  private final PriorityQueue<Waiter> waiting =
      new PriorityQueue<>(Comparator.comparingLong(Waiter::index));

  /** Smallest index waited for; written under the lock, read without it by the apply thread. */
  private volatile long next = Long.MAX_VALUE;

  /** Completes with true once {@link #applied} tells of this index; not before. */
  CompletableFuture<Boolean> await(long index) {
    Waiter waiter = new Waiter(index, new CompletableFuture<>());
    lock.lock();
    try {
      waiting.removeIf(other -> other.reached().isDone());
      waiting.add(waiter);
      next = waiting.element().index();
    } finally {
      lock.unlock();
    }
    return waiter.reached();
  }

  /** Everything up to this index is applied. Cheap while nobody waits for it. */
  void applied(long index, Executor answers) {
    if (index < next) {
      return;
    }
    lock.lock();
    try {
      while (!waiting.isEmpty() && waiting.element().index() <= index) {
        CompletableFuture<Boolean> reached = waiting.remove().reached();
        answers.execute(() -> reached.complete(true));
      }
      next = waiting.isEmpty() ? Long.MAX_VALUE : waiting.element().index();
    } finally {
      lock.unlock();
    }
  }
}
