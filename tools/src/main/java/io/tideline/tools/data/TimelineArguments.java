package io.tideline.tools.data;

import io.tideline.client.Identifier;
import io.tideline.client.IdentifierField;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Turns typed identifiers into timelines: their types come from the store's schema. */
final class TimelineArguments {
  static final String TIMELINE =
      "Identifier: the fields of the store's schema in order, separated by commas; bytes in hex.";

  private final CommandSpec spec;
  private final String store;
  private final List<IdentifierField> schema;

  /** Asks the node for the schema of {@code store}. */
  TimelineArguments(TidelineClient client, CommandSpec spec, String store) {
    this.spec = spec;
    this.store = store;
    this.schema = client.stores().describe(store).store().identifierSchema();
  }

  List<IdentifierField> schema() {
    return schema;
  }

  TimelineKey timeline(String text) {
    return new TimelineKey(store, identifier(text));
  }

  Identifier identifier(String text) {
    try {
      return IdentifierText.parse(text, schema);
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
    }
  }
}
