package io.tideline.tools.node;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * The ports of one node on this machine.
 *
 * @param grpc for clients
 * @param raft for the other nodes; with the address it names the node in its groups
 * @param http for metrics and health
 */
public record NodePorts(int grpc, int raft, int http) {

  private static final int USUAL_GRPC = 7420;

  /** Between the usual ports of two nodes of one machine. */
  private static final int STEP = 10;

  private static final int PER_NODE = 3;

  // Below the range of outgoing connections, which begins at 32768 at the lowest.
  private static final int FREE_FROM = 20_000;
  private static final int FREE_TO = 32_000;
  private static final int TRIES_MAX = 1_000;
  private static final Random RANDOM = new Random();

  /**
   * Ports that are free now, and that systems do not give to outgoing connections: a node that is
   * down for a while finds them free again.
   */
  public static List<NodePorts> free(int nodes) throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    try {
      for (int tries = 0; held.size() < nodes * PER_NODE; tries++) {
        int port = FREE_FROM + RANDOM.nextInt(FREE_TO - FREE_FROM);
        try {
          held.add(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
        } catch (IOException inUse) {
          if (tries > TRIES_MAX) {
            throw new IOException("no free ports in " + FREE_FROM + ".." + FREE_TO, inUse);
          }
        }
      }
      List<NodePorts> ports = new ArrayList<>();
      for (int i = 0; i < nodes; i++) {
        List<Integer> three =
            held.subList(i * PER_NODE, (i + 1) * PER_NODE).stream()
                .map(ServerSocket::getLocalPort)
                .toList();
        ports.add(new NodePorts(three.get(0), three.get(1), three.get(2)));
      }
      return ports;
    } finally {
      closeAll(held);
    }
  }

  /**
   * Ports for nodes that keep their data: those noted in a file; if there is none, the usual ones
   * (7420, 7430, …) if all are free, else free ones, which are noted.
   *
   * @throws IOException if the file is for another number of nodes, or unreadable
   */
  static List<NodePorts> kept(Path file, int nodes) throws IOException {
    if (Files.exists(file)) {
      List<NodePorts> noted = new ArrayList<>();
      for (String line : Files.readAllLines(file)) {
        int[] three = Arrays.stream(line.strip().split(" ")).mapToInt(Integer::parseInt).toArray();
        noted.add(new NodePorts(three[0], three[1], three[2]));
      }
      if (noted.size() != nodes) {
        throw new IOException(file + " is of " + noted.size() + " nodes, not of " + nodes);
      }
      return noted;
    }
    List<NodePorts> ports = usual(nodes);
    if (!areFree(ports)) {
      ports = free(nodes);
    }
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(
        file,
        ports.stream()
            .map(p -> p.grpc() + " " + p.raft() + " " + p.http() + "\n")
            .collect(Collectors.joining()));
    return ports;
  }

  private static List<NodePorts> usual(int nodes) {
    List<NodePorts> ports = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      int first = USUAL_GRPC + i * STEP;
      ports.add(new NodePorts(first, first + 1, first + 2));
    }
    return ports;
  }

  private static boolean areFree(List<NodePorts> ports) throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    try {
      for (NodePorts three : ports) {
        for (int port : new int[] {three.grpc(), three.raft(), three.http()}) {
          held.add(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
        }
      }
      return true;
    } catch (IOException inUse) {
      return false;
    } finally {
      closeAll(held);
    }
  }

  private static void closeAll(List<ServerSocket> sockets) throws IOException {
    for (ServerSocket socket : sockets) {
      socket.close();
    }
  }
}
