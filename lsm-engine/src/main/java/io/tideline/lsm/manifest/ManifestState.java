package io.tideline.lsm.manifest;

import io.tideline.lsm.EngineState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The sum of a manifest's edits. Immutable.
 *
 * @param runs newest first
 */
public record ManifestState(
    EngineState state, long nextFileId, long nextGeneration, List<RunMeta> runs) {

  /** Before the first edit. */
  public static final ManifestState EMPTY = new ManifestState(EngineState.EMPTY, 1, 1, List.of());

  public ManifestState {
    runs = List.copyOf(runs);
  }

  /**
   * The state after an edit.
   *
   * @throws IllegalArgumentException if the edit does not fit: it removes a run that is not there
   *     or adds one that overlaps
   */
  public ManifestState apply(VersionEdit edit) {
    List<RunMeta> next = new ArrayList<>(runs);
    for (VersionEdit.Generations gone : edit.removed()) {
      boolean found =
          next.removeIf(
              run -> run.minGeneration() == gone.min() && run.maxGeneration() == gone.max());
      if (!found) {
        throw new IllegalArgumentException("edit removes absent run " + gone);
      }
    }
    next.addAll(edit.added());
    next.sort(Comparator.comparingLong(RunMeta::maxGeneration).reversed());
    for (int i = 1; i < next.size(); i++) {
      if (next.get(i - 1).minGeneration() <= next.get(i).maxGeneration()) {
        throw new IllegalArgumentException(
            "runs overlap: generations from "
                + next.get(i - 1).minGeneration()
                + " and up to "
                + next.get(i).maxGeneration());
      }
    }
    if (edit.nextFileId() < nextFileId || edit.nextGeneration() < nextGeneration) {
      throw new IllegalArgumentException("counters fall: " + edit.nextFileId());
    }
    return new ManifestState(edit.state(), edit.nextFileId(), edit.nextGeneration(), next);
  }

  /** One edit that makes this state out of {@link #EMPTY}. */
  VersionEdit asEdit() {
    return new VersionEdit(state, nextFileId, nextGeneration, List.of(), runs);
  }
}
