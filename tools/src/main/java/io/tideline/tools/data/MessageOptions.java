package io.tideline.tools.data;

import io.tideline.client.Message;
import io.tideline.tools.cli.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code --field} and {@code --json}: the content of a message or of meta. */
class MessageOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = {"-f", "--field"},
      paramLabel = "NAME[:TYPE]=VALUE",
      description =
          "One field; repeat for more. Types: string (default), int64, double, bool, bytes (hex), list"
              + " (a,b,c), geo (latitude,longitude).")
  private List<String> fields = new ArrayList<>();

  @Option(
      names = "--json",
      paramLabel = "OBJECT",
      description =
          "All fields as one JSON object: strings, whole numbers (int64), other numbers (double),"
              + " booleans, lists of strings, {\"base64\":…}, {\"latitude\":…,\"longitude\":…}.")
  private @Nullable String json;

  /** The message typed. */
  final Message message() {
    if ((json == null) == fields.isEmpty()) {
      throw wrong("give the content either with --field or with --json");
    }
    return optionalMessage();
  }

  /** The message typed; without fields if none was. */
  final Message optionalMessage() {
    try {
      return json == null ? FieldText.parse(fields) : ValueJson.readMessage(Json.parseObject(json));
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
    }
  }

  /** Says that something was typed wrong. */
  final ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
