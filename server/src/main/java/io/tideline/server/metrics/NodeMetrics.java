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
import io.tideline.lsm.EngineResources;
import io.tideline.lsm.EngineStats;
import io.tideline.lsm.Pressure;
import io.tideline.lsm.ScrubStatus;
import io.tideline.server.replica.PartitionStatus;
import io.tideline.server.replica.Replica;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

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

  private volatile List<ScrubStatus> scrubs = List.of();

  private volatile Supplier<List<Replica>> source = List::of;

  public NodeMetrics() {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    gc.bindTo(registry);
    bindPartitions();
    bindPressure();
    bindEngines();
    bindScrubbing();
  }

  /** Metrics of calls, in the same registry. */
  public RpcMetrics rpc() {
    return new RpcMetrics(registry);
  }

  /** Whose state is told from now on. */
  public void observe(Supplier<List<Replica>> partitionsOfNode) {
    source = partitionsOfNode;
  }

  /** What all engines of the node share, whose figures are told from now on. */
  public void observe(EngineResources resources) {
    gauge(
        "tideline.memtable.pool.used", "Bytes of it in use", "bytes", resources::memtableBytesUsed);
    gauge("tideline.block.cache.used", "Bytes of it", "bytes", resources::blockCacheBytesUsed);
    gauge(
        "tideline.table.memory.used",
        "Bytes of indexes and filters of open tables, within the memory for blocks",
        "bytes",
        resources::tableBytesUsed);
    counter("tideline.block.cache.hits", "Blocks found there", resources::blockCacheHits);
    counter("tideline.block.cache.misses", "Blocks read from files", resources::blockCacheMisses);
    gauge("tideline.head.cache.used", "Heap bytes of it", "bytes", resources::headCacheBytesUsed);
    counter("tideline.head.cache.hits", "Heads found there", resources::headCacheHits);
    counter("tideline.head.cache.misses", "Heads read from tables", resources::headCacheMisses);
    gauge(
        "tideline.compaction.rate.limit",
        "Bytes a second that compactions may write, 0 for no limit",
        "bytes",
        resources::compactionBytesPerSecond);
    counter(
        "tideline.compaction.waits.ms",
        "Milliseconds that compactions waited for it",
        resources::compactionWaitMillis);
    gauge(
        "tideline.scrub.rate.limit",
        "Bytes a second that verifying files may read, 0 for no limit",
        "bytes",
        resources::backgroundReadBytesPerSecond);
    gauge(
        "tideline.scrub.period.ms",
        "Milliseconds from one verification of all files to the next, 0 for never",
        "",
        resources::scrubPeriodMillis);
  }

  /** A number that only rises. */
  public void counter(String name, String description, LongSupplier value) {
    FunctionCounter.builder(name, value, LongSupplier::getAsLong)
        .description(description)
        .register(registry);
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
    List<Replica> now = source.get();
    partitions = now.stream().map(Replica::status).toList();
    scrubs = now.stream().map(Replica::scrubStatus).flatMap(Optional::stream).toList();
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
          .tag("role", role.name().toLowerCase(Locale.ROOT))
          .register(registry);
    }
  }

  private void bindPressure() {
    for (Pressure.Level level : List.of(Pressure.Level.DELAY, Pressure.Level.REFUSE)) {
      for (Pressure.Reason reason : Pressure.Reason.values()) {
        if (reason != Pressure.Reason.NONE) {
          Gauge.builder("tideline.partitions.pressed", this, self -> self.pressed(level, reason))
              .description("Partitions that delay or refuse writes, by what is filling up")
              .tag("level", level.name().toLowerCase(Locale.ROOT))
              .tag("reason", reason.name().toLowerCase(Locale.ROOT))
              .register(registry);
        }
      }
    }
  }

  private double pressed(Pressure.Level level, Pressure.Reason reason) {
    return partitions.stream()
        .map(PartitionStatus::pressure)
        .filter(pressure -> pressure.level() == level && pressure.reason() == reason)
        .count();
  }

  private void bindScrubbing() {
    Gauge.builder("tideline.partitions.damaged", this, self -> self.damaged().count())
        .description("Partitions with table files that were found damaged")
        .register(registry);
    Gauge.builder(
            "tideline.engine.tables.damaged",
            this,
            self -> self.damaged().mapToInt(status -> status.damage().size()).sum())
        .description("Table files that were found damaged")
        .register(registry);
    Gauge.builder(
            "tideline.scrub.running",
            this,
            self -> self.scrubs.stream().filter(ScrubStatus::running).count())
        .description("Partitions whose files are being verified")
        .register(registry);
    Gauge.builder("tideline.scrub.files.left", this, self -> self.scrubbed(ScrubStatus::filesLeft))
        .description("Files that are still to be verified")
        .register(registry);
    scrubCounter("files", "Files verified", "", ScrubStatus::filesVerified);
    scrubCounter("verified", "Bytes verified", "bytes", ScrubStatus::bytesVerified);
    scrubCounter(
        "manifests.repaired", "Damaged manifests written anew", "", ScrubStatus::manifestsRepaired);
  }

  private void scrubCounter(
      String name, String description, String unit, ToLongFunction<ScrubStatus> value) {
    FunctionCounter.builder("tideline.scrub." + name, this, self -> self.scrubbed(value))
        .description(description)
        .baseUnit(unit.isEmpty() ? null : unit)
        .register(registry);
  }

  private double scrubbed(ToLongFunction<ScrubStatus> value) {
    return scrubs.stream().mapToLong(value).sum();
  }

  private Stream<PartitionStatus> damaged() {
    return partitions.stream().filter(status -> !status.damage().isEmpty());
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
    engineCounter(
        "compaction.read",
        "Bytes of tables read by compactions",
        "bytes",
        EngineStats::bytesCompactionRead);
    engineCounter("freed", "Bytes of table files deleted", "bytes", EngineStats::bytesFreed);
    engineCounter("tables.deleted", "Table files deleted", "", EngineStats::filesDropped);
    engineCounter(
        "tables.dropped.whole",
        "Table files dropped unread because all their rows had expired",
        "",
        EngineStats::tablesDroppedWhole);
    engineCounter(
        "rows.expired", "Rows dropped because they had expired", "", EngineStats::rowsExpired);
    engineCounter(
        "rows.trimmed",
        "Rows dropped because a trim mark had passed them",
        "",
        EngineStats::rowsTrimmed);
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
