package io.tideline.server.log;

import java.util.ArrayList;
import java.util.List;

/** Remembers what a log told its owner. */
final class RecordingListener implements GroupLogListener {

  private final List<Throwable> failures = new ArrayList<>();
  private final List<List<Long>> pinned = new ArrayList<>();
  private final List<Boolean> spaceLow = new ArrayList<>();

  @Override
  public synchronized void failed(Throwable cause) {
    failures.add(cause);
  }

  @Override
  public synchronized void pinned(List<Long> groups, long segment, long logBytes) {
    pinned.add(groups);
  }

  @Override
  public synchronized void spaceLow(boolean low) {
    spaceLow.add(low);
  }

  synchronized List<Throwable> failures() {
    return List.copyOf(failures);
  }

  synchronized List<List<Long>> pinned() {
    return List.copyOf(pinned);
  }

  synchronized List<Boolean> spaceLow() {
    return List.copyOf(spaceLow);
  }
}
