package io.tideline.server.replica;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks for read indexes in batches: calls that come while one question is under way share the next.
 * (They cannot share the present one, which may have been answered before they came.)
 *
 * <p>Threading: safe for many threads; the lock is not held while calling out.
 */
final class ReadGate {

  private final Consumer<Consumer<@Nullable String>> question;
  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by lock.
  private List<Consumer<@Nullable String>> waiting = new ArrayList<>();
  private boolean asking;

  /**
   * @param question calls back as {@link RaftGroup#readIndex} does
   */
  ReadGate(Consumer<Consumer<@Nullable String>> question) {
    this.question = question;
  }

  /**
   * @param done as in {@link RaftGroup#readIndex}
   */
  void enter(Consumer<@Nullable String> done) {
    lock.lock();
    try {
      waiting.add(done);
      if (asking) {
        return;
      }
      asking = true;
    } finally {
      lock.unlock();
    }
    ask();
  }

  private void ask() {
    List<Consumer<@Nullable String>> batch;
    lock.lock();
    try {
      batch = waiting;
      waiting = new ArrayList<>();
      if (batch.isEmpty()) {
        asking = false;
        return;
      }
    } finally {
      lock.unlock();
    }
    question.accept(
        problem -> {
          ask();
          batch.forEach(done -> done.accept(problem));
        });
  }
}
