package io.tideline.lsm.view;

import io.tideline.lsm.RecordCursor;
import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.row.RowSource;
import java.io.IOException;

/** Live records of one table in key order. */
final class RecordWalk implements RecordCursor {

  private final EngineView.GroupWalk walk;
  private final EngineView view;
  private boolean started;
  private boolean ended;
  private boolean closed;
  private byte[] value = new byte[0];
  private long expiresAtMillis;

  RecordWalk(EngineView.GroupWalk walk, EngineView view) {
    this.walk = walk;
    this.view = view;
  }

  @Override
  public boolean next() throws IOException {
    while (!ended && !closed) {
      ended = !walk.advance(started);
      started = true;
      if (!ended && take()) {
        return true;
      }
    }
    return false;
  }

  private boolean take() throws IOException {
    RowSource rows = walk.groups().rows();
    if (!rows.isValid() || !view.isLive(rows)) {
      return false;
    }
    value = EngineView.value(rows);
    expiresAtMillis = rows.timestampMillis();
    return true;
  }

  @Override
  public byte[] key() {
    return InternalKey.userKey(walk.groups().key());
  }

  @Override
  public byte[] value() {
    return value.clone();
  }

  @Override
  public long expiresAtMillis() {
    return expiresAtMillis;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      walk.close();
    }
  }
}
