package io.tideline.tools.torture;

import java.util.List;

/**
 * What the checker found. All counts are 0 in a system that keeps its promises.
 *
 * @param lost acknowledged appends that are not where they were said to be
 * @param duplicates appends that are there more than once, and entries nobody wrote or that were
 *     refused
 * @param orderViolations holes, entries that changed after a reader saw them, a writer's appends
 *     out of their order
 * @param staleReads reads that missed what was acknowledged before they began, or what they
 *     themselves said was there
 * @param unreadOwnWrites reads of a session that missed what the session had written
 * @param backwardReads reads of a session that showed less than an earlier one of it
 * @param trimmedSeen reads, and timelines in the end, that show what was acknowledged to be trimmed
 * @param examples some of the findings, for people
 */
record Verdict(
    long lost,
    long duplicates,
    long orderViolations,
    long staleReads,
    long unreadOwnWrites,
    long backwardReads,
    long trimmedSeen,
    List<String> examples) {

  boolean isGood() {
    return lost == 0
        && duplicates == 0
        && orderViolations == 0
        && staleReads == 0
        && unreadOwnWrites == 0
        && backwardReads == 0
        && trimmedSeen == 0;
  }
}
