package io.tideline.server.metrics;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts and times of calls by method and status code.
 *
 * <p>Threading: safe for many threads.
 */
public final class RpcMetrics {

  private final MeterRegistry registry;
  private final Map<MethodAndCode, Timer> timers = new ConcurrentHashMap<>();
  private final DistributionSummary requestBytes;
  private final DistributionSummary replyBytes;

  public RpcMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.requestBytes =
        DistributionSummary.builder("tideline.rpc.request.size")
            .description("Size of requests")
            .baseUnit("bytes")
            .register(registry);
    this.replyBytes =
        DistributionSummary.builder("tideline.rpc.reply.size")
            .description("Size of replies")
            .baseUnit("bytes")
            .register(registry);
  }

  /** A running call. */
  public final class Call {
    private final String method;
    private final long startNanos = nanos();

    private Call(String method) {
      this.method = method;
    }

    /**
     * Ends the call.
     *
     * @param code gRPC status code by name
     */
    public void finish(String code, long receivedBytes, long sentBytes) {
      timers
          .computeIfAbsent(new MethodAndCode(method, code), RpcMetrics.this::newTimer)
          .record(nanos() - startNanos, java.util.concurrent.TimeUnit.NANOSECONDS);
      requestBytes.record(receivedBytes);
      replyBytes.record(sentBytes);
    }
  }

  private record MethodAndCode(String method, String code) {}

  /**
   * Begins a call.
   *
   * @param method for example "TimelineService/Append"
   */
  public Call start(String method) {
    return new Call(method);
  }

  private long nanos() {
    return registry.config().clock().monotonicTime();
  }

  private Timer newTimer(MethodAndCode key) {
    return Timer.builder("tideline.rpc")
        .description("Calls by method and status code, from arrival to the answer")
        .tag("method", key.method())
        .tag("code", key.code())
        .publishPercentiles(0.5, 0.99)
        .register(registry);
  }
}
