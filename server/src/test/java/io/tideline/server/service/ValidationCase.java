package io.tideline.server.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tideline.proto.v1.ErrorReason;

/**
 * One row of the tables of limits: a request that is refused by name, or one that lies at a limit
 * and passes.
 */
record ValidationCase(
    String name, Runnable validation, ErrorReason reason, String field, String inMessage) {

  /**
   * A request over a limit.
   *
   * @param reason without its prefix
   * @param inMessage part of the text for people
   */
  static ValidationCase refused(
      String name, Runnable validation, String reason, String field, String inMessage) {
    return new ValidationCase(
        name, validation, ErrorReason.valueOf("ERROR_REASON_" + reason), field, inMessage);
  }

  /** A request at a limit. */
  static ValidationCase ok(String name, Runnable validation) {
    return new ValidationCase(name, validation, ErrorReason.ERROR_REASON_UNSPECIFIED, "", "");
  }

  void assertRefused() {
    FailureException thrown = catchThrowableOfType(FailureException.class, validation::run);
    assertThat(thrown).as("refused").isNotNull();
    Failure failure = thrown.failure();
    assertThat(failure.reason()).isEqualTo(reason);
    assertThat(failure.field()).isEqualTo(field);
    assertThat(failure.message()).startsWith(field).contains(inMessage);
    assertThat(failure.limit()).isNotEmpty();
  }

  void assertAccepted() {
    assertThatCode(validation::run).doesNotThrowAnyException();
  }

  @Override
  public String toString() {
    return name;
  }
}
