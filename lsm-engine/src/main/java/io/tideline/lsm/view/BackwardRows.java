package io.tideline.lsm.view;

import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.version.Version;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Scans downwards. An older layer is opened only when no open source stands on an append: while one
 * does, everything in the layers not yet opened is smaller. The latest rows of a timeline thus cost
 * one layer.
 *
 * <p>Example, newest first: layer 1 has 9(append) 4(put), layer 2 has 8 7(appends), layer 3 has
 * 4(append). Layer 1 stands on 9: emit it. Then it stands on 4, a put: open layer 2, emit 8, 7. Now
 * open layer 3, which also has 4; layer 1 is newer, its 4 wins.
 */
final class BackwardRows extends LayerRows {

  private boolean started;
  private boolean allOpen;

  /**
   * Parallel to {@link #open}: the id below which all rows of the source are known to be expired
   * appends; null until its first expired append was met.
   */
  private final List<@Nullable Long> floors = new ArrayList<>(4);

  BackwardRows(Version version, Layers layers, long low, long high, long expireBeforeMillis) {
    super(version, layers, low, high, expireBeforeMillis);
  }

  @Override
  public boolean next() throws IOException {
    checkOpen();
    long bound = high;
    if (!started) {
      started = true;
    } else if (current != null) {
      RowSource source = current;
      bound = source.sequenceId();
      if (open.size() > 1) {
        step(bound);
      } else if (source.prev()
          && floors.get(0) == null
          && isAppend(source)
          && source.sequenceId() >= low
          && !isExpired(source)) {
        return true; // What is in older layers is smaller than this append.
      }
    } else {
      return false;
    }
    return settle(bound);
  }

  private boolean settle(long from) throws IOException {
    long bound = from;
    while (true) {
      openWhileNeeded(bound);
      RowSource last = largest();
      if (last == null || last.sequenceId() < low) {
        current = null;
        return false;
      }
      if (isVisible(last)) {
        current = last;
        return true;
      }
      bound = last.sequenceId();
      if (isExpired(last) && isAppend(last)) {
        raiseFloor(open.indexOf(last));
      }
      step(bound);
    }
  }

  private void openWhileNeeded(long bound) throws IOException {
    while (!allOpen && !anyStandsOnAppend()) {
      RowSource source = layers.next();
      if (source == null) {
        allOpen = true;
        return;
      }
      open.add(source);
      floors.add(null);
      source.seekLT(bound);
    }
  }

  private boolean anyStandsOnAppend() {
    for (int i = 0; i < open.size(); i++) {
      if (stands(i) && isAppend(open.get(i))) {
        return true;
      }
    }
    return false;
  }

  private boolean stands(int i) {
    Long floor = floors.get(i);
    return open.get(i).isValid() && (floor == null || open.get(i).sequenceId() >= floor);
  }

  /**
   * On the first expired append of a source, finds from below where its expired rows may end, so
   * that they are not walked one by one.
   */
  private void raiseFloor(int i) throws IOException {
    RowSource source = open.get(i);
    if (floors.get(i) != null) {
      return;
    }
    long here = source.sequenceId();
    boolean found = source.seekGE(low) && source.skipOlder(expireBeforeMillis);
    long floor = found ? source.sequenceId() : here;
    floors.set(i, Math.min(floor, here));
    source.seekLT(here + 1);
  }

  private void step(long id) throws IOException {
    for (int i = 0; i < open.size(); i++) {
      RowSource source = open.get(i);
      if (source.isValid() && source.sequenceId() == id) {
        source.prev();
      }
    }
  }

  private @Nullable RowSource largest() {
    RowSource last = null;
    for (int i = 0; i < open.size(); i++) {
      if (stands(i) && (last == null || open.get(i).sequenceId() > last.sequenceId())) {
        last = open.get(i);
      }
    }
    return last;
  }
}
