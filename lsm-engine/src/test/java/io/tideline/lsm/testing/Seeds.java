package io.tideline.lsm.testing;

/**
 * The seed of a randomised test: {@code -Dseed=N} repeats a run, otherwise the test's own is used.
 */
public final class Seeds {

  private Seeds() {}

  /** The seed given on the command line, or else {@code fallback}. */
  public static long seedOr(long fallback) {
    return Long.getLong("seed", fallback);
  }

  /** True if {@code -Dtideline.scale=full} asks for the large form of a test. */
  public static boolean isFullScale() {
    return "full".equals(System.getProperty("tideline.scale"));
  }

  /** The words a failing test shows so that it can be repeated. */
  public static String describe(long seed) {
    return "repeat with -Dseed=" + seed;
  }
}
