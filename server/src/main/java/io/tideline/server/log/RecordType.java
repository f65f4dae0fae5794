package io.tideline.server.log;

import org.jspecify.annotations.Nullable;

/** Kinds of log records. The codes are on disk: never renumber. */
enum RecordType {
  /** Entry {@code index} of a group, right after its last one. */
  ENTRY(1),
  /** Term and vote. */
  META(2),
  /** The log now starts at {@code index}, at most one past its last entry. */
  TRUNCATE_PREFIX(3),
  /** The log now ends with {@code index}. */
  TRUNCATE_SUFFIX(4),
  /** The log is empty and continues at {@code index}. */
  RESET(5),
  /** Nothing is known of the group any more. */
  DESTROY(6),
  /** Another copy of an entry, so that the segment with the older one can go. */
  ENTRY_COPY(7),
  /** The state of a group where a segment starts. */
  CHECKPOINT(8),
  /** Says only, by being there, that what precedes it was durable. */
  MARK(9);

  private static final RecordType[] BY_CODE = new RecordType[10];

  static {
    for (RecordType type : values()) {
      BY_CODE[type.code] = type;
    }
  }

  private final int code;

  RecordType(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static @Nullable RecordType ofCode(int code) {
    return code > 0 && code < BY_CODE.length ? BY_CODE[code] : null;
  }
}
