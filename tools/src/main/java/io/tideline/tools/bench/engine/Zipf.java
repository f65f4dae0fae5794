package io.tideline.tools.bench.engine;

/**
 * Ranks with Zipf's distribution, exponent 0.99 as in YCSB: rank 0 is the most frequent. After Gray
 * et al., "Quickly Generating Billion-Record Synthetic Databases", SIGMOD 1994.
 */
final class Zipf {
  static final double EXPONENT = 0.99;

  private final int count;
  private final double zeta;
  private final double alpha = 1 / (1 - EXPONENT);
  private final double eta;
  private final double secondShare = 1 + Math.pow(0.5, EXPONENT);

  /**
   * @param count number of ranks, at least 1
   */
  Zipf(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("no ranks: " + count);
    }
    this.count = count;
    double sum = 0;
    for (int i = 1; i <= count; i++) {
      sum += 1 / Math.pow(i, EXPONENT);
    }
    zeta = sum;
    eta = (1 - Math.pow(2.0 / count, 1 - EXPONENT)) / (1 - secondShare / zeta);
  }

  /** The rank at {@code u}, uniform in [0, 1). */
  int rank(double u) {
    double scaled = u * zeta;
    if (scaled < 1) {
      return 0;
    }
    if (scaled < secondShare) {
      return Math.min(1, count - 1);
    }
    return Math.min(count - 1, (int) (count * Math.pow(eta * u - eta + 1, alpha)));
  }
}
