package io.tideline.tools.bench;

import io.tideline.client.Identifier;
import io.tideline.client.IdentifierType;
import io.tideline.client.PartitionInfo;
import io.tideline.client.StoreSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/** The store of a benchmark: numbered timelines, cut evenly into partitions. */
public final class BenchStore {

  public static final String NAME = "bench";

  /** A store with a thousand partitions waits for as many elections, and is created once. */
  private static final Duration CREATE_MAX = Duration.ofMinutes(5);

  private BenchStore() {}

  /** Name of a timeline; names sort as their numbers, so that split points cut them evenly. */
  public static TimelineKey timeline(int number) {
    return TimelineKey.of(NAME, name(number));
  }

  private static String name(int number) {
    return "t%08d".formatted(number);
  }

  /** Number of a partition's first timeline. */
  private static int first(int partition, int partitions, int timelines) {
    return (int) ((long) partition * timelines / partitions);
  }

  /** Which partition, from 0, has a timeline. */
  public static int partitionOf(int timeline, int partitions, int timelines) {
    int partition = partitions - 1;
    while (first(partition, partitions, timelines) > timeline) {
      partition--;
    }
    return partition;
  }

  /**
   * Creates the store.
   *
   * @param partitions at most as many as timelines
   * @return its partitions in the order of their timelines
   */
  public static List<PartitionInfo> create(
      List<String> endpoints, int replicas, int partitions, int timelines) {
    StoreSpec.Builder spec =
        StoreSpec.builder(NAME)
            .identifierField("timeline", IdentifierType.STRING)
            .replicas(replicas);
    for (int i = 1; i < partitions; i++) {
      spec.splitPoint(Identifier.of(name(first(i, partitions, timelines))));
    }
    try (TidelineClient client =
        TidelineClient.builder()
            .addresses(endpoints.toArray(String[]::new))
            .deadline(CREATE_MAX)
            .build()) {
      return client.stores().create(spec.build()).partitions().stream()
          .sorted(Comparator.comparing(PartitionInfo::startKey))
          .toList();
    }
  }
}
