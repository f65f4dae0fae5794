package io.tideline.client;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is new in one of several timelines.
 *
 * @param timeline the timeline
 * @param entries new entries, ascending; empty if there are none or none fitted the budget (then
 *     the coverage says MORE)
 * @param coverage what was covered. TRIMMED means that entries after the asked position are gone:
 *     the device must fetch them elsewhere or show the gap
 * @param error why the timeline could not be read, with status ERROR only
 */
public record SyncResult(
    TimelineKey timeline,
    List<Entry> entries,
    Coverage coverage,
    @Nullable TidelineException error) {
  public SyncResult {
    entries = List.copyOf(entries);
  }

  /** This result, or its error thrown. */
  public SyncResult orThrow() {
    if (error != null) {
      throw error;
    }
    return this;
  }
}
