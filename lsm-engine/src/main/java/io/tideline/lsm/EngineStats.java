package io.tideline.lsm;

/**
 * Counters and gauges of one engine since it was opened.
 *
 * @param memtableBytes bytes in the active and the immutable memtables
 * @param immutableMemtables memtables waiting for their flush
 * @param runs live sorted runs
 * @param tables live table files
 * @param tableBytes bytes of live table files
 * @param flushes finished flushes
 * @param compactions finished compaction jobs
 * @param bytesFlushed bytes written by flushes
 * @param bytesCompacted bytes written by compactions
 * @param bytesFreed bytes of table files deleted
 * @param filesDropped table files deleted
 * @param rowsExpired rows dropped because they had expired
 * @param filterProbes questions put to table filters
 * @param filterMisses filter answers "not in this table"
 * @param rowsTrimmed rows dropped because a trim mark had passed them
 * @param tablesDroppedWhole table files whose rows had all expired and were dropped unread; their
 *     heads and records live on in other files
 * @param bytesCompactionRead bytes of tables read by compactions
 */
public record EngineStats(
    long memtableBytes,
    int immutableMemtables,
    int runs,
    int tables,
    long tableBytes,
    long flushes,
    long compactions,
    long bytesFlushed,
    long bytesCompacted,
    long bytesFreed,
    long filesDropped,
    long rowsExpired,
    long filterProbes,
    long filterMisses,
    long rowsTrimmed,
    long tablesDroppedWhole,
    long bytesCompactionRead) {}
