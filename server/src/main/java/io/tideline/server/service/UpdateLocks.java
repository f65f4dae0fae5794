package io.tideline.server.service;

import java.util.Arrays;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Locks for writes that depend on what was read before, by timeline: those that come through this
 * node are carried out one after the other instead of overtaking each other until one gives up.
 * Other nodes have locks of their own, so nothing may depend on them but speed.
 */
final class UpdateLocks {

  /** Enough that updates of different timelines seldom share one. */
  private static final int LOCKS = 256;

  private final Lock[] locks = new Lock[LOCKS];

  UpdateLocks() {
    Arrays.setAll(locks, i -> new ReentrantLock(true));
  }

  /** The lock for the updates of a timeline. */
  Lock of(byte[] timeline) {
    return locks[Math.floorMod(Arrays.hashCode(timeline), LOCKS)];
  }
}
