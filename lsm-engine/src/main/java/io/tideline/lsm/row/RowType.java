package io.tideline.lsm.row;

/**
 * How a row came to be; two bits beside the caller's kind in one byte ("meta"), in memory and on
 * disk.
 *
 * <p>The distinction carries the invariant that makes reads cheap: <b>an {@link #APPEND} row has a
 * larger id than every row of its timeline in every older layer.</b> Compaction keeps types, so it
 * holds for merged runs too; in the oldest run every row may be called an append.
 */
public final class RowType {

  /** Larger id than anything older. On disk, never renumber. */
  public static final int APPEND = 0;

  /** Any other write: replaces an older row of this id, or fills in out of order. */
  public static final int PUT = 1;

  /** Hides older rows of this id. */
  public static final int DELETE = 2;

  private static final int TYPE_SHIFT = 5;
  private static final int KIND_MASK = (1 << TYPE_SHIFT) - 1;

  private RowType() {}

  public static int meta(int type, int kind) {
    return type << TYPE_SHIFT | kind;
  }

  public static int type(int meta) {
    return meta >>> TYPE_SHIFT & 3;
  }

  public static int kind(int meta) {
    return meta & KIND_MASK;
  }
}
