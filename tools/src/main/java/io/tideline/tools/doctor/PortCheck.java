package io.tideline.tools.doctor;

import io.tideline.server.config.ConfigKey;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Locale;

/**
 * Whether a port is free for the node, or who has it. The node itself may have it; anybody else
 * would keep it from starting.
 *
 * @param purpose what the node uses it for
 * @param key where it is configured
 * @param address host and port the node would listen on; port 0 takes a free one
 * @param owners tells who has it
 */
record PortCheck(String purpose, ConfigKey key, InetSocketAddress address, PortOwners owners)
    implements Check {

  @Override
  public String name() {
    return address.getPort() == 0
        ? purpose.toLowerCase(Locale.ROOT) + " port"
        : "port " + address.getPort();
  }

  @Override
  public List<Finding> run() {
    if (address.isUnresolved()) {
      return List.of(notOurs());
    }
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(address);
      return List.of(
          Finding.ok(
              name(), address.getPort() == 0 ? "any free one, at start" : "free for " + purpose));
    } catch (BindException refused) {
      return List.of(
          String.valueOf(refused.getMessage()).contains("in use") ? taken() : notOpened(refused));
    } catch (IOException refused) {
      return List.of(notOpened(refused));
    }
  }

  private Finding notOurs() {
    return Finding.fail(
        name(),
        address.getHostString() + " is not an address of this machine",
        "Correct network.bind_address.");
  }

  private Finding notOpened(IOException refused) {
    return Finding.fail(
        name(),
        "cannot be opened on " + address.getHostString() + " (" + refused.getMessage() + ")",
        "Correct " + key.key() + " or network.bind_address; ports below 1024 need privileges.");
  }

  private Finding taken() {
    try {
      return switch (owners.owner(key, address.getPort())) {
        case PortOwners.Owner.Own own when own.answers() ->
            Finding.ok(name(), "used for " + purpose + " by " + own.description());
        case PortOwners.Owner.Own own ->
            Finding.warn(
                name(),
                "used for " + purpose + " by " + own.description() + ", which does not answer",
                "It may be starting or stopping; if it stays silent, look at its log.");
        case PortOwners.Owner.Other other ->
            Finding.fail(
                name(),
                "in use by " + other.description() + ", not for " + purpose + " of this node",
                "If you mean that node, name its directory with --data (and its configuration with"
                    + " --config). Else stop it, or set "
                    + key.key()
                    + " to a free port.");
        case PortOwners.Owner.Foreign foreign ->
            Finding.fail(
                name(),
                "in use by another program",
                "Find it with 'ss -ltnp sport = :"
                    + address.getPort()
                    + "' and stop it, or set "
                    + key.key()
                    + " to a free port for "
                    + purpose
                    + ".");
      };
    } catch (IOException unreadable) {
      return Finding.fail(
          name(),
          "in use, and it cannot be told by whom (" + unreadable.getMessage() + ")",
          "Run this as the user that runs the node.");
    }
  }
}
