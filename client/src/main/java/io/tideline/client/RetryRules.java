package io.tideline.client;

import io.grpc.Status;

/**
 * Decides of a failed attempt whether it may have written, and whether another attempt is safe.
 *
 * <table>
 *   <caption>verdicts</caption>
 *   <tr><th>effect of the code</th><th>READ</th><th>REPEATABLE</th><th>SINGLE</th></tr>
 *   <tr><td>REFUSED</td><td>fail</td><td>fail</td><td>fail</td></tr>
 *   <tr><td>NOT_NOW</td><td>retry</td><td>retry</td><td>retry</td></tr>
 *   <tr><td>UNKNOWN_OUTCOME, sent</td><td>retry</td><td>retry, unknown</td><td>fail, unknown</td></tr>
 *   <tr><td>UNKNOWN_OUTCOME, not sent</td><td>retry</td><td>retry</td><td>retry</td></tr>
 *   <tr><td>FATAL</td><td>fail</td><td>fail, unknown</td><td>fail, unknown</td></tr>
 * </table>
 */
final class RetryRules {

  private RetryRules() {}

  /**
   * The failure with its verdict.
   *
   * @param sent false only if the request for certain never left this process
   */
  static Failure judge(Failure failure, WriteKind kind, boolean sent) {
    ErrorCode.Effect effect = effect(failure);
    if (effect == ErrorCode.Effect.UNKNOWN_OUTCOME && !sent) {
      effect = ErrorCode.Effect.NOT_NOW;
    }
    return switch (effect) {
      case NOT_NOW -> failure.withVerdict(true, false);
      case UNKNOWN_OUTCOME -> failure.withVerdict(kind != WriteKind.SINGLE, kind != WriteKind.READ);
      case FATAL -> failure.withVerdict(false, sent && kind != WriteKind.READ);
      case REFUSED, BY_STATUS -> failure.withVerdict(false, false);
    };
  }

  private static ErrorCode.Effect effect(Failure failure) {
    ErrorCode.Effect effect = failure.code().effect();
    return effect == ErrorCode.Effect.BY_STATUS ? effect(failure.status()) : effect;
  }

  /** For reasons this client does not know; what could mean either is taken as the worse. */
  private static ErrorCode.Effect effect(Status.Code status) {
    return switch (status) {
      case UNAVAILABLE, DEADLINE_EXCEEDED -> ErrorCode.Effect.UNKNOWN_OUTCOME;
      case INVALID_ARGUMENT,
          NOT_FOUND,
          ALREADY_EXISTS,
          FAILED_PRECONDITION,
          OUT_OF_RANGE,
          UNIMPLEMENTED,
          PERMISSION_DENIED,
          UNAUTHENTICATED ->
          ErrorCode.Effect.REFUSED;
      case OK, CANCELLED, UNKNOWN, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, DATA_LOSS ->
          ErrorCode.Effect.FATAL;
    };
  }
}
