package io.tideline.it.imday;

import static org.awaitility.Awaitility.await;

import io.tideline.client.TidelineException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** Calls that are repeated until they succeed, as an application does whose server comes back. */
final class Persistence {

  /** Many restarts of a node on a busy machine. */
  private static final Duration GIVE_UP = Duration.ofMinutes(2);

  private static final Duration PAUSE = Duration.ofMillis(20);

  private final AtomicLong failures = new AtomicLong();

  /** What the call gave in the end. */
  <T> T until(String what, Supplier<T> call) {
    // Most succeed at once; waiting has a price.
    return attempt(call)
        .or(
            () ->
                await(what)
                    .atMost(GIVE_UP)
                    .pollDelay(PAUSE)
                    .pollInterval(PAUSE)
                    .until(() -> attempt(call), Optional::isPresent))
        .orElseThrow();
  }

  void run(String what, Runnable call) {
    boolean unused =
        until(
            what,
            () -> {
              call.run();
              return true;
            });
  }

  private <T> Optional<T> attempt(Supplier<T> call) {
    try {
      return Optional.of(call.get());
    } catch (TidelineException e) {
      requireCausedByKill(e);
      failures.incrementAndGet();
      return Optional.empty();
    }
  }

  /** Anything else a kill must not cause. */
  static void requireCausedByKill(TidelineException e) {
    if (!e.isRetryable() && !e.isOutcomeUnknown()) {
      throw e;
    }
  }

  long failures() {
    return failures.get();
  }
}
