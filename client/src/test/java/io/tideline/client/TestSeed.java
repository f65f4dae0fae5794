package io.tideline.client;

import java.util.Random;

/**
 * The seed of a random test: that of {@code -Dseed}, else a fresh one; to be printed on failure.
 */
final class TestSeed {

  private TestSeed() {}

  static long pick() {
    String given = System.getProperty("seed", "");
    return given.isEmpty() ? new Random().nextLong() : Long.parseLong(given);
  }
}
