package io.tideline.client;

/**
 * Where a node listens.
 *
 * @param host name or address; an IPv6 address without brackets
 * @param port TCP port
 */
record ServerAddress(String host, int port) {

  /** The port a node listens on unless configured otherwise. */
  static final int PORT_DEFAULT = 7420;

  private static final int PORT_MAX = 65_535;

  /** Parses "host", "host:port", "[v6]" or "[v6]:port". */
  static ServerAddress parse(String text) {
    String address = text.trim();
    int colon = address.lastIndexOf(':');
    boolean hasPort = colon > address.lastIndexOf(']') && colon >= 0;
    String host = hasPort ? address.substring(0, colon) : address;
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException(
          "address \"" + text + "\": put an IPv6 address in brackets, like [::1]:7420");
    }
    if (host.isEmpty()) {
      throw new IllegalArgumentException("address \"" + text + "\" has no host");
    }
    return new ServerAddress(
        host, hasPort ? port(text, address.substring(colon + 1)) : PORT_DEFAULT);
  }

  private static int port(String text, String digits) {
    try {
      return Limits.inRange("port", Integer.parseInt(digits), 1, PORT_MAX);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "address \"" + text + "\": \"" + digits + "\" is not a port; write host:port", e);
    }
  }

  /** Like "host:7420". */
  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
