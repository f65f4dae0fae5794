package io.tideline.manager;

/** Type of an identifier field. The codes are on disk and never renumbered. */
public enum IdentifierType {
  STRING(1),
  INT64(2),
  BYTES(3);

  private final int code;

  IdentifierType(int code) {
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
  public static IdentifierType ofCode(int code) {
    for (IdentifierType value : values()) {
      if (value.code == code) {
        return value;
      }
    }
    throw new IllegalArgumentException("unknown IdentifierType code " + code);
  }
}
