package io.tideline.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class MemoryPlanTest {

  private static final long MIB = 1L << 20;

  @Test
  void halfAGibibyteOfHeapTakesTheSameOffHeap() throws Exception {
    MemoryPlan plan = MemoryPlan.of(NodeConfig.defaults(), 512 * MIB, 8192 * MIB);
    assertThat(plan)
        .isEqualTo(
            new MemoryPlan(
                512 * MIB, 256 * MIB, 64 * MIB, 128 * MIB, 128 * MIB, 64 * MIB, 64 * MIB));
    assertThat(plan.offHeapBytes()).isEqualTo(512 * MIB);
    assertThat(plan.describe()).contains("heap up to 512 MiB", "off-heap up to 512 MiB");
  }

  @Test
  void offHeapIsAtMostAQuarterOfTheMachine() throws Exception {
    MemoryPlan plan = MemoryPlan.of(NodeConfig.defaults(), 2048 * MIB, 4096 * MIB);
    assertThat(plan.offHeapBytes()).isEqualTo(1024 * MIB);
  }

  @Test
  void configuredPartsWin() throws Exception {
    NodeConfig config =
        NodeConfig.defaults()
            .with("memory.off_heap_bytes=256MiB", "memory.block_cache_bytes=16MiB");
    MemoryPlan plan = MemoryPlan.of(config, 512 * MIB, 8192 * MIB);
    assertThat(plan.memtablePoolBytes()).isEqualTo(128 * MIB);
    assertThat(plan.blockCacheBytes()).isEqualTo(16 * MIB);
    assertThat(plan.networkBytes()).isEqualTo(64 * MIB);
  }

  @Test
  void whatDoesNotFitIsRefused() throws Exception {
    NodeConfig large = NodeConfig.defaults().with("memory.off_heap_bytes=8GiB");
    assertThatThrownBy(() -> MemoryPlan.of(large, 512 * MIB, 8192 * MIB))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("memory.off_heap_bytes");
    NodeConfig calls = NodeConfig.defaults().with("memory.call_bytes=300MiB");
    assertThatThrownBy(() -> MemoryPlan.of(calls, 512 * MIB, 8192 * MIB))
        .hasMessageContaining("memory.call_bytes");
    NodeConfig memtable = NodeConfig.defaults().with("engine.memtable_bytes=200MiB");
    assertThatThrownBy(() -> MemoryPlan.of(memtable, 512 * MIB, 8192 * MIB))
        .hasMessageContaining("engine.memtable_bytes");
  }
}
