package io.tideline.server.log;

/**
 * Counters since the log was opened, and its present size.
 *
 * @param requests requests made durable, of any kind
 * @param entries entries among them
 * @param entryBytes payload bytes of those
 * @param writtenBytes bytes written to segments, headers and rewritten entries included
 * @param syncs forces of segment files; {@code entries / syncs} is the effect of group commit
 * @param segments segment files now
 * @param logBytes bytes they take on disk
 * @param liveBytes bytes of records in them that are still needed
 * @param rewrittenEntries entries copied forward to free a segment
 * @param groups groups that have any state
 * @param spaceLow whether the disk has no room for the next segment
 */
public record GroupLogStats(
    long requests,
    long entries,
    long entryBytes,
    long writtenBytes,
    long syncs,
    int segments,
    long logBytes,
    long liveBytes,
    long rewrittenEntries,
    int groups,
    boolean spaceLow) {}
