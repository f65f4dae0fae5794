package io.tideline.tools.bench.sync;

import io.tideline.client.FanOut;
import io.tideline.client.FanOutResult;
import io.tideline.client.Identifier;
import io.tideline.client.Message;
import io.tideline.client.Tail;
import io.tideline.client.TailEvent;
import io.tideline.client.TailSpec;
import io.tideline.client.TidelineClient;
import io.tideline.tools.bench.BenchStore;
import io.tideline.tools.bench.NodeFigures;
import io.tideline.tools.bench.ProcessSample;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.ToolException;
import io.tideline.tools.node.LocalCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntToLongFunction;
import java.util.function.LongSupplier;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Tails that wait for news that hardly ever come, as those of devices that are online do: one for
 * each of many users, on as many connections as the server's limit of calls on one asks for.
 */
final class IdleTails implements AutoCloseable {

  /** A node takes 1,000 calls on a connection as it comes; a client keeps some for itself. */
  private static final int TAILS_PER_CLIENT = 900;

  private static final Duration HEARTBEAT = Duration.ofSeconds(60);
  private static final Duration OPEN_MAX = Duration.ofSeconds(120);
  private static final Duration NEWS_MAX = Duration.ofSeconds(30);
  private static final Path PROCESSES = Path.of("/proc");
  private static final long LATENCY_MICROS_MAX = 60_000_000;

  private final LocalCluster cluster;
  private final LongSupplier nanoClock;
  private final List<TidelineClient> clients = new ArrayList<>();
  private final List<Tail> tails = new ArrayList<>();

  IdleTails(LocalCluster cluster, LongSupplier nanoClock) {
    this.cluster = cluster;
    this.nanoClock = nanoClock;
  }

  /**
   * What all nodes together hold.
   *
   * @param heapBytes live objects, right after a collection
   * @param residentBytes memory of the processes
   */
  record Memory(long heapBytes, long residentBytes) {
    Memory minus(Memory other) {
      return new Memory(heapBytes - other.heapBytes, residentBytes - other.residentBytes);
    }
  }

  Memory memory() throws IOException, InterruptedException {
    long heap = 0;
    long resident = 0;
    for (int node = 0; node < cluster.size(); node++) {
      collectGarbage(cluster.pid(node));
      heap +=
          NodeFigures.of(cluster.httpEndpoint(node)).sum("jvm_memory_used_bytes", "area=\"heap\"");
      resident += ProcessSample.of(PROCESSES, cluster.pid(node)).residentBytes();
    }
    return new Memory(heap, resident);
  }

  private static void collectGarbage(long pid) throws IOException, InterruptedException {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    if (!Files.isExecutable(jcmd)) {
      throw new ToolException(
          ExitCode.CONFIG,
          "there is no " + jcmd + " to have the nodes collect garbage",
          "Run this with a JDK, or with --tails 0.");
    }
    Process process =
        new ProcessBuilder(jcmd.toString(), Long.toString(pid), "GC.run")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    int exit = process.waitFor();
    if (exit != 0) {
      throw new IOException(jcmd + " " + pid + " GC.run ended with " + exit);
    }
  }

  /**
   * Opens tails that have everything, and waits until each has been told so.
   *
   * @param count users from 0 on
   * @param after the last id of every user's inbox
   */
  void open(int count, IntToLongFunction after) throws InterruptedException {
    for (int user = 0; user < count; user++) {
      if (user % TAILS_PER_CLIENT == 0) {
        clients.add(
            TidelineClient.builder().addresses(cluster.endpoints().toArray(String[]::new)).build());
      }
      tails.add(
          clients
              .getLast()
              .tail(
                  TailSpec.builder(BenchStore.NAME)
                      .after(BenchStore.timeline(user).identifier(), after.applyAsLong(user))
                      .heartbeat(HEARTBEAT)
                      .build()));
    }
    for (Tail tail : tails) {
      if (!(tail.next(OPEN_MAX).orElse(null) instanceof TailEvent.Heartbeat)) {
        throw new IllegalStateException("a tail did not begin with a heartbeat");
      }
    }
  }

  /** CPU that the nodes use meanwhile, percent of one processor. */
  double cpuPercent(Duration watched) throws IOException, InterruptedException {
    long before = cpuMillis();
    Thread.sleep(watched);
    return 100.0 * (cpuMillis() - before) / watched.toMillis();
  }

  private long cpuMillis() throws IOException {
    long sum = 0;
    for (int node = 0; node < cluster.size(); node++) {
      sum += ProcessSample.of(PROCESSES, cluster.pid(node)).cpuMillis();
    }
    return sum;
  }

  /**
   * Writes one message to some of the inboxes, in one call.
   *
   * @return the time from the call until each tail had it, microseconds
   */
  Histogram news(int users, Message message) throws InterruptedException {
    Histogram latency = new ConcurrentHistogram(LATENCY_MICROS_MAX, 3);
    AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    CountDownLatch waiting = new CountDownLatch(users);
    AtomicLong called = new AtomicLong();
    List<Identifier> inboxes = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int user = 0; user < users; user++) {
      inboxes.add(BenchStore.timeline(user).identifier());
      Tail tail = tails.get(user);
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    waiting.countDown();
                    try {
                      awaitEntry(tail);
                      latency.recordValue(
                          Math.min(
                              LATENCY_MICROS_MAX,
                              TimeUnit.NANOSECONDS.toMicros(nanoClock.getAsLong() - called.get())));
                    } catch (RuntimeException e) {
                      failure.compareAndSet(null, e);
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                  }));
    }
    waiting.await();
    called.set(nanoClock.getAsLong());
    FanOutResult unused =
        clients
            .getFirst()
            .fanOut(FanOut.builder(message).inboxes(BenchStore.NAME, inboxes).build())
            .orThrow();
    for (Thread thread : threads) {
      thread.join();
    }
    RuntimeException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
    return latency.copy();
  }

  private void awaitEntry(Tail tail) throws InterruptedException {
    long end = nanoClock.getAsLong() + NEWS_MAX.toNanos();
    while (true) {
      Duration left = Duration.ofNanos(Math.max(0, end - nanoClock.getAsLong()));
      TailEvent event = tail.next(left).orElse(null);
      if (event instanceof TailEvent.Entries) {
        return;
      }
      if (event == null) {
        throw new IllegalStateException("a tail was not told of a message within " + NEWS_MAX);
      }
    }
  }

  @Override
  public void close() {
    clients.forEach(TidelineClient::close);
  }
}
