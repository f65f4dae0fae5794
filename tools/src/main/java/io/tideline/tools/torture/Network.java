package io.tideline.tools.torture;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Where the nodes of a tortured cluster listen, and how their lines are cut. With namespaces each
 * node has a network of its own behind a bridge of this machine, as on a machine of its own; else
 * all are on loopback and nothing can be cut.
 *
 * <p>Lifetime: {@link #close} removes what was made.
 */
final class Network implements AutoCloseable {

  private static final String LOOPBACK = "127.0.0.1";

  /** A private range that few use: a run takes a 24-bit part of it, from the first one on. */
  private static final String RANGE = "10.77.";

  private static final int SUBNET_FIRST = 77;
  private static final int SUBNET_LAST = 254;
  private static final int HOST_NUMBER = 254;

  private static final int NAME_CHARS_OF_PID = 5;

  /** The bridge of a run; the digits are the end of its process's number. */
  private static final Pattern BRIDGE = Pattern.compile("tl([0-9]{1,5})b");

  private final int nodes;
  private final boolean namespaces;

  /** Of addresses: all but the last part, which is the node's number. */
  private final String prefix;

  /** Names of devices are short, and two runs must not share them. */
  private final String id;

  private Network(int nodes, boolean namespaces, String prefix) {
    this.nodes = nodes;
    this.namespaces = namespaces;
    this.prefix = prefix;
    this.id = "tl" + endOf(ProcessHandle.current().pid());
  }

  private static String endOf(long pid) {
    String digits = Long.toString(pid);
    return digits.substring(Math.max(0, digits.length() - NAME_CHARS_OF_PID));
  }

  static Network loopback(int nodes) {
    return new Network(nodes, false, "");
  }

  /**
   * A network of namespaces.
   *
   * @throws IOException if this machine does not let us
   */
  static Network ofNamespaces(int nodes) throws IOException, InterruptedException {
    removeAbandoned(nodes);
    Network network = new Network(nodes, true, unusedPrefix());
    try {
      network.build();
      return network;
    } catch (IOException e) {
      network.close();
      throw e;
    }
  }

  /** Runs that were killed leave their networks behind, whose addresses lead nowhere. */
  private static void removeAbandoned(int nodes) throws IOException, InterruptedException {
    Set<String> alive =
        ProcessHandle.allProcesses()
            .map(process -> endOf(process.pid()))
            .collect(Collectors.toSet());
    for (NetworkInterface device : NetworkInterface.networkInterfaces().toList()) {
      Matcher bridge = BRIDGE.matcher(device.getName());
      if (!bridge.matches() || alive.contains(bridge.group(1))) {
        continue;
      }
      String id = "tl" + bridge.group(1);
      for (int i = 0; i < nodes; i++) {
        var _ = Shell.succeeds("ip", "netns", "del", id + "n" + (i + 1));
      }
      Shell.run("ip", "link", "del", device.getName());
    }
  }

  private static String unusedPrefix() throws IOException {
    Set<String> used =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .map(InetAddress::getHostAddress)
            .collect(Collectors.toSet());
    for (int subnet = SUBNET_FIRST; subnet <= SUBNET_LAST; subnet++) {
      String prefix = RANGE + subnet + ".";
      if (used.stream().noneMatch(address -> address.startsWith(prefix))) {
        return prefix;
      }
    }
    throw new IOException(
        "all networks of " + RANGE + "0.0/16 from " + SUBNET_FIRST + " are taken");
  }

  private void build() throws IOException, InterruptedException {
    Shell.run("ip", "link", "add", bridge(), "type", "bridge");
    Shell.run("ip", "addr", "add", prefix + HOST_NUMBER + "/24", "dev", bridge());
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
    return namespaces ? prefix + (node + 1) : LOOPBACK;
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
