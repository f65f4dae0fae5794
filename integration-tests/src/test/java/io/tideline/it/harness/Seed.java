package io.tideline.it.harness;

import java.util.SplittableRandom;

/** Where a test's randomness comes from: {@code -Dseed=}, or a fresh seed that is printed. */
public final class Seed {

  private Seed() {}

  /** The random numbers of one test; prints the seed, so that the run can be repeated. */
  public static SplittableRandom random(String test) {
    String given = System.getProperty("seed", "");
    long seed = given.isEmpty() ? new SplittableRandom().nextLong() : Long.parseLong(given);
    System.out.println(test + ": seed " + seed + "; repeat with -Dseed=" + seed);
    return new SplittableRandom(seed);
  }
}
