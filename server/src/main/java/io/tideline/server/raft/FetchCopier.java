package io.tideline.server.raft;

import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotCopier;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotReader;
import io.tideline.server.command.FormatException;
import io.tideline.server.transfer.ArrivedSnapshot;
import io.tideline.server.transfer.FetchResult;
import io.tideline.server.transfer.SnapshotFetch;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * JRaft's handle on a snapshot that is being copied. Ends well, with an error after which the
 * leader tries again, or with EIO, which JRaft takes for the end of this member.
 */
final class FetchCopier extends SnapshotCopier {

  private static final Logger LOG = LoggerFactory.getLogger(FetchCopier.class);

  private final SnapshotFetch fetch;
  private final LongSupplier term;
  private final Consumer<Throwable> failed;
  private volatile @Nullable SnapshotReader reader;
  private boolean ended;

  /**
   * @param fetch which has been started
   * @param term the group's durable term
   * @param failed told of an error that ends the replica
   */
  FetchCopier(SnapshotFetch fetch, LongSupplier term, Consumer<Throwable> failed) {
    this.fetch = fetch;
    this.term = term;
    this.failed = failed;
  }

  @Override
  public void start() {
    // It runs from the beginning.
  }

  @Override
  public void cancel() {
    fetch.cancel();
  }

  /** More than one thread may wait: JRaft's retries share the copier. */
  @Override
  public void join() throws InterruptedException {
    FetchResult result = fetch.join();
    synchronized (this) {
      if (!ended) {
        ended = true;
        end(result);
      }
    }
  }

  private void end(FetchResult result) {
    switch (result) {
      case FetchResult.Arrived(ArrivedSnapshot snapshot) -> {
        long snapshotTerm = snapshot.state().position().term();
        if (snapshotTerm > term.getAsLong()) {
          // A member in an older term than its content could elect a second leader.
          setError(
              RaftError.EINVAL,
              "a snapshot of term %d, but the durable term is %d",
              snapshotTerm,
              term.getAsLong());
          return;
        }
        try {
          Membership membership = Membership.decode(snapshot.state().configuration());
          reader =
              new SnapshotReaders.Arrived(
                  membership.toSnapshotMeta(snapshot.state().position().index(), snapshotTerm),
                  snapshot);
        } catch (FormatException e) {
          setError(RaftError.EINVAL, "the snapshot's membership: %s", e.getMessage());
        }
      }
      case FetchResult.Refused(String why) -> {
        LOG.info("no snapshot was copied, the leader will try again: {}", why);
        setError(RaftError.EAGAIN, "%s", why);
      }
      case FetchResult.Failed failure -> {
        failed.accept(failure.cause());
        setError(RaftError.EIO, "%s", failure.cause());
      }
    }
  }

  @Override
  public @Nullable SnapshotReader getReader() {
    return reader;
  }

  @Override
  public void close() {
    fetch.cancel();
  }
}
