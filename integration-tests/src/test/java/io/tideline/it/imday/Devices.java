package io.tideline.it.imday;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.client.TidelineException;
import io.tideline.tools.im.Im;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Two devices for each user: a fast one, which is on all day, pulls whatever there is and marks
 * some of it as read; and a slow one, which is turned on now and then, pulls once, and may end
 * before it has kept what came.
 */
final class Devices {

  /** Between two rounds of the fast ones: as good as always, and leaves the cores to the others. */
  private static final Duration FAST_ROUND = Duration.ofMillis(25);

  /** Of the fast devices' pulls that brought something; each is a write of its own. */
  private static final double READS_SHARE = 0.3;

  /** Of the slow devices in each of their rounds: some stay behind for long. */
  private static final double AWAKE_SHARE = 0.5;

  /** Of those that are turned on, by one number: which begin again, and how. */
  private static final double CRASH_SHARE = 0.15;

  private static final double THOROUGH_SHARE = 0.25;
  private static final double RESTART_SHARE = 0.4;

  private final Im im;
  private final DayRecord record;
  private final Persistence persistence;
  private final List<Device> fast = new ArrayList<>();
  private final List<Device> slow = new ArrayList<>();
  private final List<Future<?>> rounds = new ArrayList<>();

  Devices(Im im, Collection<String> users, DayRecord record, Persistence persistence) {
    this.im = im;
    this.record = record;
    this.persistence = persistence;
    for (String user : users) {
      fast.add(new Device(im, user, "fast"));
      slow.add(new Device(im, user, "slow"));
    }
  }

  /** Turns them on; the executor ends it. */
  void start(ScheduledExecutorService threads, Duration slowRound, SplittableRandom random) {
    List<Device> first = fast.subList(0, fast.size() / 2);
    List<Device> second = fast.subList(fast.size() / 2, fast.size());
    for (List<Device> half : List.of(first, second)) {
      SplittableRandom own = random.split();
      schedule(threads, FAST_ROUND, () -> half.forEach(device -> pullAndRead(device, own)));
    }
    SplittableRandom own = random.split();
    schedule(threads, slowRound, () -> slow.forEach(device -> nowAndThen(device, own)));
  }

  private void schedule(ScheduledExecutorService threads, Duration pause, Runnable round) {
    rounds.add(threads.scheduleWithFixedDelay(round, 0, pause.toMillis(), TimeUnit.MILLISECONDS));
  }

  /** Fails if a device has failed for another reason than a kill. */
  void requireNoFailure() {
    for (Future<?> round : rounds) {
      if (round.state() == Future.State.FAILED) {
        throw new AssertionError("a device has failed", round.exceptionNow());
      }
    }
  }

  private void pullAndRead(Device device, SplittableRandom random) {
    Map<String, Integer> before = counts(device);
    ifReachable(device::pullAll);
    for (Map.Entry<String, List<Long>> now : device.shown().entrySet()) {
      boolean isNews = now.getValue().size() > before.getOrDefault(now.getKey(), 0);
      if (isNews && random.nextDouble() < READS_SHARE) {
        markRead(device.user(), now.getKey(), now.getValue().getLast());
      }
    }
  }

  private static Map<String, Integer> counts(Device device) {
    Map<String, Integer> counts = new HashMap<>();
    device.shown().forEach((conversation, ids) -> counts.put(conversation, ids.size()));
    return counts;
  }

  private void markRead(String user, String conversation, long id) {
    persistence.run(
        user + " has read " + conversation + " to " + id,
        () -> im.markRead(conversation, user, id));
    record.read(conversation, user, id);
  }

  private static void nowAndThen(Device device, SplittableRandom random) {
    if (random.nextDouble() >= AWAKE_SHARE) {
      return;
    }
    double what = random.nextDouble();
    if (what < CRASH_SHARE) {
      ifReachable(device::pullAndForget);
    } else {
      if (what < THOROUGH_SHARE) {
        ifReachable(device::restartThoroughly);
      } else if (what < RESTART_SHARE) {
        device.restart();
      }
      ifReachable(device::pull);
    }
  }

  /** A pull that failed is repeated by the next round. */
  private static void ifReachable(Runnable pull) {
    try {
      pull.run();
    } catch (TidelineException e) {
      Persistence.requireCausedByKill(e);
    }
  }

  /**
   * Brings all up to date, when nothing is written any more. The slow ones are started anew for it;
   * the fast ones must have everything by their inboxes.
   */
  void finish() {
    for (Device device : fast) {
      persistence.run(device.name(), device::pullAll);
    }
    for (Device device : slow) {
      persistence.run(device.name(), device::restartThoroughly);
      persistence.run(device.name(), device::pullAll);
    }
    assertThat(all().stream().flatMap(device -> device.defects().stream()).limit(20)).isEmpty();
  }

  List<Device> all() {
    List<Device> all = new ArrayList<>(fast);
    all.addAll(slow);
    return all;
  }
}
