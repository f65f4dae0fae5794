package io.tideline.server.transfer;

import io.grpc.StatusException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has another node's offer count as read for as long as this is open: before the first byte is
 * asked for, what is here already is verified, which takes longer than an offer may be idle.
 *
 * <p>Threading: works on a thread of its own.
 */
final class OfferKeeper implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(OfferKeeper.class);

  private final SnapshotSource source;
  private final long periodMillis;
  private final CountDownLatch closed = new CountDownLatch(1);

  private OfferKeeper(SnapshotSource source, long periodMillis) {
    this.source = source;
    this.periodMillis = periodMillis;
  }

  /**
   * @param periodMillis how often the node is asked for the offer
   */
  static OfferKeeper keep(SnapshotSource source, long periodMillis) {
    OfferKeeper keeper = new OfferKeeper(source, periodMillis);
    Thread.ofVirtual().name("snapshot-keeper").start(keeper::run);
    return keeper;
  }

  private void run() {
    try {
      while (!closed.await(periodMillis, TimeUnit.MILLISECONDS)) {
        ask();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void ask() {
    try {
      var _ = source.describe();
    } catch (StatusException e) {
      // The next question may be answered; if the offer is gone the fetch finds out, and tells.
      LOG.debug("an offer that is to be kept was asked for in vain", e);
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
