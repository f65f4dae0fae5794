package io.tideline.server.service;

/**
 * Carries a {@link Failure} from where it was found to {@link CallRunner}. Without a stack trace:
 * it tells of the request, not of this program, and overload must not be made dearer by it.
 */
final class FailureException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Failure failure;

  FailureException(Failure failure) {
    super(failure.reason() + ": " + failure.message(), null, false, false);
    this.failure = failure;
  }

  Failure failure() {
    return failure;
  }
}
