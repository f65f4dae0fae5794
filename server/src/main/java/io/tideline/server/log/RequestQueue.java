package io.tideline.server.log;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Requests on their way to the writer thread, bounded in bytes: who submits to a full queue waits.
 *
 * <p>Threading: many submit, one takes; {@code lock} guards everything.
 */
final class RequestQueue {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final Condition drained = lock.newCondition();
  private final ArrayDeque<LogRequest> waiting = new ArrayDeque<>();
  private final long bytesMax;
  private long bytes;
  private boolean closed;
  private @Nullable Throwable failure;

  RequestQueue(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** Adds a request, or fails its future if the log has been closed or has failed. */
  void submit(LogRequest request) {
    Throwable refusal;
    lock.lock();
    try {
      while (bytes > bytesMax && !closed) {
        drained.awaitUninterruptibly();
      }
      refusal = refusal();
      if (refusal == null) {
        waiting.add(request);
        bytes += request.bytes();
        arrived.signal();
        return;
      }
    } finally {
      lock.unlock();
    }
    request.done().completeExceptionally(refusal);
  }

  /**
   * Takes what is waiting, up to {@code bytesWanted} but at least one request.
   *
   * @param timeoutNanos how long to wait for the first, 0 for as long as it takes
   * @return empty if the time ran out, null if the queue is closed and empty
   */
  @Nullable List<LogRequest> take(long bytesWanted, long timeoutNanos) throws InterruptedException {
    lock.lock();
    try {
      long left = timeoutNanos;
      while (waiting.isEmpty()) {
        if (closed) {
          return null;
        }
        if (timeoutNanos == 0) {
          arrived.await();
        } else if (left <= 0) {
          return List.of();
        } else {
          left = arrived.awaitNanos(left);
        }
      }
      List<LogRequest> taken = new ArrayList<>();
      long takenBytes = 0;
      while (!waiting.isEmpty() && takenBytes < bytesWanted) {
        LogRequest request = waiting.remove();
        takenBytes += request.bytes();
        taken.add(request);
      }
      bytes -= takenBytes;
      drained.signalAll();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Refuses new requests; those waiting can still be taken. */
  void close() {
    lock.lock();
    try {
      closed = true;
      arrived.signalAll();
      drained.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Refuses new requests with this error and returns those that were waiting. */
  List<LogRequest> fail(Throwable cause) {
    lock.lock();
    try {
      failure = cause;
      closed = true;
      List<LogRequest> stranded = new ArrayList<>(waiting);
      waiting.clear();
      bytes = 0;
      arrived.signalAll();
      drained.signalAll();
      return stranded;
    } finally {
      lock.unlock();
    }
  }

  /** What a request is refused with now, null if it is not. */
  private @Nullable Throwable refusal() {
    if (failure != null) {
      return new LogFailedException("the log has failed and takes no more writes", failure);
    }
    return closed ? new IllegalStateException("the log is closed") : null;
  }
}
