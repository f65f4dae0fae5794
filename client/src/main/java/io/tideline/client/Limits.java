package io.tideline.client;

import java.time.Duration;

/** Limits of the contract that the client checks before it sends, and how it says so. */
final class Limits {

  /** Entries or metas per page. */
  static final int PAGE_SIZE_MAX = 1_000;

  /** Entries or metas per page unless told. */
  static final int PAGE_SIZE_DEFAULT = 100;

  /** Bytes of entries per page. */
  static final int PAGE_BYTES_MAX = 4 << 20;

  /** Items of one batch append, and timelines of one multi-timeline read. */
  static final int ITEMS_MAX = 1_000;

  /** Bytes of one batch append. */
  static final int BATCH_BYTES_MAX = 4 << 20;

  /** Inboxes of one fan-out call. */
  static final int FAN_OUT_INBOXES_MAX = 10_000;

  /** Bytes one fan-out call may write, the message counted for each target. */
  static final long FAN_OUT_WRITTEN_BYTES_MAX = 256L << 20;

  /** Bytes of a fan-out call: three quarters of what a node takes in. */
  static final long FAN_OUT_REQUEST_BYTES_MAX = 6L << 20;

  private Limits() {}

  static int pageSize(int pageSize) {
    return inRange("page size", pageSize, 1, PAGE_SIZE_MAX);
  }

  static int pageBytes(int pageBytes) {
    return inRange("page bytes", pageBytes, 1, PAGE_BYTES_MAX);
  }

  static int inRange(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(name + " " + value + " is outside " + min + ".." + max);
    }
    return value;
  }

  static Duration positive(String name, Duration duration) {
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException(name + " " + duration + " is not positive");
    }
    return duration;
  }

  static Duration notNegative(String name, Duration duration) {
    if (duration.isNegative()) {
      throw new IllegalArgumentException(name + " " + duration + " is negative");
    }
    return duration;
  }
}
