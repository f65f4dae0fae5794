package io.tideline.tools.bench.engine;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One workload with one size of values, and what each system measured there.
 *
 * @param spec what was done, under our own engine's name
 * @param samples by system, ours among them
 */
record Cell(RoundSpec spec, Map<String, Samples> samples) {

  static Cell empty(RoundSpec spec) {
    return new Cell(spec.withSystem(RoundSpec.TIDELINE), new LinkedHashMap<>());
  }

  void add(String system, Map<String, Double> figures) {
    samples.computeIfAbsent(system, ignored -> new Samples()).add(figures);
  }

  /** {@code cold 200 B}, or {@code log} with a log's own sizes. */
  String title() {
    return spec.valueBytes() == 0
        ? spec.workload() + " real text"
        : spec.workload() + " " + spec.valueBytes() + " B";
  }

  /** Median of our engine. */
  OptionalDouble ours(String figure) {
    Samples own = samples.get(RoundSpec.TIDELINE);
    return own == null ? OptionalDouble.empty() : own.median(figure);
  }

  /** The peer with the smallest median of a figure of which less is better. */
  Optional<String> bestPeer(String figure) {
    return samples.entrySet().stream()
        .filter(entry -> !entry.getKey().equals(RoundSpec.TIDELINE))
        .filter(entry -> entry.getValue().median(figure).isPresent())
        .min(Comparator.comparingDouble(entry -> entry.getValue().median(figure).orElseThrow()))
        .map(Map.Entry::getKey);
  }

  /**
   * The best peer's median divided by ours, of a figure of which less is better: 2 means ours takes
   * half. Empty without a peer.
   */
  OptionalDouble ratio(String figure) {
    OptionalDouble own = ours(figure);
    Optional<String> best = bestPeer(figure);
    if (own.isEmpty() || best.isEmpty() || own.getAsDouble() == 0) {
      return OptionalDouble.empty();
    }
    Samples peer = samples.get(best.get());
    return OptionalDouble.of(
        (peer == null ? 0 : peer.median(figure).orElseThrow()) / own.getAsDouble());
  }
}
