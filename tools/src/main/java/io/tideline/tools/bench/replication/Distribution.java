package io.tideline.tools.bench.replication;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Some measured values, milliseconds, and their percentiles by nearest rank: values that were. */
final class Distribution {

  private final List<Double> sorted;

  Distribution(List<Double> values) {
    this.sorted = new ArrayList<>(values);
    Collections.sort(sorted);
  }

  /**
   * The smallest value that at least this share of all values does not exceed; 0 of none.
   *
   * @param percent above 0, at most 100
   */
  double percentile(double percent) {
    if (sorted.isEmpty()) {
      return 0;
    }
    int rank = (int) Math.ceil(percent / 100 * sorted.size());
    return sorted.get(Math.max(1, rank) - 1);
  }

  /** Puts {@code name_p50_ms}, {@code _p90_ms}, {@code _p99_ms} and {@code _max_ms}. */
  void putInto(ObjectNode json, String name) {
    json.put(name + "_p50_ms", Math.round(percentile(50)));
    json.put(name + "_p90_ms", Math.round(percentile(90)));
    json.put(name + "_p99_ms", Math.round(percentile(99)));
    json.put(name + "_max_ms", Math.round(percentile(100)));
  }
}
