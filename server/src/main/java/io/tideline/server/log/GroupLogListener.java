package io.tideline.server.log;

import java.util.List;

/**
 * What the owner of a {@link GroupLog} is told. Called on the log's own threads: return at once and
 * never wait for the log.
 */
public interface GroupLogListener {

  /** The log failed for good; the process should stop. Called once. */
  void failed(Throwable cause);

  /**
   * These groups keep the oldest segment alive while the log is above its soft limit: flush them
   * and truncate their logs. Repeated for as long as that is so.
   *
   * @param groups group ids, the one that holds most bytes there first
   * @param segment number of the segment they hold
   * @param logBytes size of the whole log on disk
   */
  void pinned(List<Long> groups, long segment, long logBytes);

  /**
   * The disk has no room for the next segment ({@code low}), or has again. While low, the rest of
   * the current segment still takes entries; new client writes should be refused.
   */
  void spaceLow(boolean low);
}
