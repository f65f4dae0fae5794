package io.tideline.server.cluster;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * One channel to each other node, made when first used.
 *
 * <p>Threading: safe for many threads. Lifetime: {@link #close} ends calls under way.
 */
final class PeerChannels implements AutoCloseable {

  /** A peer that does not answer a ping for so long is taken as gone, and its calls end. */
  private static final long KEEPALIVE_SECONDS = 10;

  private static final long KEEPALIVE_TIMEOUT_SECONDS = 5;

  /** Answers are small; a batch of results is a fraction of the batch. */
  private static final int MESSAGE_BYTES_MAX = 16 << 20;

  private final Map<Member, ManagedChannel> channels = new ConcurrentHashMap<>();

  ManagedChannel to(Member member) {
    return channels.computeIfAbsent(member, PeerChannels::open);
  }

  private static ManagedChannel open(Member member) {
    return NettyChannelBuilder.forTarget("dns:///" + member.grpcAddress())
        .usePlaintext()
        .maxInboundMessageSize(MESSAGE_BYTES_MAX)
        .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
        .build();
  }

  @Override
  public void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
  }
}
