package io.tideline.it.harness;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ports for nodes that must come back on the same address after a kill. They lie below the range
 * the kernel takes outgoing ports from (32768 on Linux), so that no connection takes one while its
 * node is down, and are handed out in turn, so that nodes of one JVM do not share any.
 */
final class Ports {

  private static final int FIRST = 20_000;
  private static final int END = 32_000;
  private static final AtomicInteger NEXT =
      new AtomicInteger((int) (ProcessHandle.current().pid() * 31 % (END - FIRST)));

  private Ports() {}

  /** A port nobody listens on now. */
  static int free() {
    for (int tries = 0; tries < END - FIRST; tries++) {
      int port = FIRST + Math.floorMod(NEXT.getAndIncrement(), END - FIRST);
      try (ServerSocket socket = new ServerSocket()) {
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return port;
      } catch (IOException taken) {
        // Somebody else has it: the next one.
      }
    }
    throw new AssertionError("no free port in " + FIRST + ".." + END);
  }
}
