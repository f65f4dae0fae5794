package io.tideline.server.raft;

import com.alipay.sofa.jraft.util.NamedThreadFactory;
import com.alipay.sofa.jraft.util.SPI;
import com.alipay.sofa.jraft.util.timer.DefaultRaftTimerFactory;
import com.alipay.sofa.jraft.util.timer.HashedWheelTimer;
import com.alipay.sofa.jraft.util.timer.Timer;
import java.util.concurrent.TimeUnit;

/**
 * JRaft's timers, with a coarser one for the time-outs of reads: JRaft's own wakes a thousand times
 * a second from the first read on, which is half of what an idle node needs of the CPU. Found by
 * JRaft through its service file.
 */
@SPI(name = "tideline", priority = 1)
public final class CoarseTimerFactory extends DefaultRaftTimerFactory {

  /** A read times out after seconds; nobody notices a tenth more. */
  private static final long TICK_MILLIS = 100;

  /** Slots of the wheel: a turn is longer than any of these time-outs. */
  private static final int SLOTS = 128;

  /** The timers of elections and the like are shared and do not come from here. */
  @Override
  public Timer createTimer(String name) {
    return new HashedWheelTimer(
        new NamedThreadFactory(name, true), TICK_MILLIS, TimeUnit.MILLISECONDS, SLOTS);
  }
}
