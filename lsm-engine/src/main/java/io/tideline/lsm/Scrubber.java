package io.tideline.lsm;

import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.version.Run;
import io.tideline.lsm.version.Table;
import io.tideline.lsm.version.Version;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads all files of an engine again and again, slowly, and compares them with their checksums:
 * bits that rot in data nobody reads are found while another replica still has them. One file is
 * one step on the thread all engines share, so engines take turns.
 *
 * <p>A damaged table is put into {@link Quarantine} and reported; it stays part of the engine, for
 * what can be read of it is right, and nothing is merged while the engine has it. A damaged
 * manifest is written anew from memory.
 *
 * <p>Reads go through the page cache of the operating system: damage shows once its page has left
 * it.
 *
 * <p>Threading: safe for many threads; fields are guarded by the monitor, files are read without
 * it.
 */
final class Scrubber {

  private static final Logger log = LoggerFactory.getLogger(Scrubber.class);

  /** After a start, when disks are busy with other things, and after a failure. */
  private static final long PAUSE_MILLIS = TimeUnit.MINUTES.toMillis(10);

  private final FileSystem fileSystem;
  private final Path directory;
  private final UUID engineId;
  private final VersionSet versions;
  private final EngineResources resources;
  private final Consumer<Damage> listener;
  private final Quarantine quarantine;
  private final TableVerifier verifier;

  /** By file id. */
  private final TreeMap<Long, Damage> damage = new TreeMap<>();

  /** Tables that someone could not read: verified before all others. */
  private final Set<Long> suspects = new HashSet<>();

  private final List<CompletableFuture<Void>> waiters = new ArrayList<>();
  private ScrubProgress progress;
  private boolean running;

  /** No pass begins or goes on by itself before. */
  private long notBeforeMillis;

  private long filesVerified;
  private long bytesVerified;
  private long manifestsRepaired;
  private volatile boolean closing;

  /**
   * @param listener told of each damage once, on the thread that found it
   */
  Scrubber(
      Path directory,
      UUID engineId,
      VersionSet versions,
      EngineResources resources,
      Consumer<Damage> listener) {
    fileSystem = resources.fileSystem();
    this.directory = directory;
    this.engineId = engineId;
    this.versions = versions;
    this.resources = resources;
    this.listener = listener;
    quarantine = new Quarantine(fileSystem, directory);
    verifier =
        new TableVerifier(fileSystem, bytes -> resources.paceBackgroundRead(bytes, () -> closing));
    progress = ScrubProgress.read(fileSystem, directory);
    notBeforeMillis = resources.clock().epochMillis() + PAUSE_MILLIS;
  }

  /** Looks again at tables that were damaged when the engine was last open. */
  void verifyQuarantined() throws IOException {
    Version version = versions.acquire().version();
    try {
      for (Table table : tables(version)) {
        if (quarantine.has(FileNames.table(table.meta().fileId()))) {
          verify(table);
        }
      }
    } finally {
      version.release();
    }
  }

  synchronized List<Damage> damage() {
    return List.copyOf(damage.values());
  }

  synchronized ScrubStatus status() {
    Version version = versions.acquire().version();
    try {
      long left = tables(version).stream().filter(table -> isDue(table)).count();
      return new ScrubStatus(
          progress.isUnderWay(),
          progress.lastFinishedMillis(),
          filesVerified,
          bytesVerified,
          (int) left,
          manifestsRepaired);
    } finally {
      version.release();
    }
  }

  private boolean isDue(Table table) {
    long id = table.meta().fileId();
    return id >= progress.nextFileId() && id < progress.endFileId();
  }

  /** Starts a pass if the last one was long ago, or goes on with one. Called now and then. */
  synchronized void startIfDue() {
    long period = resources.scrubPeriodMillis();
    long now = resources.clock().epochMillis();
    if (now < notBeforeMillis) {
      return;
    }
    boolean due = period > 0 && now - progress.lastFinishedMillis() >= period;
    if (due && !progress.isUnderWay()) {
      begin();
    }
    schedule();
  }

