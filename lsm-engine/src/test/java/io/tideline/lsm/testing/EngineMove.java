package io.tideline.lsm.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.CompactionScheme;
import io.tideline.lsm.Engine;
import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.EnginePart;
import io.tideline.lsm.EngineResources;
import io.tideline.lsm.EngineSnapshot;
import io.tideline.lsm.KeyRange;
import io.tideline.lsm.SnapshotReceiver;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.inspect.EngineChecker;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What moves a whole engine's content: a split, a merge, the arrival of a snapshot. Each can be
 * prepared on a sound disk, done on one that fails or loses power, and taken up again by an owner
 * who finds the disk afterwards.
 */
public abstract sealed class EngineMove {

  private static final byte[] BOUNDARY = Workload.key(13);
  private static final KeyRange LEFT = new KeyRange(null, BOUNDARY);
  private static final KeyRange RIGHT = new KeyRange(BOUNDARY, null);
  private static final Path WHOLE = Path.of("/data/whole");
  private static final Path LEFT_PART = Path.of("/data/left");
  private static final Path RIGHT_PART = Path.of("/data/right");

  final PartitionLog log;
  final EngineOptions options;

  /**
   * @param scheme null for whatever the seed draws
   */
  EngineMove(long seed, @Nullable CompactionScheme scheme) {
    log = new PartitionLog(seed, 40, 2_000);
    EngineOptions drawn = RandomOptions.draw(new SplittableRandom(seed));
    options = scheme == null ? drawn : drawn.withScheme(scheme);
  }

  /** Makes what the move begins with. */
  public abstract void prepare(CrashFileSystem disk) throws Exception;

  /** Does it; whatever fails is thrown. */
  public abstract void operate(FileSystem disk) throws Exception;

  /** Comes back after a crash or failure, completes the move and checks everything. */
  public abstract void recover(CrashFileSystem disk) throws Exception;

  static EngineResources resources(FileSystem disk) {
    return EngineResources.create(disk, 6 << 20, 1 << 18, 1);
  }

  final void write(Engine engine, KeyRange range, int rounds) throws Exception {
    for (int i = 0; i < rounds; i++) {
      for (int k = 0; k < 6; k++) {
        log.next();
      }
      log.replay(engine, range);
      engine.flush().get();
    }
  }

  /** Fails unless the engine in a directory is sound and holds what its range should. */
  final void requireHolds(CrashFileSystem disk, Path directory, KeyRange range) throws Exception {
    try (EngineResources resources = resources(disk);
        Engine engine = Engine.open(directory, options, resources)) {
      log.assertHolds(engine, range);
      engine.compactAll().get();
      log.assertHolds(engine, range);
    }
    assertThat(EngineChecker.check(disk, directory)).isEmpty();
  }

  static void requireNothingElse(CrashFileSystem disk, String... names) throws IOException {
    assertThat(disk.list(WHOLE.getParent())).containsExactly(names);
    assertThat(disk.openHandles()).isZero();
  }

  /** One engine becomes two. */
  public static final class Split extends EngineMove {

    public Split(long seed) {
      super(seed, null);
    }

    @Override
    public void prepare(CrashFileSystem disk) throws Exception {
      try (EngineResources resources = resources(disk);
          Engine engine = Engine.open(WHOLE, options, resources)) {
        write(engine, KeyRange.ALL, 3);
      }
      log.next(); // Not flushed yet: the split has to do that.
    }

    @Override
    public void operate(FileSystem disk) throws Exception {
      try (EngineResources resources = resources(disk);
          Engine engine = Engine.open(WHOLE, options, resources)) {
        log.replay(engine, KeyRange.ALL);
        engine.split(
            List.of(log.part(LEFT_PART, LEFT), log.part(RIGHT_PART, RIGHT)),
            PartitionLog.COPIED_TABLES);
      }
    }

    @Override
    public void recover(CrashFileSystem disk) throws Exception {
      if (disk.exists(LEFT_PART)) {
        requireHolds(disk, LEFT_PART, LEFT);
      }
      if (disk.exists(RIGHT_PART)) {
        requireHolds(disk, RIGHT_PART, RIGHT);
      }
      operate(disk);
      requireHolds(disk, WHOLE, KeyRange.ALL);
      requireHolds(disk, LEFT_PART, LEFT);
      requireHolds(disk, RIGHT_PART, RIGHT);
      requireNothingElse(disk, "left", "right", "whole");
    }
  }

  /** A part of a split engine merges and drops what it inherited while time goes on. */
  public static final class Upkeep extends EngineMove {

    /** Model time of about eight entries: windows close and expire within the test. */
    private static final long WINDOW_MILLIS = 500;

    private static final int ROUNDS = 4;
    private static final int ENTRIES_PER_ROUND = 12;

    private long inheritedIndex;

    public Upkeep(long seed) {
      super(seed, CompactionScheme.shortTtl(WINDOW_MILLIS));
    }

