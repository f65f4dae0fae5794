package io.tideline.it.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The memory of a process as Linux counts it.
 *
 * @param peakResidentBytes the most that was ever in memory, mapped files included
 * @param anonymousBytes heap, stacks and direct memory now: only the process can give it back
 * @param mappedFileBytes pages of mapped files now: the kernel takes them back when it needs them
 */
public record ProcessMemory(long peakResidentBytes, long anonymousBytes, long mappedFileBytes) {

  public static ProcessMemory of(ChildProcess process) {
    Path status = Path.of("/proc", Long.toString(process.pid()), "status");
    try {
      String text = Files.readString(status);
      return new ProcessMemory(
          bytes(text, "VmHWM"), bytes(text, "RssAnon"), bytes(text, "RssFile"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long bytes(String status, String field) {
    return status
        .lines()
        .filter(line -> line.startsWith(field + ":"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + field + " in\n" + status));
  }
}
