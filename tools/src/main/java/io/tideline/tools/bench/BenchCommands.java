package io.tideline.tools.bench;

import picocli.CommandLine.Command;

/** {@code tideline bench}. */
public final class BenchCommands {
  private BenchCommands() {}

  /** The group itself. */
  @Command(
      name = "bench",
      description = "Measure parts of Tideline, and clusters of it, under named workloads.",
      footer = {
        "",
        "Examples:",
        "  tideline bench engine --peer rocksdb --scale smoke",
        "  tideline bench engine --peer rocksdb --scale full --output json",
        "  tideline bench idle --partitions 1000",
        "  tideline bench cluster --nodes 3 --partitions 30",
        "  tideline bench fanout",
        "  tideline bench sync --users 10000 --tails 50000",
        "  tideline bench failover --kills 10 --transfers 10",
        "  tideline bench compaction-model",
      })
  public static final class Group {}
}
