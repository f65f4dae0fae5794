package io.tideline.server.cluster;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * One channel to each other node, made when first used.
 *
 * <p>gRPC waits up to two minutes between attempts to connect to a node that was away for long.
 * Here a channel that cannot connect is told to try again within a second.
 *
 * <p>Threading: safe for many threads. Lifetime: {@link #close} ends calls under way.
 */
final class PeerChannels implements AutoCloseable {

  /** A peer that does not answer a ping for so long is taken as gone, and its calls end. */
  private static final long KEEPALIVE_SECONDS = 10;

  private static final long KEEPALIVE_TIMEOUT_SECONDS = 5;

  /** Answers are small; a batch of results is a fraction of the batch. */
  private static final int MESSAGE_BYTES_MAX = 16 << 20;

  /** Between two attempts to connect. */
  private static final long RECONNECT_MILLIS = 1_000;

  private final Map<Member, ManagedChannel> channels = new ConcurrentHashMap<>();

  ManagedChannel to(Member member) {
    return channels.computeIfAbsent(member, PeerChannels::open);
  }

  private static ManagedChannel open(Member member) {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget("dns:///" + member.grpcAddress())
            .usePlaintext()
            .maxInboundMessageSize(MESSAGE_BYTES_MAX)
            .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
            .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
            .build();
    watch(channel, ConnectivityState.IDLE);
    return channel;
  }

  /** Follows a channel's state from the one last seen, and hurries it while it cannot connect. */
  private static void watch(ManagedChannel channel, ConnectivityState seen) {
    channel.notifyWhenStateChanged(
        seen,
        () -> {
          ConnectivityState now = channel.getState(false);
          if (now == ConnectivityState.TRANSIENT_FAILURE) {
            hurry(channel);
          } else if (now != ConnectivityState.SHUTDOWN) {
            watch(channel, now);
          }
        });
  }

  /** Until it no longer fails; an attempt may fail without another state being seen. */
  private static void hurry(ManagedChannel channel) {
    CompletableFuture.delayedExecutor(RECONNECT_MILLIS, TimeUnit.MILLISECONDS)
        .execute(
            () -> {
              ConnectivityState now = channel.getState(false);
              if (now == ConnectivityState.TRANSIENT_FAILURE) {
                channel.resetConnectBackoff();
                hurry(channel);
              } else if (now != ConnectivityState.SHUTDOWN) {
                watch(channel, now);
              }
            });
  }

  @Override
  public void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
  }
}
