package io.tideline.lsm.view;

import io.tideline.lsm.RowCursor;
import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.row.RowType;
import io.tideline.lsm.seeded.SeededBug;
import io.tideline.lsm.version.Version;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What both directions of a scan share: open sources, newest first, of which the newest with an id
 * wins, and which rows are visible.
 *
 * <p>Lifetime: holds a reference on the version of its own, so that closing the view first is
 * harmless.
 */
abstract sealed class LayerRows implements RowCursor permits ForwardRows, BackwardRows {

  private final Version version;
  final Layers layers;
  final long low;
  final long high;
  final long expireBeforeMillis;
  final List<RowSource> open = new ArrayList<>(4);
  @Nullable RowSource current;
  private boolean closed;

  /** Takes over one reference on {@code version}. */
  LayerRows(Version version, Layers layers, long low, long high, long expireBeforeMillis) {
    this.version = version;
    this.layers = layers;
    this.low = low;
    this.high = high;
    this.expireBeforeMillis = expireBeforeMillis;
  }

  static boolean isAppend(RowSource source) {
    return RowType.type(source.meta()) == RowType.APPEND
        || SeededBug.OVERLAP_CONCATENATED.isPlanted();
  }

  final boolean isExpired(RowSource source) {
    return source.timestampMillis() < expireBeforeMillis;
  }

  final boolean isVisible(RowSource source) {
    return RowType.type(source.meta()) != RowType.DELETE && !isExpired(source);
  }

  private RowSource row() {
    RowSource row = current;
    if (row == null || closed) {
      throw new IllegalStateException("the cursor does not stand on a row");
    }
    return row;
  }

  @Override
  public long sequenceId() {
    return row().sequenceId();
  }

  @Override
  public long timestampMillis() {
    return row().timestampMillis();
  }

  @Override
  public int kind() {
    return RowType.kind(row().meta());
  }

  @Override
  public int valueSize() {
    return row().valueSize();
  }

  @Override
  public void copyValue(byte[] dst, int offset) {
    row().copyValue(dst, offset);
  }

  final void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the cursor is closed");
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      current = null;
      open.forEach(RowSource::close);
      version.release();
    }
  }
}
