package io.tideline.lsm.compaction;

import io.tideline.lsm.compaction.CompactionPicker.Urgency;
import io.tideline.lsm.compaction.CompactionPicker.Work;
import io.tideline.lsm.compaction.Slices.Piece;
import io.tideline.lsm.compaction.Slices.Slice;
import io.tideline.lsm.manifest.RunMeta;
import io.tideline.lsm.table.TableMeta;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A compaction that may take many jobs. It owns a range of generations: the runs in it, whatever
 * has become of them since. Each job takes some slices; what is left follows from the tables, so a
 * plan has no progress to remember and one that is forgotten, by a restart, leaves sound runs.
 *
 * @param minGeneration oldest generation of its runs
 * @param maxGeneration newest generation of its runs
 * @param firstNewFileId tables with a smaller file id were there before the plan
 */
public record CompactionPlan(
    long minGeneration, long maxGeneration, Work work, Urgency urgency, long firstNewFileId) {

  /** Whether a run is one of this plan's. */
  public boolean owns(RunMeta run) {
    return run.minGeneration() >= minGeneration && run.maxGeneration() <= maxGeneration;
  }

  /**
   * The next job: neighbouring slices with work left, about {@code bytesMax} together and at least
   * one; empty if the plan is done. Its slices either all need to be written, or all to be moved.
   *
   * @param runs tables of the plan's runs, newest first
   * @param wants whether {@link Work#RECLAIM} or {@link Work#COOL} want a table
   */
  public List<Slice> nextJob(
      List<List<TableMeta>> runs, long bytesMax, Predicate<TableMeta> wants) {
    int oldest = runs.size() - 1;
    List<Slice> job = new ArrayList<>();
    long bytes = 0;
    for (Slice slice : Slices.of(runs)) {
      boolean due = isDue(slice, oldest, wants);
      boolean fits =
          job.isEmpty()
              || (bytes + slice.bytes() <= bytesMax && isMove(job.getFirst()) == isMove(slice));
      if (due && fits) {
        job.add(slice);
        bytes += slice.bytes();
      } else if (!job.isEmpty()) {
        break;
      }
    }
    return job;
  }

  /** Whether the tables of a slice of a job can go into the oldest run as they are. */
  public boolean isMove(Slice slice) {
    return work == Work.MERGE && slice.isOfOneRun();
  }

  private boolean isDue(Slice slice, int oldest, Predicate<TableMeta> wants) {
    return slice.pieces().stream().anyMatch(piece -> isDue(piece, oldest, wants));
  }

  private boolean isDue(Piece piece, int oldest, Predicate<TableMeta> wants) {
    boolean old = piece.table().fileId() < firstNewFileId;
    return switch (work) {
      case MERGE -> piece.run() != oldest;
      case ALL -> piece.run() != oldest || old;
      case DROP_ROWS -> piece.run() != oldest || !piece.table().properties().isResidue();
      case RECLAIM, COOL -> old && wants.test(piece.table());
    };
  }
}
