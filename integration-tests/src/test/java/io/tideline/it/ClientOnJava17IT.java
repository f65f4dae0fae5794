package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tideline.it.harness.ChildProcess;
import io.tideline.it.harness.NodeConfig;
import io.tideline.it.harness.Nodes;
import io.tideline.it.harness.ServerProcess;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The client, and every library it needs, runs on a Java 17, as its documentation says. */
class ClientOnJava17IT {

  private static final String PROGRAM = "Java17Program";
  private static final Duration TIMEOUT = Duration.ofSeconds(90);

  /** Modules of ours that need a newer Java and that no application has on its class path. */
  private static final List<String> NOT_THE_CLIENTS =
      List.of("server", "lsm-engine", "partition-manager", "tools", "integration-tests");

  @RegisterExtension final Nodes nodes = new Nodes();

  @Test
  void anApplicationOnJava17UsesTheClient() throws IOException {
    Optional<Path> java = java17();
    assumeTrue(java.isPresent(), "there is no Java 17 on this machine: set JAVA17_HOME to one");
    Path classes = compile();
    ServerProcess node = nodes.start(NodeConfig.shortLived());

    List<String> command =
        List.of(
            java.get().toString(),
            "-cp",
            classes + File.pathSeparator + clientClassPath(),
            PROGRAM,
            node.endpoint());
    try (ChildProcess program =
        ChildProcess.start("java17", command, Map.of(), nodes.directory().resolve("java17.out"))) {
      int exitCode = program.awaitExit(TIMEOUT);

      assertThat(exitCode).as(program.output()).isZero();
      assertThat(program.output())
          .contains("runtime 17\n", "append 1\n", "batched 500\n", "scanned 500\n")
          .contains("get number 500\n", "latest 1\n", "refused STORE_NOT_FOUND\n", "done\n");
    }
    node.stop();
  }

  /** The java executable of a Java 17, found where distributions put one. */
  private static Optional<Path> java17() throws IOException {
    String named = System.getenv("JAVA17_HOME");
    if (named != null) {
      return Optional.of(Path.of(named, "bin", "java"));
    }
    Path installed = Path.of("/usr/lib/jvm");
    if (!Files.isDirectory(installed)) {
      return Optional.empty();
    }
    try (Stream<Path> homes = Files.list(installed)) {
      return homes
          .filter(ClientOnJava17IT::isJava17)
          .sorted()
          .map(home -> home.resolve("bin/java"))
          .findFirst();
    }
  }

  private static boolean isJava17(Path home) {
    Path release = home.resolve("release");
    try {
      return Files.isExecutable(home.resolve("bin/java"))
          && Files.isRegularFile(release)
          && Files.readString(release).contains("JAVA_VERSION=\"17.");
    } catch (IOException unreadable) {
      // A home that cannot be looked into cannot be used either.
      return false;
    }
  }

  private Path compile() throws IOException {
    Path source = nodes.directory().resolve(PROGRAM + ".java");
    try (InputStream program =
        Objects.requireNonNull(
            ClientOnJava17IT.class.getResourceAsStream("/java17/" + PROGRAM + ".java"))) {
      Files.copy(program, source);
    }
    Path classes = Files.createDirectories(nodes.directory().resolve("java17-classes"));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    boolean compiled;
    try (var files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of(
              "--release", "17", "-proc:none", "-cp", clientClassPath(), "-d", classes.toString());
      compiled =
          compiler
              .getTask(messages, files, null, options, null, files.getJavaFileObjects(source))
              .call();
    }
    assertThat(compiled).as(messages.toString()).isTrue();
    return classes;
  }

  private static String clientClassPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> !entry.endsWith("test-classes") && !entry.endsWith("-tests.jar"))
        .filter(entry -> NOT_THE_CLIENTS.stream().noneMatch(name -> isOfModule(entry, name)))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static boolean isOfModule(String entry, String module) {
    return entry.contains("/" + module + "/target/") || entry.contains("/tideline-" + module + "-");
  }
}
