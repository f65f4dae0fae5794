package io.tideline.tools.data;

import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import picocli.CommandLine.Parameters;

/** STORE TIMELINE: what commands about one timeline take. */
class TimelineTarget extends StoreTarget {
  @Parameters(index = "1", paramLabel = "TIMELINE", description = TimelineArguments.TIMELINE)
  private String timeline;

  /** The timeline; asks the node for the store's schema. */
  final TimelineKey key(TidelineClient client) {
    return arguments(client).timeline(timeline);
  }

  /** As it was typed. */
  final String timeline() {
    return timeline;
  }
}
