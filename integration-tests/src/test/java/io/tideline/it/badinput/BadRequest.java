package io.tideline.it.badinput;

import io.grpc.Status;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.ErrorReason;
import java.util.function.Consumer;

/**
 * A row of the table: a wrong request, and all that its error must say.
 *
 * @param name what is wrong with it
 * @param send sends it with the contract's stubs
 * @param code gRPC status
 * @param field path of the offending field, empty where the error is about no field
 * @param value the offending value, empty where there is none (something is missing)
 * @param limit the limit or form it must respect, empty where there is none
 */
record BadRequest(
    String name,
    Consumer<Wire> send,
    Status.Code code,
    ErrorReason reason,
    String field,
    String value,
    String limit) {

  /** A request that is wrong in itself. */
  static BadRequest invalid(
      String name,
      Consumer<Wire> send,
      ErrorReason reason,
      String field,
      String value,
      String limit) {
    return new BadRequest(name, send, Status.Code.INVALID_ARGUMENT, reason, field, value, limit);
  }

  /** A request that lacks something. */
  static BadRequest missing(String name, Consumer<Wire> send, String field) {
    return invalid(name, send, ErrorReason.ERROR_REASON_REQUIRED, field, "", "");
  }

  /** A request that the present state forbids. */
  static BadRequest refused(
      String name, Consumer<Wire> send, Status.Code code, ErrorReason reason) {
    return new BadRequest(name, send, code, reason, "", "", "");
  }

  BadRequest naming(String field, String value) {
    return new BadRequest(name, send, code, reason, field, value, limit);
  }

  @Override
  public String toString() {
    return name;
  }
}
