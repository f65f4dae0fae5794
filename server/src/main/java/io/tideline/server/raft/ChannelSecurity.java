package io.tideline.server.raft;

import com.alipay.remoting.rpc.RpcClient;
import com.alipay.remoting.rpc.RpcServer;

/**
 * What is put into a Raft channel where it is built and where it is accepted: the place for mutual
 * TLS and for checking which member is at the other end.
 *
 * <p>Both methods are called before the transport starts. They set its options: those for TLS, and
 * {@code EXTENDED_NETTY_CHANNEL_HANDLER} for a handler that sees every channel before any message
 * of it is read.
 */
interface ChannelSecurity {

  /** Clear text, everybody admitted: for a network that only members can reach. */
  ChannelSecurity NONE =
      new ChannelSecurity() {
        @Override
        public void prepare(RpcClient client) {
          // Clear text.
        }

        @Override
        public void prepare(RpcServer server) {
          // Clear text.
        }
      };

  /** For the channels this node opens. */
  void prepare(RpcClient client);

  /** For the channels this node accepts. */
  void prepare(RpcServer server);
}
