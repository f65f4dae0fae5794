package io.tideline.tools.doctor;

import io.tideline.tools.cli.Humans;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Whether the wall clock can be trusted: it stamps entries, and entries expire by it.
 *
 * @param wallClock the time of day
 * @param nanoClock the monotonic clock
 * @param pause lets a moment pass between two readings of both
 * @param directory data directory, whose newest file must not be from the future
 */
record ClockCheck(InstantSource wallClock, LongSupplier nanoClock, Runnable pause, Path directory)
    implements Check {

  /** No node existed before this: 2026-01-01. */
  private static final long EARLIEST_MILLIS = 1_767_225_600_000L;

  private static final Duration SAMPLE = Duration.ofMillis(250);

  /** A clock that is being slewed is off by 0.05 %; more within a quarter second is a step. */
  private static final long DRIFT_MILLIS_MAX = 20;

  /** Two machines of one cluster should agree better than this. */
  private static final long FUTURE_MILLIS_MAX = 5_000;

  static ClockCheck of(InstantSource wallClock, LongSupplier nanoClock, Path directory) {
    return new ClockCheck(
        wallClock, nanoClock, () -> LockSupport.parkNanos(SAMPLE.toNanos()), directory);
  }

  @Override
  public String name() {
    return "clock";
  }

  @Override
  public List<Finding> run() {
    List<Finding> findings = new ArrayList<>();
    long nowMillis = wallClock.millis();
    if (nowMillis < EARLIEST_MILLIS) {
      findings.add(
          Finding.fail(
              name(),
              "it says " + Humans.time(nowMillis) + ", before this program was written",
              "Set the clock, and let a time daemon (chrony, systemd-timesyncd) keep it."));
    } else {
      findings.add(
          Finding.ok(
              name(), Humans.time(nowMillis) + "; local time zone " + ZoneId.systemDefault()));
    }
    findings.add(drift());
    findings.add(newestFile(nowMillis));
    return findings;
  }

  private Finding drift() {
    long wallStart = wallClock.millis();
    long nanoStart = nanoClock.getAsLong();
    pause.run();
    long wallPassed = wallClock.millis() - wallStart;
    long monotonicPassed = (nanoClock.getAsLong() - nanoStart) / 1_000_000;
    long drift = wallPassed - monotonicPassed;
    if (Math.abs(drift) > DRIFT_MILLIS_MAX) {
      return Finding.warn(
          name(),
          "the wall clock moved " + wallPassed + " ms while " + monotonicPassed + " ms passed",
          "Something steps the clock: let one time daemon slew it instead (chrony, systemd-timesyncd).");
    }
    return Finding.ok(name(), "wall and monotonic clock agree within " + Math.abs(drift) + " ms");
  }

  private Finding newestFile(long nowMillis) {
    OptionalLong newest;
    try {
      newest = newestMillis();
    } catch (IOException | UncheckedIOException failure) {
      return Finding.warn(
          name(),
          "the times of files in " + directory + " cannot be read: " + failure.getMessage(),
          "Run this as the user that runs the node.");
    }
    if (newest.isEmpty()) {
      return Finding.ok(name(), "no data yet to compare the clock with");
    }
    long ahead = newest.getAsLong() - nowMillis;
    if (ahead > FUTURE_MILLIS_MAX) {
      return Finding.fail(
          name(),
          "the newest file in "
              + directory
              + " is "
              + Humans.duration(Duration.ofMillis(ahead))
              + " in the future: the clock was set back",
          "Set the clock right before the node starts. Times of entries never fall, so new entries"
              + " would carry the future time until the clock has caught up.");
    }
    return Finding.ok(name(), "no file of the data directory is from the future");
  }

  private OptionalLong newestMillis() throws IOException {
    if (!Files.isDirectory(directory)) {
      return OptionalLong.empty();
    }
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).mapToLong(ClockCheck::modifiedMillis).max();
    }
  }

  private static long modifiedMillis(Path file) {
    try {
      return Files.getLastModifiedTime(file).toMillis();
    } catch (IOException vanished) {
      // A running node removes files at any time.
      return Long.MIN_VALUE;
    }
  }
}
