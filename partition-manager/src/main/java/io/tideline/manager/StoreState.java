package io.tideline.manager;

/** Where a store is in its life. The codes are on disk and never renumbered. */
public enum StoreState {
  /** Its partitions are being made; not visible to requests. */
  CREATING(1),
  /** Serves requests. */
  LIVE(2),
  /** Not visible, recoverable for a grace period. */
  DROPPED(3),
  /** Past its grace period; its data is being deleted. */
  PURGING(4);

  private final int code;

  StoreState(int code) {
    this.code = code;
  }

  /** The number on disk. */
  public int code() {
    return code;
  }

  /**
   * The constant with a number.
   *
   * @throws IllegalArgumentException if this version does not know the number
   */
  public static StoreState ofCode(int code) {
    for (StoreState value : values()) {
      if (value.code == code) {
        return value;
      }
    }
    throw new IllegalArgumentException("unknown StoreState code " + code);
  }
}
