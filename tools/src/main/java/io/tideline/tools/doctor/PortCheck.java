package io.tideline.tools.doctor;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Whether a port is free for a node, or who has it.
 *
 * @param purpose what the node uses it for
 * @param port the port
 * @param answers asks who answers on it; empty if nobody of ours
 */
record PortCheck(String purpose, int port, Supplier<Optional<String>> answers) implements Check {

  @Override
  public String name() {
    return "port " + port;
  }

  @Override
  public List<Finding> run() {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return List.of(Finding.ok(name(), "free for " + purpose));
    } catch (IOException inUse) {
      return List.of(
          answers
              .get()
              .map(who -> Finding.ok(name(), "used for " + purpose + " by " + who))
              .orElseGet(
                  () ->
                      Finding.fail(
                          name(),
                          "another program has it (" + inUse.getMessage() + ")",
                          "Find it with 'ss -ltnp sport = :"
                              + port
                              + "' and stop it, or give the node another port for "
                              + purpose
                              + ".")));
    }
  }
}
