package io.tideline.tools.bench.engine;

/** Specifications small enough for unit tests, with memtables so small that several are flushed. */
final class TestSpecs {
  private TestSpecs() {}

  static RoundSpec tiny(Workload workload) {
    return new RoundSpec(
        RoundSpec.TIDELINE,
        workload,
        20_000,
        workload == Workload.GIANT ? 1 : 3_000,
        100,
        null,
        300,
        1,
        StoreShape.LONG_LIVED,
        false,
        1 << 20,
        8 << 20);
  }
}
