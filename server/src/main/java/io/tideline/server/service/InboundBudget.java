package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_IN_FLIGHT_BYTES;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_LARGE;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of requests that are arriving: received, and not yet taken over by {@link CallMemory}.
 *
 * <p>gRPC hands the flow-control credit of a stream back as bytes come in, so without a budget many
 * large requests at once fill Netty's memory with halves of requests, which ends their connection
 * and every call on it. With it, the call whose bytes do not fit is refused, alone and by name. So
 * is one whose request is larger than any may be, once that much of it is there.
 *
 * <p>Threading: safe for many threads.
 */
public final class InboundBudget extends ServerStreamTracer.Factory {

  /**
   * Share of Netty's memory that arriving requests may take: the rest is for replies, for what
   * flow-control windows let in unasked, for what refused callers send until they know, and for the
   * allocator's waste (a chunk is kept as long as any part of it is).
   */
  private static final int NETWORK_SHARE = 4;

  /** About as long as requests of this size take to arrive. */
  private static final long RETRY_AFTER_MILLIS = 100;

  private static final Context.Key<Arriving> ARRIVING = Context.key("tideline-arriving-request");

  private final long limitBytes;
  private final AtomicLong usedBytes = new AtomicLong();

  /**
   * @param networkBytes Netty's memory
   */
  public InboundBudget(long networkBytes) {
    limitBytes = networkBytes / NETWORK_SHARE;
  }

  public long usedBytes() {
    return usedBytes.get();
  }

  public long limitBytes() {
    return limitBytes;
  }

  @Override
  public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
    return new Arriving();
  }

  /** The request of the call that runs in this context, null outside a server with a budget. */
  static @Nullable Arriving current() {
    return ARRIVING.get();
  }

  /** The answer to a request of more than {@link Limits#REQUEST_BYTES_MAX}. */
  static Failure tooLarge() {
    return Failure.of(
            ERROR_REASON_TOO_LARGE,
            "the request has more than "
                + Limits.REQUEST_BYTES_MAX
                + " bytes; nothing was done; send several smaller ones")
        .withField("request")
        .withValue("more than " + Limits.REQUEST_BYTES_MAX + " bytes")
        .withLimit(Limits.REQUEST_BYTES_MAX + " bytes");
  }

  /** The request of one call. */
  final class Arriving extends ServerStreamTracer {
    private final AtomicLong heldBytes = new AtomicLong();
    private final AtomicReference<@Nullable Runnable> refusal = new AtomicReference<>();
    private volatile @Nullable Failure failure;
    private volatile boolean taken;

    @Override
    public Context filterContext(Context context) {
      return context.withValue(ARRIVING, this);
    }

    /** On Netty's thread, with each part of the request. */
    @Override
    public void inboundWireSize(long bytes) {
      if (taken || isRefused()) {
        return;
      }
      long held = heldBytes.addAndGet(bytes);
      long used = usedBytes.addAndGet(bytes);
      if (held > Limits.REQUEST_BYTES_MAX) {
        refuse(tooLarge());
      } else if (used > limitBytes) {
        refuse(full());
      }
    }

    private void refuse(Failure why) {
      failure = why;
      runRefusal();
    }

    /**
     * Says how to refuse the call; done at once if it was refused already. The call's handler is
     * not running then: its request has not arrived whole.
     */
    void onRefused(Runnable action) {
      refusal.set(action);
      if (isRefused()) {
        runRefusal();
      }
    }

    /** Whether the call was refused; its request may have arrived whole all the same. */
    boolean isRefused() {
      return failure != null;
    }

    private void runRefusal() {
      Runnable action = refusal.getAndSet(null);
      if (action != null) {
        action.run();
      }
    }

    /** Why the call was refused. */
    Failure failure() {
      Failure why = failure;
      if (why == null) {
        throw new IllegalStateException("the call was not refused");
      }
      return why;
    }

    private Failure full() {
      return Failure.of(
              ERROR_REASON_IN_FLIGHT_BYTES,
              "requests arriving on this node fill the "
                  + limitBytes
                  + " bytes it has for them; nothing was done; retry later, with fewer or smaller"
                  + " calls at once")
          .withLimit(limitBytes + " bytes")
          .withRetryAfterMillis(RETRY_AFTER_MILLIS);
    }

    /** The whole request is in the call's own memory now. */
    void release() {
      taken = true;
      giveBack();
    }

    @Override
    public void streamClosed(Status status) {
      release();
    }

    private void giveBack() {
      usedBytes.addAndGet(-heldBytes.getAndSet(0));
    }
  }
}
