package io.tideline.lsm;

import io.tideline.lsm.compaction.CompactionPicker.Urgency;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The threads that compact for all engines of a process. Jobs are short; the most urgent goes
 * first, and of equally urgent ones the one that has waited longest, so engines take turns.
 *
 * <p>Threading: safe for many threads.
 */
final class CompactionThreads implements AutoCloseable {

  /** A job in the queue. */
  static final class Ticket implements Runnable, Comparable<Ticket> {
    private final Urgency urgency;
    private final long number;
    private final Runnable work;

    private Ticket(Urgency urgency, long number, Runnable work) {
      this.urgency = urgency;
      this.number = number;
      this.work = work;
    }

    Urgency urgency() {
      return urgency;
    }

    @Override
    public void run() {
      work.run();
    }

    @Override
    public int compareTo(Ticket other) {
      int order = urgency.compareTo(other.urgency);
      return order != 0 ? order : Long.compare(number, other.number);
    }

    @Override
    public boolean equals(Object o) {
      return this == o;
    }

    @Override
    public int hashCode() {
      return Long.hashCode(number);
    }
  }

  private final AtomicLong numbers = new AtomicLong();
  private final ThreadPoolExecutor executor;

  CompactionThreads(int threads, ThreadFactory factory) {
    executor =
        new ThreadPoolExecutor(
            threads, threads, 0, TimeUnit.SECONDS, new PriorityBlockingQueue<>(), factory);
  }

  Ticket submit(Urgency urgency, Runnable work) {
    Ticket ticket = new Ticket(urgency, numbers.incrementAndGet(), work);
    executor.execute(ticket);
    return ticket;
  }

  /** Takes a job out of the queue; false if it was started. */
  boolean withdraw(Ticket ticket) {
    return executor.remove(ticket);
  }

  /** Lets queued and running jobs end. */
  @Override
  public void close() {
    executor.close();
  }
}
