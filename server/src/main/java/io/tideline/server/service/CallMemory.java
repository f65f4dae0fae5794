package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_IN_FLIGHT_BYTES;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes of requests and replies that calls hold between arrival and the last byte of the answer.
 * Full means RESOURCE_EXHAUSTED for the next call, instead of no memory for all of them.
 *
 * <p>Threading: safe for many threads.
 */
public final class CallMemory {

  /** A call costs objects and buffers even if its bytes are few. */
  static final long CALL_BYTES_MIN = 1 << 10;

  /** Long enough for calls in flight to end, short enough not to idle. */
  private static final long RETRY_AFTER_MILLIS = 50;

  private final long limitBytes;
  private final AtomicLong usedBytes = new AtomicLong();

  public CallMemory(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  /** Takes bytes that {@link #release} gives back, or refuses with IN_FLIGHT_BYTES. */
  void reserve(long bytes) {
    long used = usedBytes.addAndGet(bytes);
    if (used > limitBytes) {
      usedBytes.addAndGet(-bytes);
      throw Failure.of(
              ERROR_REASON_IN_FLIGHT_BYTES,
              "calls in flight on this node hold "
                  + (used - bytes)
                  + " of "
                  + limitBytes
                  + " bytes and this one needs "
                  + bytes
                  + "; retry later, with fewer calls at once or smaller pages")
          .withValue(used + " bytes")
          .withLimit(limitBytes + " bytes")
          .withRetryAfterMillis(RETRY_AFTER_MILLIS)
          .toException();
    }
  }

  void release(long bytes) {
    usedBytes.addAndGet(-bytes);
  }

  public long usedBytes() {
    return usedBytes.get();
  }

  public long limitBytes() {
    return limitBytes;
  }
}
