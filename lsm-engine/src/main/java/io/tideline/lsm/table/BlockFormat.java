package io.tideline.lsm.table;

import io.tideline.lsm.TimelineHead;

/** Constants of block payloads and the rule that makes most heads cost nothing. */
final class BlockFormat {

  /** The fragment starts its group: its head, explicit or implied, counts. */
  static final int FIRST = 1;

  /** 40 bytes of head follow the key. */
  static final int EXPLICIT_HEAD = 2;

  /** The group is a record: it has no head. */
  static final int RECORD = 4;

  /** The group goes on in the first fragment of the next block. */
  static final int CONTINUES = 8;

  /** Bytes before the key: key length 2, flags 1, widths 1, row count 4. */
  static final int FRAGMENT_PREFIX = 8;

  static final int HEAD_BYTES = 40;

  private BlockFormat() {}

  /**
   * The head of a group that is nothing but appended rows: what its rows already say. Such a head
   * is not stored.
   */
  static TimelineHead implied(long lastSequenceId, long lastMillis, int rows) {
    return new TimelineHead(lastSequenceId, TimelineHead.NOTHING_TRIMMED, rows, 0, lastMillis);
  }

  /** Bytes (0, 1, 2, 4 or 8) that hold an unsigned value. */
  static int width(long unsigned) {
    if (unsigned == 0) {
      return 0;
    }
    int bits = 64 - Long.numberOfLeadingZeros(unsigned);
    return bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8;
  }

  /** Codes 0..4 of three widths in one byte, as the digits of a number to base 5. */
  static int widthsCode(int first, int second, int third) {
    return (code(first) * 5 + code(second)) * 5 + code(third);
  }

  private static int code(int width) {
    return width == 0 ? 0 : 1 + Integer.numberOfTrailingZeros(width);
  }

  /** The width of code {@code digit}. */
  static int widthOf(int digit) {
    return digit == 0 ? 0 : 1 << (digit - 1);
  }
}
