package io.tideline.manager;

/** The kind of disk a store's data lives on. The codes are on disk and never renumbered. */
public enum StorageType {
  ANY(1),
  SSD(2),
  HDD(3);

  private final int code;

  StorageType(int code) {
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
  public static StorageType ofCode(int code) {
    for (StorageType value : values()) {
      if (value.code == code) {
        return value;
      }
    }
    throw new IllegalArgumentException("unknown StorageType code " + code);
  }
}
