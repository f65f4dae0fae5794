package io.tideline.tools.im;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.tools.cli.ToolContext;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Two people at two terminals. */
class ImTerminalTest {

  private static final long PATIENCE_SECONDS = 30;

  @TempDir static Path directory;

  private static ImNode node;

  @BeforeAll
  static void start() throws Exception {
    node = new ImNode(directory, Duration.ofDays(14));
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  /** A running {@code tideline im} with a keyboard and a screen. */
  private static final class Screen {
    private final StringWriter out = new StringWriter();
    private final PipedOutputStream keyboard = new PipedOutputStream();
    private final CompletableFuture<Integer> ended;

    Screen(String... options) throws IOException {
      PipedInputStream in = new PipedInputStream(keyboard);
      ToolContext context =
          new ToolContext(
              in,
              OutputStream.nullOutputStream(),
              new PrintWriter(out, true),
              new PrintWriter(out, true),
              false,
              100,
              Map.of(),
              InstantSource.system(),
              System::nanoTime);
      CommandLine command = new CommandLine(new ImCommand(context));
      String[] all = new String[options.length + 2];
      System.arraycopy(options, 0, all, 0, options.length);
      all[options.length] = "--endpoint";
      all[options.length + 1] = node.endpoint();
      ended = CompletableFuture.supplyAsync(() -> command.execute(all), r -> new Thread(r).start());
    }

    void type(String line) throws IOException {
      keyboard.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      keyboard.flush();
    }

    void awaitShown(String text) {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (!out.toString().contains(text)) {
        assertThat(System.nanoTime()).as("%s in %s", text, out).isLessThan(deadline);
        LockSupport.parkNanos(5_000_000);
      }
    }

    String quit() throws Exception {
      type("/quit");
      assertThat(ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).as(out.toString()).isZero();
      return out.toString();
    }
  }

  @Test
  void twoTerminalsTalkToEachOther() throws Exception {
    Screen alice = new Screen("--user", "alice", "--to", "bob");
    alice.awaitShown("In single:alice:bob.");
    Screen bob = new Screen("--user", "bob");
    bob.awaitShown("single:alice:bob");
    alice.type("hello bob");
    bob.awaitShown("single:alice:bob #1 alice: hello bob");
    bob.type("/to alice");
    bob.type("你好");
    alice.awaitShown("#2 bob: 你好");
    alice.type("/edit 1 hello, Bob");
    bob.awaitShown("#1 alice: hello, Bob (edited)");
    bob.type("/edit 1 not mine");
    bob.awaitShown("! #1 is no message of yours");
    bob.type("/recall 1");
    bob.type("/recall 2");
    alice.awaitShown("#2 (recalled)");

    alice.type("/group team");
    alice.type("/add bob");
    bob.awaitShown("group:team #1 * bob joined");
    bob.type("/open group:team");
    bob.type("/leave");
    alice.awaitShown("* bob left");
    alice.type("/who");
    alice.type("/history 1");
    alice.type("/nonsense");
    alice.awaitShown("! there is no /nonsense");
    bob.type("not said anywhere");
    bob.awaitShown("! no conversation is open");
    assertThat(bob.quit()).contains("You left group:team.");
    alice.quit();
  }

  @Test
  void aDeviceWithAStateGoesOnWhereItStopped() throws Exception {
    Path state = directory.resolve("carl.state");
    Screen first = new Screen("--user", "carl", "--to", "dora", "--state", state.toString());
    first.type("one");
    first.awaitShown("#1 carl: one");
    first.quit();
    node.im.send("single:carl:dora", "dora", "while you were away", Im.newKey());

    Screen second = new Screen("--user", "carl", "--state", state.toString());
    second.awaitShown("#2 dora: while you were away");
    assertThat(second.quit()).contains("single:carl:dora  1 unread").doesNotContain("carl: one");
  }

  @Test
  void aWrongNameIsRefused() throws Exception {
    Screen screen = new Screen("--user", "a b");
    assertThat(screen.ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isNotZero();
  }
}
