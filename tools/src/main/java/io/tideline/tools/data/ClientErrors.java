package io.tideline.tools.data;

import io.tideline.client.ErrorCode;
import io.tideline.client.TidelineException;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.ToolException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Says in the command line's words what a node or the client answered. */
public final class ClientErrors {
  private ClientErrors() {}

  /** The exception for people, or null if {@code failure} does not come from the client. */
  public static @Nullable ToolException translate(Throwable failure) {
    Throwable cause = failure;
    while (cause != null && !(cause instanceof TidelineException)) {
      cause =
          cause instanceof CompletionException || cause instanceof RuntimeException
              ? cause.getCause()
              : null;
    }
    return cause instanceof TidelineException refused ? translate(refused) : null;
  }

  private static ToolException translate(TidelineException refused) {
    return new ToolException(
        exitCode(refused), String.valueOf(refused.getMessage()), nextStep(refused), refused);
  }

  private static int exitCode(TidelineException refused) {
    return switch (refused.code()) {
      case UNAVAILABLE, DEADLINE_EXCEEDED, PARTITION_UNAVAILABLE, SHUTTING_DOWN ->
          ExitCode.UNAVAILABLE;
      case CORRUPTION -> ExitCode.DATA;
      default -> ExitCode.FAILED;
    };
  }

  private static String nextStep(TidelineException refused) {
    if (refused.isOutcomeUnknown() && refused.code() != ErrorCode.UNAVAILABLE) {
      return "It may or may not have been written: read the timeline, or repeat with the same --key.";
    }
    return switch (refused.code()) {
      case UNAVAILABLE ->
          "Is a node running there? Start one with 'tideline dev', or name another with --endpoint.";
      case DEADLINE_EXCEEDED, PARTITION_UNAVAILABLE, SHUTTING_DOWN, NOT_LEADER, STALE_EPOCH ->
          "Try again in a moment, with a longer --timeout; 'tideline doctor' looks for causes.";
      case STORE_NOT_FOUND -> "See which stores there are: 'tideline store list'.";
      case STORE_ALREADY_EXISTS ->
          "Look at it with 'tideline store describe', or choose another name.";
      case IDENTIFIER_ARITY, IDENTIFIER_TYPE ->
          "See the identifier schema: 'tideline store describe " + refused.store() + "'.";
      case SEQUENCE_MODE ->
          "DENSE and MONOTONIC stores take 'timeline append', MANUAL stores 'timeline put'.";
      case ENTRY_NOT_FOUND, NOT_RETAINED, TIMELINE_NOT_FOUND ->
          "See what the timeline holds: 'tideline timeline heads'.";
      case META_NOT_FOUND, META_ALREADY_EXISTS ->
          "See which timelines have meta: 'tideline meta list'.";
      case SEQUENCE_ID_EXISTS -> "Choose another id, or replace the entry with --overwrite.";
      case DISK_FULL -> "Free space on the node's disk; it accepts writes again by itself.";
      case NOT_IMPLEMENTED -> "This version of the node cannot do it yet.";
      case CORRUPTION, INTERNAL, REPLICA_FAILED ->
          "See the node's log; 'tideline inspect' verifies the files of a stopped node.";
      default -> "See 'tideline help' and the limits in the documentation.";
    };
  }
}
