package io.tideline.lsm.view;

import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.version.Version;
import java.io.IOException;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Scans upwards. Layers are opened newest first, and no older one once a layer has an append at or
 * below the lower bound: everything in older layers is smaller ({@link
 * io.tideline.lsm.row.RowType}). A reader that follows the tail thus opens the memtable and nothing
 * else.
 *
 * <p>A scan from the very first row goes the other way: a run of appends only is looked into when
 * every older layer has come to its end, because until then all its rows are larger.
 */
final class ForwardRows extends LayerRows {

  private boolean started;

  /** Positions in {@link #open} of runs that were not looked into yet. */
  private final BitSet waiting = new BitSet();

  /** Only {@link #current} can still give rows. */
  private boolean alone;

  ForwardRows(Version version, Layers layers, long low, long high, long expireBeforeMillis) {
    super(version, layers, low, high, expireBeforeMillis);
  }

  @Override
  public boolean next() throws IOException {
    checkOpen();
    RowSource source = current;
    if (!started) {
      started = true;
      openLayers();
    } else if (source != null) {
      if (alone && source.next() && source.sequenceId() < high && isVisible(source)) {
        return true;
      }
      if (!alone) {
        step(source.sequenceId());
      }
    }
    return settle();
  }

  private void openLayers() throws IOException {
    boolean fromFirst = low == Long.MIN_VALUE;
    for (RowSource source = layers.next(); source != null; source = layers.next()) {
      open.add(source);
      if (fromFirst && layers.hasAppendsOnly()) {
        waiting.set(open.size() - 1);
        continue;
      }
      source.seekGE(low);
      if (isRowAtOnlyId(source)) {
        return;
      }
      boolean olderAreBelow = !fromFirst && hasAppendAtOrBelowLow(source);
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
    return (source.isValid() && source.sequenceId() == low && isAppend(source))
        || source.followsAppend(low);
  }

  private void step(long id) throws IOException {
    for (int i = 0; i < open.size(); i++) {
      RowSource source = open.get(i);
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
      for (int i = 0; i < open.size(); i++) {
        RowSource source = open.get(i);
        if (source.isValid() && isAppend(source) && isExpired(source)) {
          source.skipOlder(expireBeforeMillis);
        }
      }
    }
    current = null;
    return false;
  }

  /** The source with the smallest id, of several the newest. */
  private @Nullable RowSource smallest() throws IOException {
    RowSource first = null;
    int valid = 0;
    for (int i = open.size() - 1; i >= 0; i--) {
      RowSource source = open.get(i);
      if (waiting.get(i) && first == null) {
        waiting.clear(i);
        source.seekGE(low);
        source.skipOlder(expireBeforeMillis);
      }
      if (source.isValid()) {
        valid++;
        if (first == null || source.sequenceId() <= first.sequenceId()) {
          first = source;
        }
      }
    }
    alone = valid == 1 && waiting.isEmpty();
    return first;
  }
}
