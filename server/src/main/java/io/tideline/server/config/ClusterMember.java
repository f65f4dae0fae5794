package io.tideline.server.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One entry of {@code cluster.members}: {@code node-1=10.0.0.1:7421/7420}.
 *
 * @param nodeId name of the node
 * @param host name or address other nodes reach it by; IPv6 without brackets
 * @param raftPort its {@code raft.port}
 * @param grpcPort its {@code grpc.port}
 */
public record ClusterMember(String nodeId, String host, int raftPort, int grpcPort) {

  /** A regular expression without groups that capture. */
  static final String FORM =
      "[A-Za-z0-9][A-Za-z0-9._-]{0,63}=(?:\\[[0-9A-Fa-f:.%]+\\]|[0-9A-Za-z._-]+):[0-9]{1,5}/[0-9]{1,5}";

  private static final Pattern PARTS =
      Pattern.compile("([^=]+)=\\[?([^\\]]+?)\\]?:([0-9]+)/([0-9]+)");

  /** Reads text of the form. */
  static ClusterMember parse(String text) throws ConfigException {
    Matcher parts = PARTS.matcher(text);
    if (!parts.matches()) {
      throw new ConfigException("cluster.members: \"" + text + "\" must match " + FORM);
    }
    return new ClusterMember(
        parts.group(1), parts.group(2), port(text, parts.group(3)), port(text, parts.group(4)));
  }

  private static int port(String entry, String digits) throws ConfigException {
    int port = Integer.parseInt(digits);
    if (port < 1 || port > 65_535) {
      throw new ConfigException(
          "cluster.members: port " + port + " in \"" + entry + "\" is outside 1..65535");
    }
    return port;
  }
}
