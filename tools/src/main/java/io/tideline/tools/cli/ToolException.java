package io.tideline.tools.cli;

/**
 * A command cannot go on, said to a person: what is wrong, and what to do next. Printed as one or
 * two lines without a stack trace.
 */
public final class ToolException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;
  private final String nextStep;

  /**
   * @param exitCode one of {@link ExitCode}
   * @param message what is wrong, with the names and values concerned
   * @param nextStep what to do about it, a whole sentence
   */
  public ToolException(int exitCode, String message, String nextStep) {
    super(message);
    this.exitCode = exitCode;
    this.nextStep = nextStep;
  }

  /** As above, remembering what caused it for {@code --verbose}. */
  public ToolException(int exitCode, String message, String nextStep, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
    this.nextStep = nextStep;
  }

  public int exitCode() {
    return exitCode;
  }

  public String nextStep() {
    return nextStep;
  }
}
