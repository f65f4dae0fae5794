package io.tideline.tools.data;

import io.tideline.client.Message;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** {@code --field}, {@code --json} and {@code --remove}: a change of single fields. */
final class FieldChangeOptions extends MessageOptions {
  @Option(
      names = "--remove",
      paramLabel = "NAME",
      description = "A field to remove; repeat for more.")
  private List<String> remove = new ArrayList<>();

  /** Names of fields to remove. */
  List<String> remove() {
    return remove;
  }

  /** The fields to set; refuses a change of nothing. */
  Message set() {
    Message set = optionalMessage();
    if (set.isEmpty() && remove.isEmpty()) {
      throw wrong("nothing to change: give --field, --json or --remove");
    }
    return set;
  }
}
