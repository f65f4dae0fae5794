package io.tideline.tools.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a made-up /proc. */
class ProcessSampleTest {

  @TempDir Path processes;

  @Test
  void aSampleAddsUpUserAndSystemTimeOfProcessAndThreads() throws IOException {
    process(7, "java", 100, 20);
    task(7, 7, "java", 10, 0);
    task(7, 8, "G1 Conc#0", 3, 1);
    task(7, 9, "G1 Conc#1", 4, 0);
    task(7, 10, "odd) name 3", 5, 5);

    ProcessSample sample = ProcessSample.of(processes, 7);

    assertThat(sample.threads()).isEqualTo(42);
    assertThat(sample.residentBytes()).isEqualTo(2_048L << 10);
    assertThat(sample.cpuMillis()).isEqualTo(1_200);
    assertThat(sample.threadCpuMillis())
        .containsEntry("java", 100L)
        .containsEntry("G1 Conc", 80L)
        .containsEntry("odd) name", 100L);
  }

  @Test
  void theDifferenceOfTwoSamplesLeavesOutThreadsThatRested() throws IOException {
    process(7, "java", 100, 20);
    task(7, 8, "busy", 3, 1);
    task(7, 9, "resting", 4, 0);
    ProcessSample first = ProcessSample.of(processes, 7);
    task(7, 8, "busy", 13, 1);
    assertThat(ProcessSample.of(processes, 7).threadCpuMillisSince(first))
        .containsExactly(java.util.Map.entry("busy", 100L));
  }

  @Test
  void aProcessThatIsGoneIsAnError() {
    assertThatThrownBy(() -> ProcessSample.of(processes, 8))
        .isInstanceOf(NoSuchFileException.class);
  }

  private void process(long pid, String name, long user, long system) throws IOException {
    Path directory = processes.resolve(Long.toString(pid));
    Files.createDirectories(directory.resolve("task"));
    Files.writeString(
        directory.resolve("status"),
        "Name:\t" + name + "\nVmRSS:\t    2048 kB\nThreads:\t42\nvoluntary_ctxt_switches:\t1\n");
    Files.writeString(directory.resolve("stat"), stat(pid, name, user, system));
  }

  private void task(long pid, long tid, String name, long user, long system) throws IOException {
    Path directory = processes.resolve(Long.toString(pid)).resolve("task/" + tid);
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("stat"), stat(tid, name, user, system));
  }

  private static String stat(long id, String name, long user, long system) {
    return id
        + " ("
        + name
        + ") S 1 7 7 0 -1 4194304 100 0 0 0 "
        + user
        + " "
        + system
        + " 0 0 20 0 42 0 12345 1 2\n";
  }
}
