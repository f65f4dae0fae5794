package io.tideline.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.JRaftUtils;
import com.alipay.sofa.jraft.core.Scheduler;
import com.alipay.sofa.jraft.util.timer.RaftTimerFactory;
import com.alipay.sofa.jraft.util.timer.Timeout;
import com.alipay.sofa.jraft.util.timer.Timer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class WheelTimersTest {

  private final RaftTimerFactory timers = JRaftUtils.raftTimerFactory();
  private final AtomicInteger ran = new AtomicInteger();

  @Test
  void jraftTakesItsTimersFromTheWheel() {
    assertThat(timers).isInstanceOf(WheelTimers.class);
  }

  @Test
  void aTaskRunsOnceItIsDueOnAVirtualThreadAndNotBefore() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    Timer timer = timers.getElectionTimer(true, "test");
    long begin = System.nanoTime();
    timer.newTimeout(
        due -> {
          if (Thread.currentThread().isVirtual()) {
            done.countDown();
          }
        },
        150,
        TimeUnit.MILLISECONDS);
    assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(149));
  }

  @Test
  void aTaskThatWaitsHoldsUpNoOtherAndOneThatFailsNeither() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch others = new CountDownLatch(100);
    Timer timer = timers.getVoteTimer(true, "test");
    Scheduler scheduler = timers.getRaftScheduler(true, 1, "test");
    for (int i = 0; i < 100; i++) {
      timer.newTimeout(due -> release.await(), 1, TimeUnit.MILLISECONDS);
      timer.newTimeout(
          due -> {
            throw new IllegalStateException("broken on purpose");
          },
          1,
          TimeUnit.MILLISECONDS);
      scheduler.schedule(others::countDown, 40, TimeUnit.MILLISECONDS);
    }
    assertThat(others.await(20, TimeUnit.SECONDS)).isTrue();
    release.countDown();
  }

  @Test
  void whatIsCancelledDoesNotRunAndStoppingOneTimerStopsNoOther() throws Exception {
    Timer stopped = timers.getStepDownTimer(true, "test");
    Scheduler scheduler = timers.createScheduler(1, "test");
    Timeout timeout = stopped.newTimeout(due -> ran.incrementAndGet(), 100, TimeUnit.MILLISECONDS);
    ScheduledFuture<?> scheduled =
        scheduler.schedule(ran::incrementAndGet, 100, TimeUnit.MILLISECONDS);
    assertThat(scheduled.getDelay(TimeUnit.MILLISECONDS)).isBetween(1L, 100L);
    assertThat(timeout.cancel()).isTrue();
    assertThat(scheduled.cancel(true)).isTrue();
    assertThat(stopped.stop()).isEmpty();
    scheduler.shutdown();
    CountDownLatch later = new CountDownLatch(1);
    timers.createTimer("other").newTimeout(due -> later.countDown(), 300, TimeUnit.MILLISECONDS);
    assertThat(later.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(ran).hasValue(0);
  }

  @Test
  void anOverdueTaskRunsAtOnce() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    timers.createScheduler(1, "test").schedule(done::countDown, -5, TimeUnit.MILLISECONDS);
    assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
  }
}
