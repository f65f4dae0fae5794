package io.tideline.server.node;

import io.tideline.server.service.NodeAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The file {@code tideline.ready} in the data directory: there while the node serves, so that
 * scripts and tests can wait for it and find the ports. One JSON object:
 *
 * <pre>
 *   {"pid":4711,"version":"0.1.0","node":"node-1","grpc":"127.0.0.1:7420","raft":"127.0.0.1:7421",
 *    "http":"127.0.0.1:7422"}
 * </pre>
 *
 * A killed node leaves it behind: check that the process lives, too. The next start deletes it
 * first.
 */
final class ReadyFile {

  static final String NAME = "tideline.ready";

  private final Path file;

  ReadyFile(Path dataDirectory) {
    this.file = dataDirectory.resolve(NAME);
  }

  void delete() throws IOException {
    Files.deleteIfExists(file);
  }

  /**
   * Appears whole. Not synced: it tells of a process, which does not outlive the machine either.
   */
  void write(NodeAddress address, String version) throws IOException {
    String json =
        "{\"pid\":%d,\"version\":\"%s\",\"node\":\"%s\",\"grpc\":\"%s\",\"raft\":\"%s\",\"http\":\"%s\"}\n"
            .formatted(
                ProcessHandle.current().pid(),
                version,
                address.nodeId(),
                address.grpcAddress(),
                address.raftAddress(),
                address.httpAddress());
    Path temporary = file.resolveSibling(NAME + ".new");
    Files.writeString(temporary, json);
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
