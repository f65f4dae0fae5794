package io.tideline.server.raft;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A host in a process of its own, which can be killed or stopped where it stands. */
final class RaftHostProcess implements AutoCloseable {

  private static final String READY = "ready";

  private final Process process;

  /**
   * Starts the process and waits until it has opened all groups.
   *
   * @param members of every group, this one first
   */
  RaftHostProcess(Path directory, List<String> members, int groups, Duration electionTimeout)
      throws IOException {
    Path output = directory.resolve("output.txt");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                RaftHostProcess.class.getName(),
                directory.resolve("log").toString(),
                Integer.toString(groups),
                Long.toString(electionTimeout.toMillis())));
    command.addAll(members);
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    await("the host process, see " + output)
        .atMost(Duration.ofSeconds(60))
        .until(() -> Files.readString(output).contains(READY));
  }

  /** As a power cut of the process: it gets no chance to say anything. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Its connections stay and nothing moves in it any more. */
  void hang() throws IOException, InterruptedException {
    int exitCode =
        new ProcessBuilder("kill", "-STOP", Long.toString(process.pid())).start().waitFor();
    if (exitCode != 0) {
      throw new IOException("kill -STOP " + process.pid() + " failed: " + exitCode);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** Directory of the log, number of groups, election timeout in ms, members. */
  public static void main(String[] args) throws Exception {
    List<String> members = List.of(args).subList(3, args.length);
    int port = Integer.parseInt(members.getFirst().replaceAll(".*:", ""));
    RaftHosts.Host host =
        new RaftHosts.Host(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
            Path.of(args[0]),
            Duration.ofMillis(Long.parseLong(args[2])));
    for (long group = 1; group <= Integer.parseInt(args[1]); group++) {
      host.open(group, members);
    }
    System.out.println(READY);
    new CountDownLatch(1).await();
  }
}
