package io.tideline.tools.doctor;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.tools.cli.Json;

/**
 * What a check found.
 *
 * @param check which check, for example {@code clock}
 * @param severity how bad it is
 * @param message what was found, with the values
 * @param advice what to do; empty if nothing
 */
record Finding(String check, Severity severity, String message, String advice) {

  /** How bad. */
  enum Severity {
    /** As it should be. */
    OK,
    /** A node runs, but not well or not for long. */
    WARN,
    /** A node does not start, or is not safe. */
    FAIL
  }

  static Finding ok(String check, String message) {
    return new Finding(check, Severity.OK, message, "");
  }

  static Finding warn(String check, String message, String advice) {
    return new Finding(check, Severity.WARN, message, advice);
  }

  static Finding fail(String check, String message, String advice) {
    return new Finding(check, Severity.FAIL, message, advice);
  }

  ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("check", check).put("severity", severity.name()).put("message", message);
    return advice.isEmpty() ? json : json.put("advice", advice);
  }
}
