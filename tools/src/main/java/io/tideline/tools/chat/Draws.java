package io.tideline.tools.chat;

import java.util.Random;

/**
 * Draws from the distributions chat follows. All randomness of a generated chat comes from one
 * seeded source, so equal seeds give equal chat ({@link Random}'s algorithm is specified, on every
 * JDK).
 */
final class Draws {
  private final Random random;

  Draws(long seed) {
    this.random = new Random(seed);
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  double uniform() {
    return random.nextDouble();
  }

  /** Log-normal: {@code median} in the middle, {@code sigma} in natural logarithms. */
  double logNormal(double median, double sigma) {
    return median * Math.exp(sigma * random.nextGaussian());
  }

  /** Exponential with the given mean: times between independent events. */
  double exponential(double mean) {
    return -mean * Math.log(1 - random.nextDouble());
  }

  /** Zipf-like rank in {@code [0, count)}: rank r about in proportion to 1 / (r + 1). */
  int zipf(int count) {
    return Math.min(count - 1, (int) (Math.exp(random.nextDouble() * Math.log(count + 1.0)) - 1));
  }

  /** Index in {@code cumulative} drawn by weight; the last element is the total. */
  int weighted(double[] cumulative) {
    double target = random.nextDouble() * cumulative[cumulative.length - 1];
    int low = 0;
    int high = cumulative.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (cumulative[middle] <= target) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
