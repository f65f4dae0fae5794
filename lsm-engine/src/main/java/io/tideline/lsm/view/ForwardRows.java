package io.tideline.lsm.view;

import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.version.Version;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Scans upwards. Layers are opened newest first, and no older one once a layer has an append at or
 * below the lower bound: everything in older layers is smaller ({@link
 * io.tideline.lsm.row.RowType}). A reader that follows the tail thus opens the memtable and nothing
 * else.
 */
final class ForwardRows extends LayerRows {

  private boolean started;

  ForwardRows(Version version, Layers layers, long low, long high, long expireBeforeMillis) {
    super(version, layers, low, high, expireBeforeMillis);
  }

  @Override
  public boolean next() throws IOException {
    checkOpen();
    if (!started) {
      started = true;
      openLayers();
    } else if (current != null) {
      step(current.sequenceId());
    }
    return settle();
  }

  private void openLayers() throws IOException {
    for (RowSource source = layers.next(); source != null; source = layers.next()) {
      open.add(source);
      source.seekGE(low);
      if (isRowAtOnlyId(source)) {
        return;
      }
      boolean olderAreBelow = low != Long.MIN_VALUE && hasAppendAtOrBelowLow(source);
      source.skipOlder(expireBeforeMillis);
      if (olderAreBelow) {
        return;
      }
    }
  }

  /** A point read ends with the newest version. */
  private boolean isRowAtOnlyId(RowSource source) {
    return high == low + 1 && source.isValid() && source.sequenceId() == low;
  }

  private boolean hasAppendAtOrBelowLow(RowSource source) throws IOException {
    if (source.isValid() && source.sequenceId() == low && isAppend(source)) {
      return true;
    }
    boolean below = source.seekLT(low) && isAppend(source);
    source.seekGE(low);
    return below;
  }

  private void step(long id) throws IOException {
    for (RowSource source : open) {
      if (source.isValid() && source.sequenceId() == id) {
        source.next();
      }
    }
  }

  private boolean settle() throws IOException {
    for (RowSource first = smallest(); first != null; first = smallest()) {
      long id = first.sequenceId();
      if (id >= high) {
        break;
      }
      if (isVisible(first)) {
        current = first;
        return true;
      }
      step(id);
      for (RowSource source : open) {
        if (source.isValid() && isAppend(source) && isExpired(source)) {
          source.skipOlder(expireBeforeMillis);
        }
      }
    }
    current = null;
    return false;
  }

  private @Nullable RowSource smallest() {
    RowSource first = null;
    for (RowSource source : open) {
      if (source.isValid() && (first == null || source.sequenceId() < first.sequenceId())) {
        first = source;
      }
    }
    return first;
  }
}
