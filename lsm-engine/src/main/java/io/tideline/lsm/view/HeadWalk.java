package io.tideline.lsm.view;

import io.tideline.lsm.TimelineCursor;
import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.row.Heads;
import io.tideline.lsm.row.InternalKey;
import java.io.IOException;

/** Timelines in key order. */
final class HeadWalk implements TimelineCursor {

  private final EngineView.GroupWalk walk;
  private boolean started;
  private boolean ended;
  private boolean closed;
  private TimelineHead head = Heads.NONE;

  HeadWalk(EngineView.GroupWalk walk) {
    this.walk = walk;
  }

  @Override
  public boolean next() throws IOException {
    while (!ended && !closed) {
      ended = !walk.advance(started);
      started = true;
      if (!ended) {
        head = walk.groups().head();
        if (Heads.hasRows(head)) {
          return true;
        }
      }
    }
    return false;
  }

  @Override
  public byte[] key() {
    return InternalKey.userKey(walk.groups().key());
  }

  @Override
  public TimelineHead head() {
    return head;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      walk.close();
    }
  }
}
