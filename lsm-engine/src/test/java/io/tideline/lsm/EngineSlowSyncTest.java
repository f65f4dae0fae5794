package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.inspect.EngineChecker;
import io.tideline.lsm.testing.Await;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.GatedFileSystem;
import io.tideline.lsm.testing.ModelCheck;
import io.tideline.lsm.testing.ModelStore;
import io.tideline.lsm.testing.Seeds;
import io.tideline.lsm.testing.Workload;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/**
 * Applying waits for no disk: while a sync of the manifest or of a table takes for ever, entries
 * are applied and read until the memory for memtables is used up; none is lost, none is half there,
 * and a power cut meanwhile leaves what was durable.
 */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
class EngineSlowSyncTest {

  private static final Path DIRECTORY = Path.of("/engine");
  private static final EngineOptions OPTIONS =
      EngineOptions.DEFAULTS.withMemtableBytes(256 << 10).withBlockBytes(1 << 10);
  private static final long POOL_BYTES = 4 << 20;
  private static final int TIMELINES = 30;

  /** Large, so that a few hundred entries fill the pool. */
  private static final int VALUE_BYTES_MAX = 30_000;

  /** More entries than any pool of that size takes. */
  private static final int ENTRIES_MAX = 20_000;

  private final CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
  private final GatedFileSystem gated = new GatedFileSystem(disk);
  private final ModelStore model = new ModelStore();
  private final Workload workload =
      new Workload(Seeds.seedOr(11), model, TIMELINES, VALUE_BYTES_MAX);
  private final List<WriteBatch> batches = new ArrayList<>();
  private EngineResources resources;
  private Engine engine;

  @BeforeEach
  void open() throws Exception {
    resources = EngineResources.create(gated, POOL_BYTES, 1 << 20, 1);
    engine = Engine.open(DIRECTORY, OPTIONS, resources);
  }

  @AfterEach
  void closeAndCheck() throws Exception {
    engine.close();
    assertThat(resources.memtableBytesUsed()).isZero();
    resources.close();
    assertThat(EngineChecker.check(disk, DIRECTORY)).isEmpty();
    assertThat(disk.openHandles()).isZero();
  }

  private static boolean isManifest(Path file) {
    return file.endsWith(FileNames.MANIFEST);
  }

  private static boolean isTable(Path file) {
    return file.toString().endsWith(".sst");
  }

  private void apply(int entries) throws IOException {
    for (int i = 0; i < entries; i++) {
      WriteBatch batch = workload.next();
      batches.add(batch);
      engine.apply(batch);
    }
  }

  /** Applies until writers are refused for memory; looks at all there is on the way. */
  private void fillMemory() throws IOException {
    int before = batches.size();
    while (engine.pressure().level() != Pressure.Level.REFUSE) {
      apply(20);
      assertThat(batches.size() - before).isLessThan(ENTRIES_MAX);
      if (batches.size() % 200 == 0) {
        assertShowsAll();
      }
    }
    assertThat(engine.pressure().reason()).isEqualTo(Pressure.Reason.MEMTABLE_POOL);
    assertThat(batches.size() - before).as("entries applied meanwhile").isGreaterThan(20);
    assertThat(engine.stats().immutableMemtables()).isGreaterThan(1);
    assertShowsAll();
  }

  private void assertShowsAll() throws IOException {
    try (ReadView view = engine.view()) {
      ModelCheck.assertSame(view, model);
    }
  }

  /** What a power cut would leave now: {@code durable}, which the log makes whole. */
  private void assertPowerCutLeaves(ModelStore durable) throws IOException {
    CrashFileSystem after = disk.crashClone(Seeds.seedOr(11), 0);
    try (EngineResources others = EngineResources.create(after, POOL_BYTES, 1 << 20, 1);
        Engine recovered = Engine.open(DIRECTORY, OPTIONS, others)) {
      assertThat(recovered.durableState()).isEqualTo(durable.state());
      try (ReadView view = recovered.view()) {
        ModelCheck.assertSame(view, durable);
      }
      for (WriteBatch batch : batches) {
        if (batch.position().index() > durable.state().position().index()) {
          recovered.apply(batch);
        }
      }
      try (ReadView view = recovered.view()) {
        ModelCheck.assertSame(view, model);
      }
    }
  }

  /** Everything that was held up is done, and durable. */
  private void assertDrains() throws Exception {
    assertThat(engine.flush().get()).isEqualTo(model.state());
    engine.awaitQuiescence();
    assertThat(engine.failure()).isNull();
    assertThat(engine.pressure()).isEqualTo(Pressure.NONE);
    assertThat(engine.stats().immutableMemtables()).isZero();
    assertShowsAll();
    assertPowerCutLeaves(model.copy());
  }

  @Test
  void entriesAreAppliedWhileAFlushWaitsForTheManifest() throws Exception {
    apply(30);
    engine.flush().get();
    ModelStore durable = model.copy();
    apply(30);
    CompletableFuture<EngineState> flushed;
    try (GatedFileSystem.Gate gate = gated.holdNextForce(EngineSlowSyncTest::isManifest);
        ReadView before = engine.view()) {
      ModelStore seen = model.copy();
      flushed = engine.flush();
      Await.until("the manifest is being synced", gate::isHolding);
      fillMemory();
      assertThat(gate.isHolding()).isTrue();
      assertThat(flushed).isNotDone();
      assertThat(engine.durableState()).isEqualTo(durable.state());
      ModelCheck.assertSame(before, seen);
      assertPowerCutLeaves(durable);
    }
    assertThat(flushed.get().position().index()).isEqualTo(60);
    assertDrains();
  }

  @Test
  void entriesAreAppliedWhileACompactionWaitsForTheManifest() throws Exception {
    for (int run = 0; run < 3; run++) {
      apply(20);
      engine.flush().get();
    }
    ModelStore durable = model.copy();
    CompletableFuture<Void> merged;
    try (GatedFileSystem.Gate gate = gated.holdNextForce(EngineSlowSyncTest::isManifest)) {
      merged = engine.compactAll();
      Await.until("the manifest is being synced", gate::isHolding);
      fillMemory();
      assertThat(gate.isHolding()).isTrue();
      assertThat(merged).isNotDone();
      assertThat(engine.stats().runs()).as("old runs until the edit is durable").isEqualTo(3);
      assertThat(engine.durableState()).isEqualTo(durable.state());
      assertPowerCutLeaves(durable);
    }
    merged.get();
    assertDrains();
  }

  @Test
  void entriesAreAppliedAndFlushedWhileACompactionWaitsForItsTable() throws Exception {
    for (int run = 0; run < 3; run++) {
      apply(20);
      engine.flush().get();
    }
    CompletableFuture<Void> merged;
    try (GatedFileSystem.Gate gate = gated.holdNextForce(EngineSlowSyncTest::isTable)) {
      merged = engine.compactAll();
      Await.until("a table is being synced", gate::isHolding);
      for (int run = 4; run <= 8; run++) {
        apply(20);
        assertThat(engine.flush().get()).isEqualTo(model.state());
        assertThat(engine.stats().runs()).isEqualTo(run);
        assertShowsAll();
      }
      assertThat(gate.isHolding()).isTrue();
      assertThat(merged).isNotDone();
      assertPowerCutLeaves(model.copy());
    }
    merged.get();
    assertDrains();
  }
}
