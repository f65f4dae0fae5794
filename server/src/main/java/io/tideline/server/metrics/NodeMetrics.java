package io.tideline.server.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.tideline.lsm.EngineStats;
import io.tideline.server.replica.Partition;
import io.tideline.server.replica.PartitionStatus;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * The metrics of a node. Engines are summed over the node: a series per partition would be
 * thousands.
 *
 * <p>Lifetime: closed with the node. Threading: safe for many threads.
 */
public final class NodeMetrics implements AutoCloseable {

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics gc = new JvmGcMetrics();

  /** State of the partitions at the last scrape, so that one scrape asks each of them once. */
  private volatile List<PartitionStatus> partitions = List.of();

  private volatile Supplier<List<Partition>> source = List::of;

  public NodeMetrics() {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    gc.bindTo(registry);
    bindPartitions();
    bindEngines();
  }

  /** Metrics of calls, in the same registry. */
  public RpcMetrics rpc() {
    return new RpcMetrics(registry);
  }

  /** Whose state is told from now on. */
  public void observe(Supplier<List<Partition>> partitionsOfNode) {
    source = partitionsOfNode;
  }

  /**
   * A number that goes up and down.
   *
   * @param unit empty for a count
   */
  public void gauge(String name, String description, String unit, LongSupplier value) {
    Gauge.builder(name, value, LongSupplier::getAsLong)
        .description(description)
        .baseUnit(unit.isEmpty() ? null : unit)
        .strongReference(true)
        .register(registry);
  }

  /** The present values in Prometheus' text format. */
  public String scrape() {
    partitions = source.get().stream().map(Partition::status).toList();
    return registry.scrape();
  }

  @Override
  public void close() {
    gc.close();
    registry.close();
  }

  private void bindPartitions() {
    for (PartitionStatus.Role role : PartitionStatus.Role.values()) {
      Gauge.builder(
              "tideline.partitions",
              this,
              self -> self.partitions.stream().filter(status -> status.role() == role).count())
          .description("Replicas on this node by role")
          .tag("role", role.name().toLowerCase(java.util.Locale.ROOT))
          .register(registry);
    }
  }

  private void bindEngines() {
    engineGauge("memtable.size", "Bytes in memtables", "bytes", EngineStats::memtableBytes);
    engineGauge(
        "memtables.immutable",
        "Memtables waiting for their flush",
        "",
        EngineStats::immutableMemtables);
    engineGauge("runs", "Live sorted runs", "", EngineStats::runs);
    engineGauge("tables", "Live table files", "", EngineStats::tables);
    engineGauge("tables.size", "Bytes of live table files", "bytes", EngineStats::tableBytes);
    engineCounter("flushes", "Finished flushes", "", EngineStats::flushes);
    engineCounter("compactions", "Finished compactions", "", EngineStats::compactions);
    engineCounter("flushed", "Bytes written by flushes", "bytes", EngineStats::bytesFlushed);
    engineCounter(
        "compacted", "Bytes written by compactions", "bytes", EngineStats::bytesCompacted);
    engineCounter("freed", "Bytes of table files deleted", "bytes", EngineStats::bytesFreed);
    engineCounter(
        "rows.expired", "Rows dropped because they had expired", "", EngineStats::rowsExpired);
    engineCounter("filter.probes", "Questions to filters", "", EngineStats::filterProbes);
    engineCounter(
        "filter.misses", "Filter answers \"not in this table\"", "", EngineStats::filterMisses);
  }

  private void engineGauge(
      String name, String description, String unit, ToLongFunction<EngineStats> value) {
    Gauge.builder("tideline.engine." + name, this, self -> self.sum(value))
        .description(description)
        .baseUnit(unit.isEmpty() ? null : unit)
        .register(registry);
  }

  private void engineCounter(
      String name, String description, String unit, ToLongFunction<EngineStats> value) {
    FunctionCounter.builder("tideline.engine." + name, this, self -> self.sum(value))
        .description(description)
        .baseUnit(unit.isEmpty() ? null : unit)
        .register(registry);
  }

  private double sum(ToLongFunction<EngineStats> value) {
    return partitions.stream().mapToLong(status -> value.applyAsLong(status.stats())).sum();
  }
}
