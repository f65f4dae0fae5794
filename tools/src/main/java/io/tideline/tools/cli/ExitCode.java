package io.tideline.tools.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Exit codes of every command. Part of the command line's contract: scripts switch on them, so a
 * number is never given another meaning. From 64 on they follow BSD's {@code sysexits.h}.
 */
public final class ExitCode {
  /** Done, and the answer is yes. */
  public static final int OK = 0;

  /** The node refused, or a check failed. */
  public static final int FAILED = 1;

  /** The command line itself is wrong; nothing was done. Given by picocli. */
  public static final int USAGE = 2;

  /** Bytes are wrong: a malformed line in an import, damage found in a data directory. */
  public static final int DATA = 65;

  /** An input file or directory does not exist or cannot be read. */
  public static final int NO_INPUT = 66;

  /** No node answers at the endpoint, or not in time. */
  public static final int UNAVAILABLE = 69;

  /** A defect in this program. */
  public static final int SOFTWARE = 70;

  /** An output file or directory cannot be made. */
  public static final int CANNOT_CREATE = 73;

  /** Reading or writing a local file failed halfway. */
  public static final int IO = 74;

  /** Something on this machine must be set up first: configuration, data directory, port, JDK. */
  public static final int CONFIG = 78;

  private ExitCode() {}

  /** {@link #OK} or {@link #FAILED}, by whether everything asked for was done. */
  public static int okIf(boolean done) {
    return done ? OK : FAILED;
  }

  /** The list for the end of each help text, in order. */
  public static Map<String, String> descriptions() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put(" 0", "Done.");
    all.put(" 1", "The node refused, or a check failed.");
    all.put(" 2", "Wrong usage; nothing was done.");
    all.put("65", "Wrong data: malformed input, or damage found on disk.");
    all.put("66", "An input file or directory is missing or unreadable.");
    all.put("69", "No node answers at the endpoint.");
    all.put("70", "A defect in this program (run again with --verbose).");
    all.put("73", "An output file or directory cannot be made.");
    all.put("74", "Reading or writing a local file failed.");
    all.put("78", "Configuration, data directory, port or JDK must be changed first.");
    return all;
  }
}
