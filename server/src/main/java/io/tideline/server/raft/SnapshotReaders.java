package io.tideline.server.raft;

import com.alipay.sofa.jraft.entity.RaftOutter.SnapshotMeta;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotReader;
import com.google.protobuf.Message;
import io.tideline.server.transfer.ArrivedSnapshot;
import io.tideline.server.transfer.SnapshotOffer;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What JRaft reads of a snapshot: where it is in the log, and a name under which to copy it. */
final class SnapshotReaders {

  private SnapshotReaders() {}

  /** What the engine held when the node started. */
  static final class Startup extends MetaReader {

    /**
     * @param meta null if it cannot be told: the node does not start then
     */
    Startup(@Nullable SnapshotMeta meta) {
      super(meta, "");
    }
  }

  /** What another member may copy until this is closed. */
  static final class Offered extends MetaReader {

    private final SnapshotOffer offer;

    Offered(SnapshotMeta meta, SnapshotOffer offer) {
      super(meta, offer.uri());
      this.offer = offer;
    }

    @Override
    public void close() {
      offer.close();
    }
  }

  /**
   * Stands for a snapshot that cannot be had now. JRaft takes it for an error of the leader's disk
   * if it gets none, and the leader would end; a member that is offered this asks again later.
   */
  static final class Unavailable extends MetaReader {

    Unavailable(SnapshotMeta meta, String why) {
      super(meta, why);
    }
  }

  /** What was copied from another member. */
  static final class Arrived extends MetaReader {

    private final ArrivedSnapshot snapshot;

    Arrived(SnapshotMeta meta, ArrivedSnapshot snapshot) {
      super(meta, "");
      this.snapshot = snapshot;
    }

    ArrivedSnapshot snapshot() {
      return snapshot;
    }
  }

  /** The files are none of JRaft's business. */
  private abstract static class MetaReader extends SnapshotReader {

    private final @Nullable SnapshotMeta meta;
    private final String uri;

    MetaReader(@Nullable SnapshotMeta meta, String uri) {
      this.meta = meta;
      this.uri = uri;
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
      return uri;
    }

    @Override
    public String getPath() {
      return uri;
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
}
