package io.tideline.lsm.compaction;

import java.util.concurrent.CancellationException;

/** Asked before more is written, every block or so: may wait, and may end the job. */
@FunctionalInterface
public interface Pace {

  /**
   * Accounts for bytes just written.
   *
   * @throws CancellationException if the job should be given up
   */
  void written(long bytes);
}
