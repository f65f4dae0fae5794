package io.tideline.tools.torture;

import java.io.IOException;
import java.util.List;

/**
 * Where the nodes of a tortured cluster listen, and how their lines are cut. With namespaces each
 * node has a network of its own behind a bridge of this machine, as on a machine of its own; else
 * all are on loopback and nothing can be cut.
 *
 * <p>Lifetime: {@link #close} removes what was made.
 */
final class Network implements AutoCloseable {

  private static final String LOOPBACK = "127.0.0.1";

  /** A private range that few use; the last part is the node's number. */
  private static final String PREFIX = "10.77.77.";

  private static final int HOST_NUMBER = 254;
  private static final int NAME_CHARS_OF_PID = 5;

  private final int nodes;
  private final boolean namespaces;

  /** Names of devices are short, and two runs must not share them. */
  private final String id;

  private Network(int nodes, boolean namespaces) {
    this.nodes = nodes;
    this.namespaces = namespaces;
    String pid = Long.toString(ProcessHandle.current().pid());
    this.id = "tl" + pid.substring(Math.max(0, pid.length() - NAME_CHARS_OF_PID));
  }

  static Network loopback(int nodes) {
    return new Network(nodes, false);
  }

  /**
   * A network of namespaces.
   *
   * @throws IOException if this machine does not let us
   */
  static Network ofNamespaces(int nodes) throws IOException, InterruptedException {
    Network network = new Network(nodes, true);
    try {
      network.build();
      return network;
    } catch (IOException e) {
      network.close();
      throw e;
    }
  }

  private void build() throws IOException, InterruptedException {
    Shell.run("ip", "link", "add", bridge(), "type", "bridge");
    Shell.run("ip", "addr", "add", PREFIX + HOST_NUMBER + "/24", "dev", bridge());
    Shell.run("ip", "link", "set", bridge(), "up");
    for (int i = 0; i < nodes; i++) {
      Shell.run("ip", "netns", "add", namespace(i));
      Shell.run(
          "ip",
          "link",
          "add",
          line(i),
          "type",
          "veth",
          "peer",
          "name",
          "eth0",
          "netns",
          namespace(i));
      Shell.run("ip", "link", "set", line(i), "master", bridge(), "up");
      Shell.run("ip", "-n", namespace(i), "addr", "add", address(i) + "/24", "dev", "eth0");
      Shell.run("ip", "-n", namespace(i), "link", "set", "eth0", "up");
      Shell.run("ip", "-n", namespace(i), "link", "set", "lo", "up");
    }
  }

  /** Whether lines can be cut. */
  boolean canCut() {
    return namespaces;
  }

  /** Where a node listens. */
  String address(int node) {
    return namespaces ? PREFIX + (node + 1) : LOOPBACK;
  }

  /** What a node's command line begins with. */
  List<String> prefix(int node) {
    return namespaces ? List.of("ip", "netns", "exec", namespace(node)) : List.of();
  }

  /** Cuts a node off from everybody, clients included. */
  void isolate(int node) throws IOException, InterruptedException {
    Shell.run("ip", "link", "set", line(node), "down");
  }

  void rejoin(int node) throws IOException, InterruptedException {
    Shell.run("ip", "link", "set", line(node), "up");
  }

  /** Has packets between two nodes vanish; both reach all others. */
  void cut(int a, int b) throws IOException, InterruptedException {
    Shell.run("ip", "-n", namespace(a), "route", "add", "blackhole", address(b) + "/32");
    Shell.run("ip", "-n", namespace(b), "route", "add", "blackhole", address(a) + "/32");
  }

  void mend(int a, int b) throws IOException, InterruptedException {
    Shell.run("ip", "-n", namespace(a), "route", "del", "blackhole", address(b) + "/32");
    Shell.run("ip", "-n", namespace(b), "route", "del", "blackhole", address(a) + "/32");
  }

  private String bridge() {
    return id + "b";
  }

  private String namespace(int node) {
    return id + "n" + (node + 1);
  }

  private String line(int node) {
    return id + "v" + (node + 1);
  }

  @Override
  public void close() {
    if (!namespaces) {
      return;
    }
    // What was not made, or is gone, need not be removed.
    for (int i = 0; i < nodes; i++) {
      var _ = Shell.succeeds("ip", "netns", "del", namespace(i));
    }
    var _ = Shell.succeeds("ip", "link", "del", bridge());
  }
}
