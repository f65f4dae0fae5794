package io.tideline.server.raft;

import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.rpc.impl.BoltRaftRpcFactory;
import com.alipay.sofa.jraft.util.SPI;
import org.jspecify.annotations.Nullable;

/**
 * Gives all groups of the process one transport client. Found by JRaft through its service file.
 */
@SPI(name = "tideline", priority = 1)
public final class SharedRpcFactory extends BoltRaftRpcFactory {

  @Override
  public RpcClient createRpcClient(@Nullable ConfigHelper<RpcClient> helper) {
    RpcClient client = new SharedClient();
    if (helper != null) {
      helper.config(client);
    }
    return client;
  }
}
