package io.tideline.server.transfer;

import io.tideline.lsm.EngineState;

/**
 * A snapshot that another node may copy until this is closed, or until nobody reads it for a while.
 */
public final class SnapshotOffer implements AutoCloseable {

  private final PinnedSnapshots pins;
  private final PinnedSnapshots.Pin pin;
  private final SnapshotUri uri;

  SnapshotOffer(PinnedSnapshots pins, PinnedSnapshots.Pin pin, SnapshotUri uri) {
    this.pins = pins;
    this.pin = pin;
    this.uri = uri;
  }

  /** What {@link SnapshotTransfers#fetch} takes on the other node. */
  public String uri() {
    return uri.toString();
  }

  /** What it contains. */
  public EngineState state() {
    return pin.snapshot().state();
  }

  /** Withdraws it; again does nothing. */
  @Override
  public void close() {
    pins.release(pin);
  }
}
