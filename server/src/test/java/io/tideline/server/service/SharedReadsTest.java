package io.tideline.server.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.Deadline;
import io.tideline.server.service.Marshallers.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Equal reads that are asked for at once. */
final class SharedReadsTest {

  private static final long PATIENCE_MILLIS = 20_000;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final SharedReads<String> reads = new SharedReads<>();

  /** A read that does not end before it is let. */
  private static final class Held implements SharedReads.Read {
    final CountDownLatch begun = new CountDownLatch(1);
    final CountDownLatch mayEnd = new CountDownLatch(1);
    private final Callable<Reply> answer;

    Held(Callable<Reply> answer) {
      this.answer = answer;
    }

    @Override
    public Reply run() throws Exception {
      begun.countDown();
      assertThat(mayEnd.await(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)).isTrue();
      return answer.call();
    }
  }

  @AfterEach
  void end() {
    threads.shutdownNow();
    assertThat(reads.underWay()).isZero();
  }

  private static CallContext context() {
    return new CallContext(null, PATIENCE_MILLIS, new CallMemory(1 << 20));
  }

  private static Reply reply(int number) {
    return new Reply(new byte[] {(byte) number}, 1);
  }

  private static int number(Reply reply) {
    return reply.bytes()[0];
  }

  private Future<Integer> read(String key, SharedReads.Read read) {
    return threads.submit(() -> number(reads.read(key, context(), read)));
  }

  /** Those behind the one that runs, once they all wait. */
  private List<Future<Integer>> waiting(int count, SharedReads.Read read) {
    List<Thread> waiters = new ArrayList<>();
    List<Future<Integer>> answers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      CountDownLatch started = new CountDownLatch(1);
      answers.add(
          threads.submit(
              () -> {
                waiters.add(Thread.currentThread());
                started.countDown();
                return number(reads.read("a", context(), read));
              }));
      await()
          .until(
              () ->
                  started.getCount() == 0
                      && waiters.getLast().getState() == Thread.State.TIMED_WAITING);
    }
    return answers;
  }

  @Test
  void whoComesWhileAnEqualReadRunsIsAnsweredByOneThatBeginsAfterwards() throws Exception {
    Held first = new Held(() -> reply(1));
    AtomicInteger later = new AtomicInteger();
    Future<Integer> running = read("a", first);
    first.begun.await();
    List<Future<Integer>> waiting =
        waiting(
            10,
            () -> {
              assertThat(running.isDone() || first.mayEnd.getCount() == 0).isTrue();
              return reply(1 + later.incrementAndGet());
            });
    assertThat(later).hasValue(0);
    first.mayEnd.countDown();
    assertThat(running.get()).isEqualTo(1);
    for (Future<Integer> answer : waiting) {
      assertThat(answer.get()).isEqualTo(2);
    }
    assertThat(later).hasValue(1);
    assertThat(reads.sharedCount()).isEqualTo(9);
  }

  @Test
  void readsThatAreNotEqualOrNotAtOnceAreDoneEach() throws Exception {
    Held first = new Held(() -> reply(1));
    Future<Integer> running = read("a", first);
    first.begun.await();
    assertThat(read("b", () -> reply(2)).get()).isEqualTo(2);
    first.mayEnd.countDown();
    assertThat(running.get()).isEqualTo(1);
    assertThat(read("a", () -> reply(3)).get()).isEqualTo(3);
    assertThat(reads.sharedCount()).isZero();
  }

  @Test
  void whoseReaderFailsReadsForHimself() throws Exception {
    Held first = new Held(() -> reply(1));
    AtomicInteger later = new AtomicInteger();
    Future<Integer> running = read("a", first);
    first.begun.await();
    List<Future<Integer>> waiting =
        waiting(
            5,
            () -> {
              int place = later.incrementAndGet();
              if (place == 1) {
                throw new IllegalStateException("no disk");
              }
              return reply(place);
            });
    first.mayEnd.countDown();
    assertThat(running.get()).isEqualTo(1);
    assertThatThrownBy(waiting.getFirst()::get)
        .isInstanceOf(ExecutionException.class)
        .hasRootCauseMessage("no disk");
    for (Future<Integer> answer : waiting.subList(1, 5)) {
      assertThat(answer.get()).isBetween(2, 5);
    }
    assertThat(reads.sharedCount()).isZero();
  }

  @Test
  void aReaderThatRunsOutOfTimeHoldsNobodyUp() throws Exception {
    Held first = new Held(() -> reply(1));
    Future<Integer> running = read("a", first);
    first.begun.await();
    CallContext hurried =
        new CallContext(
            Deadline.after(20, TimeUnit.MILLISECONDS), PATIENCE_MILLIS, new CallMemory(1 << 20));
    Future<Integer> late = threads.submit(() -> number(reads.read("a", hurried, () -> reply(2))));
    assertThatThrownBy(late::get).hasRootCauseInstanceOf(FailureException.class);
    List<Future<Integer>> waiting = waiting(2, () -> reply(3));
    first.mayEnd.countDown();
    assertThat(running.get()).isEqualTo(1);
    assertThat(waiting.get(0).get()).isEqualTo(3);
    assertThat(waiting.get(1).get()).isEqualTo(3);
  }

  @Test
  void noAnswerIsOlderThanItsQuestion() throws Exception {
    AtomicInteger state = new AtomicInteger();
    List<Future<Boolean>> done = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      Random random = new Random(t);
      done.add(
          threads.submit(
              () -> {
                for (int i = 0; i < 5_000; i++) {
                  int asked = random.nextInt(4) == 0 ? state.incrementAndGet() : state.get();
                  Reply answer =
                      reads.read(
                          "k" + random.nextInt(2),
                          context(),
                          () -> {
                            int seen = state.get();
                            Thread.yield();
                            return new Reply(new byte[0], seen);
                          });
                  if (answer.size() < asked) {
                    return false;
                  }
                }
                return true;
              }));
    }
    for (Future<Boolean> one : done) {
      assertThat(one.get()).isTrue();
    }
    assertThat(reads.sharedCount()).isPositive();
  }
}
