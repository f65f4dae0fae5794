package io.tideline.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alipay.remoting.ExtendedNettyChannelHandler;
import com.alipay.remoting.config.BoltGenericOption;
import com.alipay.remoting.rpc.RpcClient;
import com.alipay.remoting.rpc.RpcServer;
import com.alipay.sofa.jraft.entity.PeerId;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The seam where encryption and peer identity go. */
final class ChannelSecurityTest {

  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir Path directory;

  @AfterEach
  void backToNone() {
    JRaftProcess.secureChannels(ChannelSecurity.NONE);
  }

  @Test
  void aChannelThatIsNotAdmittedComesToNothingAndOneThatIsDoes() throws Exception {
    Bouncer bouncer = new Bouncer();
    JRaftProcess.secureChannels(bouncer);
    try (RaftHosts closed = new RaftHosts(directory.resolve("closed"), 1, 0, SOON)) {
      PeerLinks links = PeerLinks.acquire();
      try {
        assertThat(bouncer.clients).hasValue(1);
        PeerLink refused = links.link(endpoint(closed).getEndpoint());
        await().atMost(SOON).until(() -> bouncer.refused.get() >= 2);
        assertThat(refused.isUp()).isFalse();

        JRaftProcess.secureChannels(ChannelSecurity.NONE);
        try (RaftHosts open = new RaftHosts(directory.resolve("open"), 1, 0, SOON)) {
          PeerLink admitted = links.link(endpoint(open).getEndpoint());
          await().atMost(SOON).until(admitted::isUp);
        }
      } finally {
        links.release();
      }
    }
  }

  private static PeerId endpoint(RaftHosts hosts) {
    return PeerId.parsePeer(hosts.hosts.getFirst().name());
  }

  /** Admits nobody. */
  private static final class Bouncer implements ChannelSecurity {
    final AtomicInteger clients = new AtomicInteger();
    final AtomicInteger refused = new AtomicInteger();

    @Override
    public void prepare(RpcClient client) {
      clients.incrementAndGet();
    }

    @Override
    public void prepare(RpcServer server) {
      server.option(
          BoltGenericOption.EXTENDED_NETTY_CHANNEL_HANDLER,
          new ExtendedNettyChannelHandler() {
            @Override
            public List<ChannelHandler> frontChannelHandlers() {
              return List.of(
                  new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelActive(ChannelHandlerContext context) {
                      refused.incrementAndGet();
                      context.close();
                    }
                  });
            }

            @Override
            public List<ChannelHandler> backChannelHandlers() {
              return List.of();
            }
          });
    }
  }
}
