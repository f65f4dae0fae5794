package io.tideline.client;

/**
 * Why a call failed. The first groups are the server's reasons, part of the contract; the last
 * group is told by the client itself.
 */
public enum ErrorCode {
  /** The server gave a reason that this client is too old to know; see the gRPC status. */
  UNKNOWN_REASON(0, Effect.BY_STATUS),

  // --- What was asked is wrong; nothing was written. ---
  REQUIRED(1, Effect.REFUSED),
  OUT_OF_RANGE(2, Effect.REFUSED),
  TOO_LARGE(3, Effect.REFUSED),
  TOO_MANY(4, Effect.REFUSED),
  TOO_DEEP(5, Effect.REFUSED),
  INVALID_NAME(6, Effect.REFUSED),
  IDENTIFIER_ARITY(7, Effect.REFUSED),
  IDENTIFIER_TYPE(8, Effect.REFUSED),
  UNKNOWN_ENUM_VALUE(9, Effect.REFUSED),
  NOT_FINITE(10, Effect.REFUSED),
  INVALID_UTF8(11, Effect.REFUSED),
  MALFORMED_REQUEST(12, Effect.REFUSED),
  INVERTED_RANGE(13, Effect.REFUSED),
  INVALID_TOKEN(14, Effect.REFUSED),

  // --- The present state forbids it; nothing was written. ---
  STORE_NOT_FOUND(30, Effect.REFUSED),
  STORE_ALREADY_EXISTS(31, Effect.REFUSED),
  SEQUENCE_MODE(32, Effect.REFUSED),
  ENTRY_NOT_FOUND(33, Effect.REFUSED),
  TIMELINE_NOT_FOUND(34, Effect.REFUSED),
  META_NOT_FOUND(35, Effect.REFUSED),
  META_ALREADY_EXISTS(36, Effect.REFUSED),
  SEQUENCE_ID_EXISTS(37, Effect.REFUSED),
  /** The condition did not hold; {@link TidelineException#value()} is what was found. */
  CONDITION_FAILED(38, Effect.REFUSED),
  /**
   * The first attempt lies outside the dedup window, so whether it succeeded is no longer known.
   * This attempt wrote nothing.
   */
  DEDUP_WINDOW_EXPIRED(39, Effect.REFUSED),
  QUOTA_EXCEEDED(40, Effect.REFUSED),
  MESSAGE_KEY_REUSED(41, Effect.REFUSED),
  /** The position has expired or was trimmed. */
  NOT_RETAINED(42, Effect.REFUSED),
  PARTITION_NOT_FOUND(43, Effect.REFUSED),

  // --- Not now, or not here; nothing was written. Retried. ---
  NOT_LEADER(60, Effect.NOT_NOW),
  STALE_EPOCH(61, Effect.NOT_NOW),
  PARTITION_UNAVAILABLE(62, Effect.NOT_NOW),
  SHUTTING_DOWN(63, Effect.NOT_NOW),
  IN_FLIGHT_BYTES(64, Effect.NOT_NOW),
  MEMTABLE_MEMORY(65, Effect.NOT_NOW),
  COMPACTION_BACKLOG(66, Effect.NOT_NOW),
  LOG_BACKLOG(67, Effect.NOT_NOW),
  DISK_FULL(68, Effect.NOT_NOW),
  TOO_MANY_TAILS(69, Effect.NOT_NOW),

  // --- A write may or may not have happened. Retried if that cannot write twice. ---
  OUTCOME_UNKNOWN(80, Effect.UNKNOWN_OUTCOME),
  /** The deadline passed, at the server or here. */
  DEADLINE_EXCEEDED(81, Effect.UNKNOWN_OUTCOME),

  // --- The server. ---
  /** Part of the contract, not built yet. */
  NOT_IMPLEMENTED(90, Effect.REFUSED),
  /** A defect of the server; see its log. A write may have happened. */
  INTERNAL(91, Effect.FATAL),
  /** Bytes at rest are damaged; the value names the file and offset. */
  CORRUPTION(92, Effect.FATAL),
  /** The replica stopped after a fatal disk error; another may take over. */
  REPLICA_FAILED(93, Effect.UNKNOWN_OUTCOME),

  // --- Told by the client. ---
  /** No server could be reached, or the connection broke. */
  UNAVAILABLE(-1, Effect.UNKNOWN_OUTCOME),
  /** The caller cancelled the call or was interrupted. */
  CANCELLED(-1, Effect.FATAL),
  /** A batching appender's memory stayed full for as long as add may wait. Nothing was sent. */
  BUFFER_FULL(-1, Effect.REFUSED),
  /** The client or the batching appender is closed. Nothing was sent. */
  CLIENT_CLOSED(-1, Effect.REFUSED),
  /** A gRPC failure that carried no detail; see the status. A write may have happened. */
  OTHER(-1, Effect.BY_STATUS);

  /** What a failure with this code says about a write and about trying again. */
  enum Effect {
    /** Nothing was written; the same call would fail again. */
    REFUSED,
    /** Nothing was written; the same call may succeed later. */
    NOT_NOW,
    /** A write may have happened; trying again may help. */
    UNKNOWN_OUTCOME,
    /** A write may have happened; trying again does not help. */
    FATAL,
    /** Only the gRPC status tells. */
    BY_STATUS
  }

  private static final ErrorCode[] BY_NUMBER = new ErrorCode[128];

  static {
    for (ErrorCode code : values()) {
      if (code.number > 0) {
        BY_NUMBER[code.number] = code;
      }
    }
  }

  private final int number;
  private final Effect effect;

  ErrorCode(int number, Effect effect) {
    this.number = number;
    this.effect = effect;
  }

  /**
   * The code of a reason's number on the wire; UNKNOWN_REASON for one this client does not know.
   */
  static ErrorCode ofReason(int number) {
    ErrorCode code = number > 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : null;
    return code == null ? UNKNOWN_REASON : code;
  }

  Effect effect() {
    return effect;
  }
}