  /** Starts a pass now, or joins the one under way. */
  synchronized CompletableFuture<Void> start() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    if (closing) {
      done.cancel(false);
      return done;
    }
    waiters.add(done);
    if (!progress.isUnderWay()) {
      begin();
    }
    schedule();
    return done;
  }

  /** Has a table verified next, because reading it failed. */
  synchronized void suspect(Path file) {
    FileNames.tableId(String.valueOf(file.getFileName()))
        .ifPresent(
            id -> {
              if (!damage.containsKey(id)) {
                suspects.add(id);
              }
            });
    schedule();
  }

  private void begin() {
    progress = new ScrubProgress(progress.lastFinishedMillis(), 0, versions.nextFileId());
  }

  private void schedule() {
    if (!running && !closing && (progress.isUnderWay() || !suspects.isEmpty())) {
      running = true;
      resources.scrubThread().execute(this::runStep);
    }
  }

  private void runStep() {
    try {
      step();
    } catch (CancellationException e) {
      log.debug("{}: scrubbing stops: {}", directory, e.getMessage());
    } catch (IOException | RuntimeException e) {
      log.error("{}: scrubbing failed and is tried again later", directory, e);
      synchronized (this) {
        waiters.forEach(waiter -> waiter.completeExceptionally(e));
        waiters.clear();
        progress = new ScrubProgress(progress.lastFinishedMillis(), 0, 0);
        notBeforeMillis = resources.clock().epochMillis() + PAUSE_MILLIS;
      }
    }
    synchronized (this) {
      running = false;
      schedule();
      notifyAll();
    }
  }

  /** Verifies one file, or ends the pass. */
  private void step() throws IOException {
    Version version = versions.acquire().version();
    try {
      Table next = next(version);
      if (next == null) {
        finish();
        return;
      }
      verify(next);
      synchronized (this) {
        boolean suspected = suspects.remove(next.meta().fileId());
        if (!suspected) {
          progress =
              new ScrubProgress(
                  progress.lastFinishedMillis(), next.meta().fileId() + 1, progress.endFileId());
        }
      }
      progressNow().write(fileSystem, directory, engineId);
    } finally {
      version.release();
    }
  }

  private synchronized ScrubProgress progressNow() {
    return progress;
  }

  private synchronized @Nullable Table next(Version version) {
    List<Table> tables = tables(version);
    suspects.removeIf(id -> tables.stream().noneMatch(table -> table.meta().fileId() == id));
    for (Table table : tables) {
      if (suspects.contains(table.meta().fileId())) {
        return table;
      }
    }
    return tables.stream().filter(table -> isDue(table)).findFirst().orElse(null);
  }

  private static List<Table> tables(Version version) {
    List<Table> tables = new ArrayList<>();
    for (Run run : version.runs()) {
      tables.addAll(run.tables());
    }
    tables.sort(Comparator.comparingLong(table -> table.meta().fileId()));
    return tables;
  }

  private void verify(Table table) throws IOException {
    Optional<Damage> found = verifier.verify(table);
    boolean isNew;
    synchronized (this) {
      filesVerified++;
      bytesVerified += table.meta().size();
      isNew = found.isPresent() && damage.put(table.meta().fileId(), found.get()) == null;
    }
    if (isNew) {
      Damage damaged = found.orElseThrow();
      log.error("{}", damaged);
      quarantine.add(damaged);
      listener.accept(damaged);
    }
  }

  private void finish() throws IOException {
    synchronized (this) {
      if (!progress.isUnderWay()) {
        return; // There was only a suspect, and it is gone.
      }
    }
    boolean repaired = versions.repairManifest();
    List<CompletableFuture<Void>> done;
    synchronized (this) {
      manifestsRepaired += repaired ? 1 : 0;
      progress = new ScrubProgress(resources.clock().epochMillis(), 0, 0);
      done = List.copyOf(waiters);
      waiters.clear();
    }
    progressNow().write(fileSystem, directory, engineId);
    done.forEach(waiter -> waiter.complete(null));
  }

  /** Ends the step under way; no other begins. */
  void close() {
    List<CompletableFuture<Void>> given;
    synchronized (this) {
      closing = true;
      boolean interrupted = false;
      while (running) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      given = List.copyOf(waiters);
      waiters.clear();
    }
    given.forEach(waiter -> waiter.cancel(false));
  }
}
