package io.tideline.tools.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeProcessTest {
  @TempDir Path directory;

  /** A child that waits for its end. */
  static final class Sleeper {
    private Sleeper() {}

    public static void main(String[] args) throws InterruptedException {
      System.out.println("sleeping " + String.join(" ", args));
      new java.util.concurrent.CountDownLatch(1).await();
    }
  }

  @Test
  void childIsKilledByItsPid() throws Exception {
    NodeProcess child = start();
    assertThat(ProcessHandle.of(child.pid())).isPresent();

    child.kill();

    assertThat(child.isAlive()).isFalse();
    // 128 + SIGKILL.
    assertThat(child.exitCode()).isEqualTo(137);
  }

  @Test
  void childIsAskedToStopFirst() throws Exception {
    NodeProcess child = start();

    assertThat(child.stop(Duration.ofSeconds(60))).isTrue();
    // 128 + SIGTERM.
    assertThat(child.exitCode()).isEqualTo(143);
  }

  @Test
  void closeKillsUnlessReleased() throws Exception {
    NodeProcess child = start();
    child.release();
    child.close();
    assertThat(child.isAlive()).isTrue();
    child.kill();

    NodeProcess other = start();
    other.close();
    assertThat(ProcessHandle.of(other.pid()).map(ProcessHandle::onExit).map(exit -> exit.join()))
        .isNotNull();
    assertThat(other.isAlive()).isFalse();
  }

  @Test
  void outputGoesToTheLogFile() throws Exception {
    NodeProcess child = start();
    while (Files.size(child.log()) == 0 && child.isAlive()) {
      LockSupport.parkNanos(5_000_000);
    }
    child.kill();

    assertThat(child.log()).content().contains("sleeping well");
  }

  @Test
  void onlySwitchesThatFitAnotherJvmAreInherited() {
    assertThat(
            List.of(
                "-Xmx8g",
                "-agentlib:jdwp=transport=dt_socket",
                "-XX:+UseCompactObjectHeaders",
                "--enable-native-access=ALL-UNNAMED",
                "-Dtideline.home=/opt/t",
                "-Dsecret=x"))
        .filteredOn(JavaLaunch::isInherited)
        .containsExactly(
            "-XX:+UseCompactObjectHeaders",
            "--enable-native-access=ALL-UNNAMED",
            "-Dtideline.home=/opt/t");
    assertThat(
            new JavaLaunch(Path.of("/j/bin/java"), List.of("-Xmx1g"), "a:b", "M")
                .command(List.of("server", "--data", "d")))
        .containsExactly("/j/bin/java", "-Xmx1g", "-cp", "a:b", "M", "server", "--data", "d");
  }

  private NodeProcess start() throws Exception {
    JavaLaunch launch = JavaLaunch.likeThisProcess(Sleeper.class.getName(), "32m");
    return NodeProcess.start(launch, List.of("well"), directory.resolve("child.log"));
  }
}
