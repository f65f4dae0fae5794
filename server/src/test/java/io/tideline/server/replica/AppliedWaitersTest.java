package io.tideline.server.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class AppliedWaitersTest {

  private final AppliedWaiters waiters = new AppliedWaiters();

  @Test
  void thoseWhoseIndexIsAppliedAreToldAndNobodyElse() {
    CompletableFuture<Boolean> nine = waiters.await(9);
    CompletableFuture<Boolean> seven = waiters.await(7);
    waiters.applied(6, Runnable::run);
    assertThat(seven).isNotDone();
    waiters.applied(8, Runnable::run);
    assertThat(seven).isCompletedWithValue(true);
    assertThat(nine).isNotDone();
    waiters.applied(9, Runnable::run);
    assertThat(nine).isCompletedWithValue(true);
  }

  @Test
  void oneThatGaveUpKeepsWhatItWasTold() {
    CompletableFuture<Boolean> gaveUp = waiters.await(5);
    gaveUp.complete(false);
    CompletableFuture<Boolean> later = waiters.await(6);
    waiters.applied(6, Runnable::run);
    assertThat(gaveUp).isCompletedWithValue(false);
    assertThat(later).isCompletedWithValue(true);
  }
}
