package io.tideline.server.node;

import io.tideline.server.config.ConfigKey;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;

/** Looks at ports before long work is done, and says which key to change. */
final class Ports {

  private Ports() {}

  /**
   * An address to listen on.
   *
   * @throws StartException if the host name does not resolve
   */
  static InetSocketAddress address(String host, int port) throws StartException {
    try {
      return new InetSocketAddress(InetAddress.getByName(host), port);
    } catch (UnknownHostException e) {
      throw new StartException(
          "network.bind_address \"" + host + "\" is not an address of this machine", e);
    }
  }

  /** "host:port", with an IPv6 address in brackets, as clients take it. */
  static String join(String host, int port) {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  /** The host of what {@link #join} made, without brackets. */
  static String host(String joined) {
    String host = joined.substring(0, joined.lastIndexOf(':'));
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }

  /** The port of what {@link #join} made. */
  static int port(String joined) {
    return Integer.parseInt(joined.substring(joined.lastIndexOf(':') + 1));
  }

  /** Refuses a port that somebody else listens on. */
  static void requireFree(InetSocketAddress address, ConfigKey key) throws StartException {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(address);
    } catch (IOException e) {
      throw inUse(address, key, e);
    }
  }

  /** A port that is free now. */
  static int pickFree(InetAddress host) throws StartException {
    try (ServerSocket probe = new ServerSocket(0, 1, host)) {
      return probe.getLocalPort();
    } catch (IOException e) {
      throw new StartException("no free port on " + host.getHostAddress() + ": " + e, e);
    }
  }

  static StartException inUse(InetSocketAddress address, ConfigKey key, Throwable cause) {
    String why =
        cause instanceof BindException && String.valueOf(cause.getMessage()).contains("in use")
            ? "is in use by another process; stop that process, or set " + key.key()
            : "cannot be opened ("
                + cause.getMessage()
                + "); set "
                + key.key()
                + " or network.bind_address";
    return new StartException(
        "port " + address.getPort() + " on " + address.getHostString() + " " + why, cause);
  }
}
