package io.tideline.tools.bench.engine;

/**
 * The values of a round's rows.
 *
 * <p>Threading: confined to one thread.
 */
interface Values {
  /**
   * The value of a row.
   *
   * @param scratch an array of {@link #scratchBytes} that may be filled and returned
   */
  byte[] value(int row, byte[] scratch);

  /** Size of the arrays given as scratch. */
  int scratchBytes();
}
