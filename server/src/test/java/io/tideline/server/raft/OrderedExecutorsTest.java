package io.tideline.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class OrderedExecutorsTest {

  @Test
  void tasksOfOneKeyRunInOrderAndNeverTwoAtATime() throws Exception {
    int tasks = 10_000;
    List<Integer> ran = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch done = new CountDownLatch(tasks);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      OrderedExecutors<String> executors = new OrderedExecutors<>(threads);
      for (int i = 0; i < tasks; i++) {
        int number = i;
        executors
            .of("key")
            .execute(
                () -> {
                  ran.add(number);
                  Thread.yield();
                  done.countDown();
                });
      }
      assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(ran).hasSize(tasks).isSorted();
  }

  @Test
  void aKeyThatIsBusyDoesNotHoldUpAnother() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch other = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      OrderedExecutors<String> executors = new OrderedExecutors<>(threads);
      executors
          .of("busy")
          .execute(
              () -> {
                try {
                  release.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      executors.of("other").execute(other::countDown);
      assertThat(other.await(10, TimeUnit.SECONDS)).isTrue();
      release.countDown();
    }
  }

  @Test
  void aTaskThatFailsDoesNotStopTheOnesBehindItAndAnIdleKeyHasNoThread() {
    Queue<Runnable> threads = new ArrayDeque<>();
    List<String> ran = new ArrayList<>();
    OrderedExecutors<String> executors = new OrderedExecutors<>(threads::add);
    executors
        .of("key")
        .execute(
            () -> {
              throw new IllegalStateException("broken on purpose");
            });
    executors.of("key").execute(() -> ran.add("second"));
    assertThat(threads).hasSize(1);
    threads.remove().run();
    assertThat(ran).containsExactly("second");
    executors.of("key").execute(() -> ran.add("third"));
    threads.remove().run();
    assertThat(ran).containsExactly("second", "third");
    assertThat(threads).isEmpty();
  }

  @Test
  void aKeyThatIsForgottenStartsAnewAndWhatWaitedStillRuns() {
    Queue<Runnable> threads = new ArrayDeque<>();
    List<String> ran = new ArrayList<>();
    OrderedExecutors<String> executors = new OrderedExecutors<>(threads::add);
    Executor gone = executors.of("gone");
    Executor kept = executors.of("kept");
    gone.execute(() -> ran.add("waited"));
    executors.removeIf("gone"::equals);
    assertThat(executors.of("gone")).isNotSameAs(gone);
    assertThat(executors.of("kept")).isSameAs(kept);
    threads.remove().run();
    assertThat(ran).containsExactly("waited");
  }
}
