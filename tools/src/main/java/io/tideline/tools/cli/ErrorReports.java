package io.tideline.tools.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Says what went wrong in one line and what to do next in another. A stack trace appears only with
 * {@code --verbose}.
 */
public final class ErrorReports implements IExecutionExceptionHandler, IParameterExceptionHandler {

  /** Turns an exception of a library (the client's) into one for people; null for "not mine". */
  public interface Translator {
    @Nullable ToolException translate(Throwable failure);
  }

  private final ToolContext context;
  private final Translator translator;
  private final BooleanSupplier verbose;

  public ErrorReports(ToolContext context, Translator translator, BooleanSupplier verbose) {
    this.context = context;
    this.translator = translator;
    this.verbose = verbose;
  }

  /** Wrong usage: the reason, near misses, and where help is. */
  @Override
  public int handleParseException(ParameterException failure, String[] args) {
    CommandLine command = failure.getCommandLine();
    PrintWriter err = context.err();
    Set<String> subcommands = command.getSubcommands().keySet();
    // picocli has no type of its own for it; only a group, which does nothing itself, ends here.
    boolean isGroup = !(command.getCommand() instanceof Callable) && !subcommands.isEmpty();
    boolean incomplete = isGroup && !(failure instanceof UnmatchedArgumentException);
    error(incomplete ? "say what to do: " + String.join(", ", subcommands) : failure.getMessage());
    List<String> near =
        failure instanceof UnmatchedArgumentException unmatched
            ? unmatched.getSuggestions()
            : List.of();
    if (!near.isEmpty()) {
      err.println("  Did you mean: " + String.join(", ", near) + "?");
    }
    err.println("  Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    err.flush();
    return ExitCode.USAGE;
  }

  /** A command gave up, or hit something nobody expected. */
  @Override
  public int handleExecutionException(
      Exception failure, CommandLine command, ParseResult parseResult) {
    if (failure instanceof ParameterException wrongUsage) {
      return handleParseException(wrongUsage, new String[0]);
    }
    ToolException told = told(failure);
    error(told.getMessage());
    context.err().println("  " + told.nextStep());
    if (verbose.getAsBoolean()) {
      failure.printStackTrace(context.err());
    }
    context.err().flush();
    return told.exitCode();
  }

  private ToolException told(Exception thrown) {
    Exception failure =
        thrown instanceof CompletionException && thrown.getCause() instanceof Exception cause
            ? cause
            : thrown;
    if (failure instanceof ToolException known) {
      return known;
    }
    ToolException translated = translator.translate(failure);
    if (translated != null) {
      return translated;
    }
    return switch (failure) {
      case NoSuchFileException missing ->
          new ToolException(
              ExitCode.NO_INPUT, "there is no " + missing.getFile(), "Check the path.", missing);
      case AccessDeniedException denied ->
          new ToolException(
              ExitCode.NO_INPUT,
              "no permission for " + denied.getFile(),
              "Give this user access to it, or run as its owner.",
              denied);
      case FileAlreadyExistsException exists ->
          new ToolException(
              ExitCode.CANNOT_CREATE,
              exists.getFile() + " exists already",
              "Choose another name, or remove it first.",
              exists);
      case IOException io ->
          new ToolException(
              ExitCode.IO,
              io.getMessage() == null ? io.toString() : io.getMessage(),
              "Check the disk and the path; 'tideline doctor' checks both.",
              io);
      default ->
          new ToolException(
              ExitCode.SOFTWARE,
              failure.toString(),
              "This is a defect. Run again with --verbose and report the output.",
              failure);
    };
  }

  private void error(@Nullable String message) {
    String label = context.colour() ? "\u001b[31merror:\u001b[0m " : "error: ";
    context.err().println(label + message);
  }
}
