package io.tideline.tools.data;

import io.tideline.client.HeadResult;
import io.tideline.client.Identifier;
import io.tideline.client.TidelineClient;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Parameters;

/** STORE TIMELINE[=ID]…: what commands take that follow timelines from where they are. */
final class PositionsTarget extends StoreTarget {
  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "TIMELINE[=ID]",
      description = "Timelines and the last ids known of them.")
  private List<String> positions = new ArrayList<>();

  /** The positions in the order typed; one that was left out is the timeline's present end. */
  Map<Identifier, Long> positions(TidelineClient client) {
    TimelineArguments arguments = arguments(client);
    Map<Identifier, Long> known = new LinkedHashMap<>();
    List<Identifier> open = new ArrayList<>();
    for (String position : positions) {
      int equals = position.lastIndexOf('=');
      Identifier timeline =
          arguments.identifier(equals < 0 ? position : position.substring(0, equals));
      known.put(timeline, equals < 0 ? 0 : id(position.substring(equals + 1)));
      if (equals < 0) {
        open.add(timeline);
      }
    }
    if (!open.isEmpty()) {
      for (HeadResult head : client.heads(store(), open)) {
        known.put(head.timeline().identifier(), head.orThrow().lastSequenceId());
      }
    }
    return known;
  }

  private long id(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException notAnId) {
      throw wrong("a position is TIMELINE=ID with a whole number, got " + text);
    }
  }
}
