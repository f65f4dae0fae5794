package io.tideline.manager;

/** How a store gives sequence ids. The codes are on disk and never renumbered. */
public enum SequenceMode {
  /** Contiguous per timeline from 1. */
  DENSE(1),
  /** Strictly rising per timeline, with gaps. */
  MONOTONIC(2),
  /** Given by the caller, any order. */
  MANUAL(3);

  private final int code;

  SequenceMode(int code) {
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
  public static SequenceMode ofCode(int code) {
    for (SequenceMode value : values()) {
      if (value.code == code) {
        return value;
      }
    }
    throw new IllegalArgumentException("unknown SequenceMode code " + code);
  }
}
