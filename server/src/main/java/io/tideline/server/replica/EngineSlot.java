package io.tideline.server.replica;

import io.tideline.lsm.Engine;
import io.tideline.lsm.EngineState;
import io.tideline.lsm.ReadView;
import io.tideline.server.transfer.ArrivedSnapshot;
import io.tideline.server.transfer.SnapshotOffer;
import io.tideline.server.transfer.SnapshotTransfers;
import io.tideline.server.transfer.UnusableSnapshotException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The engine of a replica, which another takes the place of when a snapshot is installed.
 *
 * <p>A view is of one engine from its beginning to its end: those that are open when the engine is
 * replaced go on reading the old one, whose files stay for as long. In between there is no engine
 * to make a view of, and callers are told so.
 *
 * <p>Threading: safe for many threads. {@link #install} is called by the apply thread, as is
 * everything that changes the engine.
 */
final class EngineSlot {

  private final EngineHome home;

  /**
   * Held for reading while something of the engine is taken hold of that a closed engine cannot
   * give, for writing while the engine is replaced.
   */
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

  /** Closed already while it is being replaced; its figures can still be asked for. */
  private volatile Engine engine;

  EngineSlot(EngineHome home, Engine engine) {
    this.home = home;
    this.engine = engine;
  }

  /** The present engine, for its figures and for the apply thread. */
  Engine get() {
    return engine;
  }

  /**
   * A view of the present state; empty while the engine is being replaced.
   *
   * @throws IllegalStateException if the engine is closed for good
   */
  Optional<ReadView> view() {
    if (!lock.readLock().tryLock()) {
      return Optional.empty();
    }
    try {
      Engine present = engine;
      return Optional.of(new WatchedView(present.view(), present::suspect));
    } finally {
      lock.readLock().unlock();
    }
  }

  /** As {@link SnapshotTransfers#offer}. */
  SnapshotOffer offer(long partitionId, SnapshotTransfers transfers) throws IOException {
    if (!lock.readLock().tryLock()) {
      throw new IOException("the content of this replica is being replaced");
    }
    try {
      return transfers.offer(partitionId, engine);
    } catch (IllegalStateException closed) {
      throw new IOException("this replica is closed", closed);
    } finally {
      lock.readLock().unlock();
    }
  }

  /** What is done with an engine that was opened on new content. */
  interface Loading {

    void load(Engine engine) throws IOException;
  }

  /**
   * Replaces the content. After a failure there is no working engine.
   *
   * @param loading takes up the new content before anybody sees it
   * @throws UnusableSnapshotException if it is not tried: the engine goes on with its content
   */
  EngineState install(ArrivedSnapshot snapshot, Loading loading) throws IOException {
    snapshot.requireUsable();
    lock.writeLock().lock();
    try {
      engine.close();
      EngineState installed = snapshot.install();
      Engine next = home.opening().open();
      try {
        loading.load(next);
      } catch (IOException | RuntimeException e) {
        next.close();
        throw e;
      }
      engine = next;
      return installed;
    } finally {
      lock.writeLock().unlock();
    }
  }
}
