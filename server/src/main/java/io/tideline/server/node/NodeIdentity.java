package io.tideline.server.node;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Whose data a directory holds: the content of the file {@code IDENTITY} in it.
 *
 * <h2>Layout</h2>
 *
 * Lines of UTF-8 text, so that an operator can read it:
 *
 * <pre>
 *   tideline-identity 1
 *   cluster 6f1c2a30-5b7e-4a83-9d3c-0c1d7c1f6a55
 *   node node-1
 *   raft 127.0.0.1:7421
 *   crc32c 89abcdef
 * </pre>
 *
 * The number of the first line is the format version. The last line is the CRC32C, in hex, of all
 * bytes before it. A newer version may add lines before the last.
 *
 * @param clusterId UUID of the cluster
 * @param nodeId name of the node
 * @param raftAddress host:port that names the node in its replication groups
 */
record NodeIdentity(String clusterId, String nodeId, String raftAddress) {

  /** Version this program writes, and the newest it reads. */
  static final int VERSION = 1;

  private static final String MAGIC = "tideline-identity";
  private static final String CHECKSUM = "crc32c";

  byte[] encode() {
    String body =
        """
        %s %d
        cluster %s
        node %s
        raft %s
        """
            .formatted(MAGIC, VERSION, clusterId, nodeId, raftAddress);
    return (body + "%s %08x\n".formatted(CHECKSUM, crc(body))).getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws IdentityException saying whether it is not ours, too new, cut short or damaged
   */
  static NodeIdentity decode(byte[] bytes) throws IdentityException {
    String text = new String(bytes, StandardCharsets.UTF_8);
    List<String> lines = new ArrayList<>(text.lines().toList());
    if (lines.isEmpty() || !lines.getFirst().startsWith(MAGIC + " ")) {
      throw new IdentityException("is not an identity file of Tideline");
    }
    int version = version(lines.getFirst());
    if (version > VERSION) {
      throw new IdentityException(
          "has format version "
              + version
              + ", but this program knows up to "
              + VERSION
              + "; start the newer program that wrote it");
    }
    int checksumAt = text.lastIndexOf(CHECKSUM + " ");
    if (checksumAt < 0 || !text.endsWith("\n")) {
      throw new IdentityException("is cut short");
    }
    String body = text.substring(0, checksumAt);
    String expected = "%s %08x\n".formatted(CHECKSUM, crc(body));
    if (!text.substring(checksumAt).equals(expected)) {
      throw new IdentityException(
          "is damaged: its checksum is not "
              + expected.strip()
              + "; restore it from a copy of the directory");
    }
    return new NodeIdentity(value(lines, "cluster"), value(lines, "node"), value(lines, "raft"));
  }

  private static int version(String firstLine) throws IdentityException {
    try {
      return Integer.parseInt(firstLine.substring(MAGIC.length() + 1));
    } catch (NumberFormatException e) {
      throw new IdentityException("has no format version in \"" + firstLine + "\"");
    }
  }

  private static String value(List<String> lines, String name) throws IdentityException {
    for (String line : lines) {
      if (line.startsWith(name + " ")) {
        return line.substring(name.length() + 1);
      }
    }
    throw new IdentityException("has no line \"" + name + "\"");
  }

  private static long crc(String body) {
    CRC32C crc = new CRC32C();
    crc.update(body.getBytes(StandardCharsets.UTF_8));
    return crc.getValue();
  }

  /** The bytes are not a usable identity; the message continues the file's name. */
  static final class IdentityException extends Exception {
    private static final long serialVersionUID = 1L;

    IdentityException(String message) {
      super(message);
    }
  }
}
