package io.tideline.tools.data;

import io.tideline.client.Identifier;
import io.tideline.client.TidelineClient;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Parameters;

/** STORE TIMELINE…: what commands about many timelines take. */
final class TimelinesTarget extends StoreTarget {
  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "TIMELINE",
      description = TimelineArguments.TIMELINE)
  private List<String> timelines = new ArrayList<>();

  /** The timelines in the order typed; asks the node for the store's schema. */
  List<Identifier> identifiers(TidelineClient client) {
    return timelines.stream().map(arguments(client)::identifier).toList();
  }
}