    @Override
    public void prepare(CrashFileSystem disk) throws Exception {
      try (EngineResources resources = resources(disk);
          Engine whole = Engine.open(WHOLE, options, resources)) {
        write(whole, KeyRange.ALL, 6);
        whole.split(
            List.of(log.part(LEFT_PART, LEFT), log.part(RIGHT_PART, RIGHT)),
            PartitionLog.COPIED_TABLES);
        inheritedIndex = log.last().index();
      }
      for (int i = 0; i < ROUNDS * ENTRIES_PER_ROUND; i++) {
        log.next();
      }
    }

    @Override
    public void operate(FileSystem disk) throws Exception {
      try (EngineResources resources = resources(disk);
          Engine part = Engine.open(LEFT_PART, options, resources)) {
        for (int round = 1; round <= ROUNDS; round++) {
          log.replay(part, LEFT, inheritedIndex + round * ENTRIES_PER_ROUND);
          flush(part);
          part.awaitQuiescence();
        }
      }
    }

    private static void flush(Engine engine) throws Exception {
      try {
        engine.flush().get();
      } catch (ExecutionException e) {
        throw new IOException("the flush failed", e);
      }
    }

    @Override
    public void recover(CrashFileSystem disk) throws Exception {
      try (EngineResources resources = resources(disk);
          Engine part = Engine.open(LEFT_PART, options, resources)) {
        assertThat(part.durableState().position().index()).isGreaterThanOrEqualTo(inheritedIndex);
        log.replay(part, LEFT);
        log.assertHolds(part, LEFT);
      }
      operate(disk);
      requireHolds(disk, LEFT_PART, LEFT);
      requireNothingElse(disk, "left", "right", "whole");
    }
  }

  /** Two become one. */
  public static final class Merge extends EngineMove {

    public Merge(long seed) {
      super(seed, null);
    }

    @Override
    public void prepare(CrashFileSystem disk) throws Exception {
      try (EngineResources resources = resources(disk);
          Engine left = Engine.open(LEFT_PART, options, resources);
          Engine right = Engine.open(RIGHT_PART, options, resources)) {
        write(left, LEFT, 3);
        log.replay(right, RIGHT);
        right.flush().get();
      }
      log.next();
    }

    @Override
    public void operate(FileSystem disk) throws Exception {
      try (EngineResources resources = resources(disk);
          Engine left = Engine.open(LEFT_PART, options, resources);
          Engine right = Engine.open(RIGHT_PART, options, resources)) {
        log.replay(left, LEFT);
        log.replay(right, RIGHT);
        EnginePart whole = log.part(WHOLE, KeyRange.ALL);
        left.merge(right, BOUNDARY, whole, PartitionLog.COPIED_TABLES);
      }
    }

    @Override
    public void recover(CrashFileSystem disk) throws Exception {
      if (disk.exists(WHOLE)) {
        requireHolds(disk, WHOLE, KeyRange.ALL);
      }
      operate(disk);
      requireHolds(disk, LEFT_PART, LEFT);
      requireHolds(disk, RIGHT_PART, RIGHT);
      requireHolds(disk, WHOLE, KeyRange.ALL);
      requireNothingElse(disk, "left", "right", "whole");
    }
  }

  /** A snapshot replaces what a replica that fell behind has. */
  public static final class Arrival extends EngineMove {

    private static final Path SNAPSHOT = Path.of("/data/snapshot");
    private static final Path STAGING = Path.of("/data/staging");
    private static final Path REPLICA = Path.of("/data/replica");
    private static final int CHUNK_BYTES = 4 << 10;

    private ModelStore before = new ModelStore();

    public Arrival(long seed) {
      super(seed, null);
    }

    @Override
    public void prepare(CrashFileSystem disk) throws Exception {
      try (EngineResources resources = resources(disk);
          Engine sender = Engine.open(WHOLE, options, resources)) {
        write(sender, KeyRange.ALL, 2);
        before = log.model(KeyRange.ALL);
        sender.snapshot(REPLICA); // So the replica has some of the files already.
        write(sender, KeyRange.ALL, 2);
        sender.snapshot(SNAPSHOT);
      }
    }

    @Override
    public void operate(FileSystem disk) throws Exception {
      EngineSnapshot snapshot = EngineSnapshot.read(disk, SNAPSHOT);
      try (SnapshotReceiver receiver =
          SnapshotReceiver.begin(disk, STAGING, REPLICA, snapshot.files())) {
        for (EngineSnapshot.FileInfo file : receiver.missing()) {
          try (StorageFile from = snapshot.open(disk, file.name())) {
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
            for (long at = 0; at < file.size(); at += chunk.limit()) {
              from.read(chunk.clear(), at);
              receiver.write(file.name(), at, chunk.flip());
            }
          }
          receiver.finish(file.name());
        }
        receiver.install();
      }
    }

    @Override
    public void recover(CrashFileSystem disk) throws Exception {
      try (EngineResources resources = resources(disk);
          Engine engine = Engine.open(REPLICA, options, resources)) {
        boolean old = engine.durableState().equals(before.state());
        try (var view = engine.view()) {
          ModelCheck.assertSame(view, old ? before : log.model(KeyRange.ALL));
        }
      }
      operate(disk);
      requireHolds(disk, REPLICA, KeyRange.ALL);
      requireNothingElse(disk, "replica", "snapshot", "whole");
    }
  }
}
