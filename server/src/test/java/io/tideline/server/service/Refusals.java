package io.tideline.server.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.StatusRuntimeException;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.proto.v1.ErrorReason;

/** Checks how a call through gRPC was refused. */
final class Refusals {

  private Refusals() {}

  /** The call fails with the reason, and the status that goes with it. */
  static ErrorDetail assertRefused(ErrorReason reason, Runnable call) {
    StatusRuntimeException thrown = catchThrowableOfType(StatusRuntimeException.class, call::run);
    assertThat(thrown).as("refused").isNotNull();
    ErrorDetail detail = detail(thrown);
    assertThat(detail.getReason()).as("%s", thrown.getMessage()).isEqualTo(reason);
    assertThat(thrown.getStatus().getCode()).isEqualTo(ErrorMapper.code(reason));
    return detail;
  }

  /** The detail every error carries. */
  static ErrorDetail detail(StatusRuntimeException thrown) {
    try {
      return ErrorMapperTest.detail(thrown);
    } catch (Exception e) {
      throw new AssertionError("no detail in " + thrown, e);
    }
  }
}
