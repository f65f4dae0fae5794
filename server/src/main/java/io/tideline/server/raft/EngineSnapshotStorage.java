package io.tideline.server.raft;

import com.alipay.sofa.jraft.entity.RaftOutter.SnapshotMeta;
import com.alipay.sofa.jraft.option.SnapshotCopierOptions;
import com.alipay.sofa.jraft.storage.SnapshotStorage;
import com.alipay.sofa.jraft.storage.SnapshotThrottle;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotCopier;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotReader;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotWriter;
import com.google.protobuf.Message;
import io.tideline.lsm.EngineState;
import java.io.IOException;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Snapshots that are the engine's flushes. The first {@link #open} presents what the engine's
 * manifest already holds; saving writes nothing, for the flush has done it.
 *
 * <p>Sending a snapshot to another replica is not built yet: a group has one replica. {@link #open}
 * after start and {@link #startToCopyFrom} are the seams for it and refuse.
 */
final class EngineSnapshotStorage implements SnapshotStorage {

  private static final Logger LOG = LoggerFactory.getLogger(EngineSnapshotStorage.class);

  private final Supplier<EngineState> durableState;
  private final Consumer<Throwable> failed;
  private boolean presented;

  EngineSnapshotStorage(Supplier<EngineState> durableState, Consumer<Throwable> failed) {
    this.durableState = durableState;
    this.failed = failed;
  }

  @Override
  public boolean init(@Nullable Void options) {
    return true;
  }

  @Override
  public void shutdown() {
    // Nothing is held.
  }

  @Override
  public boolean setFilterBeforeCopyRemote() {
    return false;
  }

  @Override
  public SnapshotWriter create() {
    return new FlushWriter();
  }

  @Override
  public synchronized @Nullable SnapshotReader open() {
    if (presented) {
      LOG.error("sending a snapshot to another replica is not supported yet");
      return null;
    }
    presented = true;
    EngineState state = durableState.get();
    if (state.position().index() == 0) {
      return null;
    }
    try {
      Membership membership = Membership.decode(state.configuration());
      return new StartupReader(
          membership.toSnapshotMeta(state.position().index(), state.position().term()));
    } catch (IOException e) {
      failed.accept(new IOException("the engine's stored membership: " + e.getMessage(), e));
      return new StartupReader(null);
    }
  }

  @Override
  public @Nullable SnapshotReader copyFrom(String uri, SnapshotCopierOptions options) {
    LOG.error("installing a snapshot from {} is not supported yet", uri);
    return null;
  }

  @Override
  public @Nullable SnapshotCopier startToCopyFrom(String uri, SnapshotCopierOptions options) {
    LOG.error("installing a snapshot from {} is not supported yet", uri);
    return null;
  }

  @Override
  public void setSnapshotThrottle(SnapshotThrottle throttle) {
    throw new UnsupportedOperationException("flushes are throttled by the engine");
  }

  /** What the engine held when the process started; no files. */
  static final class StartupReader extends SnapshotReader {

    private final @Nullable SnapshotMeta meta;

    StartupReader(@Nullable SnapshotMeta meta) {
      this.meta = meta;
    }

    @Override
    public boolean init(@Nullable Void options) {
      return true;
    }

    @Override
    public void shutdown() {
      // Nothing is held.
    }

    @Override
    public @Nullable SnapshotMeta load() {
      return meta;
    }

    @Override
    public String generateURIForCopy() {
      return "";
    }

    @Override
    public String getPath() {
      return "";
    }

    @Override
    public Set<String> listFiles() {
      return Set.of();
    }

    @Override
    public @Nullable Message getFileMeta(String fileName) {
      return null;
    }

    @Override
    public void close() {
      // Nothing is held.
    }
  }

  /** Stands for a flush: carries its position to the state machine and keeps nothing. */
  static final class FlushWriter extends SnapshotWriter {

    @Override
    public boolean init(@Nullable Void options) {
      return true;
    }

    @Override
    public void shutdown() {
      // Nothing is held.
    }

    @Override
    public boolean saveMeta(SnapshotMeta meta) {
      return true;
    }

    @Override
    public boolean addFile(String fileName, @Nullable Message fileMeta) {
      return false;
    }

    @Override
    public boolean removeFile(String fileName) {
      return false;
    }

    @Override
    public void close(boolean keepDataOnError) {
      // Nothing is held.
    }

    @Override
    public void close() {
      // Nothing is held.
    }

    @Override
    public String getPath() {
      return "";
    }

    @Override
    public Set<String> listFiles() {
      return Set.of();
    }

    @Override
    public @Nullable Message getFileMeta(String fileName) {
      return null;
    }
  }
}
