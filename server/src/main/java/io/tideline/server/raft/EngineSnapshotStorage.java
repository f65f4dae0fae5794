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
import io.tideline.server.replica.ReplicatedState;
import io.tideline.server.transfer.SnapshotOffer;
import java.io.IOException;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Snapshots that are the engine's flushes. Saving writes nothing, for the flush has done it. The
 * first {@link #open} presents what the engine's manifest already holds; each later one is JRaft's
 * when a member needs entries that the log has no more, and keeps what is durable then for that
 * member to copy. {@link #startToCopyFrom} is the other side of it.
 *
 * <p>A snapshot that is offered and the position told of it are one: both are read from the linked
 * manifest.
 */
final class EngineSnapshotStorage implements SnapshotStorage {

  private static final Logger LOG = LoggerFactory.getLogger(EngineSnapshotStorage.class);

  private final ReplicatedState state;
  private final LongSupplier term;
  private final Consumer<Throwable> failed;
  private boolean presented;

  /**
   * @param term the group's durable term
   * @param failed told of an error that ends the replica
   */
  EngineSnapshotStorage(ReplicatedState state, LongSupplier term, Consumer<Throwable> failed) {
    this.state = state;
    this.term = term;
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
    EngineState durable = state.durableState();
    if (durable.position().index() == 0) {
      presented = true;
      return null;
    }
    try {
      if (presented) {
        return offer(durable);
      }
      presented = true;
      return new SnapshotReaders.Startup(meta(durable));
    } catch (IOException e) {
      failed.accept(new IOException("the engine's stored membership: " + e.getMessage(), e));
      return new SnapshotReaders.Startup(null);
    }
  }

  private SnapshotReader offer(EngineState durable) throws IOException {
    SnapshotOffer offer;
    try {
      offer = state.offerSnapshot();
    } catch (IOException e) {
      LOG.warn("a member that needs a snapshot has to wait: {}", e.toString());
      return new SnapshotReaders.Unavailable(meta(durable), e.toString());
    }
    try {
      return new SnapshotReaders.Offered(meta(offer.state()), offer);
    } catch (IOException e) {
      offer.close();
      throw e;
    }
  }

  private static SnapshotMeta meta(EngineState durable) throws IOException {
    return Membership.decode(durable.configuration())
        .toSnapshotMeta(durable.position().index(), durable.position().term());
  }

  /** JRaft calls this only for copies outside of a group. */
  @Override
  public @Nullable SnapshotReader copyFrom(String uri, SnapshotCopierOptions options) {
    throw new UnsupportedOperationException("a snapshot is copied when the leader offers it");
  }

  @Override
  public SnapshotCopier startToCopyFrom(String uri, SnapshotCopierOptions options) {
    return new FetchCopier(state.fetchSnapshot(uri), term, failed);
  }

  @Override
  public void setSnapshotThrottle(SnapshotThrottle throttle) {
    throw new UnsupportedOperationException("snapshots have limits of their own");
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
