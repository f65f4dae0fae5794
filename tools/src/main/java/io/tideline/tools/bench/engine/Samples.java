package io.tideline.tools.bench.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;

/** The figures of one system in one cell, over its rounds. */
final class Samples {
  private final Map<String, List<Double>> values = new LinkedHashMap<>();

  void add(Map<String, Double> figures) {
    figures.forEach(
        (name, value) -> values.computeIfAbsent(name, ignored -> new ArrayList<>()).add(value));
  }

  Set<String> names() {
    return values.keySet();
  }

  /** Middle value; of an even number the mean of the two in the middle. */
  OptionalDouble median(String name) {
    List<Double> all = values.get(name);
    return all == null ? OptionalDouble.empty() : OptionalDouble.of(median(all));
  }

  OptionalDouble min(String name) {
    return values.getOrDefault(name, List.of()).stream().mapToDouble(Double::doubleValue).min();
  }

  OptionalDouble max(String name) {
    return values.getOrDefault(name, List.of()).stream().mapToDouble(Double::doubleValue).max();
  }

  static double median(Collection<Double> all) {
    if (all.isEmpty()) {
      throw new IllegalArgumentException("no values");
    }
    double[] sorted = all.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
