package io.tideline.it.imday;

import static org.awaitility.Awaitility.await;

import io.tideline.client.TidelineClient;
import io.tideline.it.harness.ServerProcess;
import io.tideline.tools.im.Im;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** One day: senders and devices at work, and a node that is killed meanwhile. */
public final class ImDay {

  /** Below a restart of the node, so that callers learn of kills and have to deal with them. */
  private static final Duration DEADLINE = Duration.ofMillis(700);

  /** For what is to succeed at the first attempt. */
  private static final Duration PATIENT = Duration.ofSeconds(30);

  private static final Duration PROGRESS_TIMEOUT = Duration.ofMinutes(5);
  private static final Duration POLL_INTERVAL = Duration.ofMillis(5);
  private static final Duration STOP_TIMEOUT = Duration.ofMinutes(1);

  /** After a share of the day: a kill hits any phase of a call. */
  private static final int KILL_OFFSET_MILLIS_MAX = 60;

  /** The last kill is in the day too. */
  private static final double KILLS_END = 0.95;

  /** Two for the fast devices, one for the slow ones. */
  private static final int DEVICE_THREADS = 3;

  private final ServerProcess node;
  private final DaySize size;
  private final DayPlan plan;
  private final SplittableRandom random;
  private final DayRecord record = new DayRecord();
  private final Persistence sending = new Persistence();
  private final Persistence reading = new Persistence();
  private final List<Future<Void>> senders = new ArrayList<>();

  public ImDay(ServerProcess node, DaySize size, DayPlan plan, SplittableRandom random) {
    this.node = node;
    this.size = size;
    this.plan = plan;
    this.random = random;
  }

  /** Runs the day and compares everything at its end; prints what there was of it. */
  public void run() throws Exception {
    long start = System.nanoTime();
    try (TidelineClient sendersClient = TidelineClient.connect(node.endpoint());
        TidelineClient devicesClient = TidelineClient.connect(node.endpoint())) {
      Im im = new Im(sendersClient.withDeadline(DEADLINE));
      new Im(sendersClient.withDeadline(PATIENT)).createStores(size.inboxTtl());
      Devices devices =
          new Devices(new Im(devicesClient.withDeadline(DEADLINE)), plan.users(), record, reading);
      work(im, devices);
      double daySeconds = seconds(start);
      // What is compared below comes from disk and log, not from the memory of the node.
      killNode();
      long checkStart = System.nanoTime();
      sayGoodNight(im);
      devices.finish();
      long inboxEntries =
          new DayCheck(devicesClient.withDeadline(PATIENT), plan, record)
              .check(devices.all(), size.keepsInboxes());
      print(devices, inboxEntries, daySeconds, seconds(checkStart));
    }
  }

  private void work(Im im, Devices devices) throws Exception {
    ExecutorService sendingThreads = Executors.newFixedThreadPool(size.senders());
    ScheduledExecutorService deviceThreads = Executors.newScheduledThreadPool(DEVICE_THREADS);
    try {
      plan.conversations().stream()
          .filter(Conversation::isGroup)
          .forEach(
              group ->
                  sending.run(
                      group.toString(), () -> im.group(group.groupName(), group.founders())));
      devices.start(deviceThreads, size.slowRound(), random.split());
      for (List<Step> steps : plan.senders()) {
        senders.add(sendingThreads.submit(new Sender(im, steps, record, sending)));
      }
      for (int i = 0; i < size.kills(); i++) {
        double share = KILLS_END * (i + random.nextDouble()) / size.kills();
        awaitShare(share, devices);
        pass(Duration.ofMillis(random.nextInt(KILL_OFFSET_MILLIS_MAX)));
        killNode();
      }
      for (Future<Void> sender : senders) {
        sender.get();
      }
    } catch (Exception | AssertionError failure) {
      sendingThreads.shutdownNow();
      deviceThreads.shutdownNow();
      throw failure;
    }
    stop(sendingThreads);
    stop(deviceThreads);
    devices.requireNoFailure();
  }

  private void awaitShare(double share, Devices devices) {
    long steps = plan.senders().stream().mapToLong(List::size).sum();
    await("share " + share + " of the day is done")
        .atMost(PROGRESS_TIMEOUT)
        .pollDelay(Duration.ZERO)
        .pollInterval(POLL_INTERVAL)
        .failFast(() -> requireNoFailure(devices))
        .until(() -> record.steps() >= share * steps);
  }

  private void requireNoFailure(Devices devices) {
    devices.requireNoFailure();
    for (Future<Void> sender : senders) {
      if (sender.state() == Future.State.FAILED) {
        throw new AssertionError("a sender has failed", sender.exceptionNow());
      }
    }
  }

  /** Lets a random while pass: the randomness of the kill, not a wait for anything. */
  private static void pass(Duration aWhile) {
    long end = System.nanoTime() + aWhile.toNanos();
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> System.nanoTime() >= end);
  }

  private void killNode() {
    node.kill9();
    node.restart();
    System.out.printf(
        "kill -9 of the node after %,d steps; back after %.2f s%n",
        record.steps(), node.startup().toMillis() / 1e3);
  }

  private static void stop(ExecutorService threads) throws InterruptedException {
    threads.shutdown();
    if (!threads.awaitTermination(STOP_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("threads of the day did not end within " + STOP_TIMEOUT);
    }
  }

  /**
   * An edit whose answer was lost was perhaps announced to no inbox; the conversation's next
   * message tells of it.
   */
  private void sayGoodNight(Im im) {
    int number = Integer.MAX_VALUE;
    for (Conversation conversation : record.perhapsUntold()) {
      Step.Post goodNight =
          new Step.Post(
              number,
              conversation,
              conversation.founders().getFirst(),
              number + " good night, everybody");
      new Sender(im, List.of(goodNight), record, sending).call();
      number--;
    }
  }

  private static double seconds(long startNanos) {
    return (System.nanoTime() - startNanos) / 1e9;
  }

  private void print(Devices devices, long inboxEntries, double daySeconds, double checkSeconds) {
    System.out.printf(
        "%,d messages of %,d users in %,d conversations, %,d inbox entries; %,d repeats, %,d edits,"
            + " %,d recalls, %,d joined, %,d left%n",
        record.count(Step.Post.class),
        plan.users().size(),
        plan.conversations().size(),
        inboxEntries,
        record.count(Step.Repeat.class),
        record.count(Step.Edit.class),
        record.count(Step.Recall.class),
        record.count(Step.Join.class),
        record.count(Step.Leave.class));
    System.out.printf(
        "%,d kills; %,d calls of senders and %,d of readers failed and were repeated; %,d"
            + " conversations with an edit in doubt; devices restarted %,d times and %,d times"
            + " without their inbox; %.1f s, checked in %.1f s%n",
        size.kills() + 1,
        sending.failures(),
        reading.failures(),
        record.perhapsUntold().size(),
        devices.all().stream().mapToInt(Device::restarts).sum(),
        devices.all().stream().mapToInt(Device::fallBacks).sum(),
        daySeconds,
        checkSeconds);
  }

  /** How many calls of senders failed, which kills alone may cause. */
  public long failures() {
    return sending.failures();
  }

  public DayRecord record() {
    return record;
  }
}
