/**
 * The shared, group-committed log of a node: entries, terms and votes of all its Raft groups in one
 * stream of files, made durable with one sync for all who wait.
 *
 * <p>Start at {@link io.tideline.server.log.GroupLog} and {@link io.tideline.server.log.LogGroup};
 * then {@code LogWriter} (how records get to disk), {@code LogRecovery} (how they come back),
 * {@code LogCollector} (how files go). This package knows group ids, indexes, terms and bytes. It
 * must not know what replicates the groups, what is in an entry, or any clock but the queue's
 * timeout.
 *
 * <h2>Files</h2>
 *
 * <ul>
 *   <li>{@code 0000000000000001.log}, {@code …02.log}, …: segments, numbered without gaps; the
 *       oldest are deleted as they are no longer needed. Only the newest is written.
 *   <li>{@code spare.tmp}: the next segment while it is prepared; it gets its number by a rename
 *       once it holds its header and checkpoint durably. May be deleted while the node is stopped.
 *   <li>{@code LOCK}: held by the process that has the log open.
 * </ul>
 *
 * <h2>Layout</h2>
 *
 * <pre>
 * segment = header | checkpoint record per group | record ... | zeros to the reserved size
 *
 * header, 80 bytes                          record, 48 bytes + payload, padded to 8
 *  0 u64 magic "TIDELOG\n"                   0 u32 headerCrc
 *  8 u32 version = 1                         4 u32 prevCrc
 * 12 u32 header length = 80                  8 u32 payloadLength
 * 16 16B log id                             12 u32 payloadCrc
 * 32 u64 segment number                     16 u32 syncedEnd
 * 40 u64 previousEnd                        20 u8  type
 * 48 u32 previousCrc                        21 u8  tag
 * 52 u32 0                                  22 u16 0
 * 56 u64 checkpointEnd                      24 u64 group
 * 64 u64 0                                  32 u64 index
 * 72 u32 0                                  40 u64 term
 * 76 u32 crc                                48 payload, then zeros
 * </pre>
 *
 * <h2>Fields</h2>
 *
 * All numbers are little-endian; checksums are CRC32C.
 *
 * <ul>
 *   <li>previousEnd, previousCrc: where the segment before ended and the headerCrc of its last
 *       record; 0 in segment 1.
 *   <li>checkpointEnd: where the checkpoint records end.
 *   <li>crc: of the 76 bytes before it.
 *   <li>headerCrc: of log id (two u64), segment number, the record's offset, and bytes 4..48 of the
 *       record. So a record is valid in its own place only.
 *   <li>prevCrc: headerCrc of the record before, or crc of the header: the chain.
 *   <li>payloadCrc: of payload and padding.
 *   <li>syncedEnd: up to which offset the segment was durable when this was written; 0 in
 *       checkpoint records.
 *   <li>type: 1 ENTRY, 2 META, 3 TRUNCATE_PREFIX, 4 TRUNCATE_SUFFIX, 5 RESET, 6 DESTROY, 7
 *       ENTRY_COPY, 8 CHECKPOINT, 9 MARK.
 *   <li>index, term: of an ENTRY or ENTRY_COPY its own; TRUNCATE_PREFIX index = first kept,
 *       TRUNCATE_SUFFIX last kept, RESET next; META term = current term, payload = vote (UTF-8);
 *       CHECKPOINT index = first, term = current term, payload = last index (u64), vote.
 * </ul>
 *
 * <h2>Example</h2>
 *
 * Entry 1 of group 1, term 3, payload "100", at offset 136 right after a META record:
 *
 * <pre>
 * 88: 95 4e a1 1a  fa bc 6d 02  03 00 00 00  28 fc 9a a8   headerCrc, prevCrc, length 3, payloadCrc
 * 98: 88 00 00 00  01 00 00 00  01 00 00 00  00 00 00 00   syncedEnd 0x88, ENTRY, tag 0; group 1
 * a8: 01 00 00 00  00 00 00 00  03 00 00 00  00 00 00 00   index 1, term 3
 * b8: 31 30 30 00  00 00 00 00                             "100", padding
 * </pre>
 *
 * <h2>Compatibility</h2>
 *
 * Magic, version, header length and the place of the header's crc stay in all versions, so a reader
 * tells a newer version from damage. A reader refuses versions it does not know. Type codes are
 * never given a second meaning. The golden files {@code segment-v1-*.bin} pin version 1.
 */
@NullMarked
package io.tideline.server.log;

import org.jspecify.annotations.NullMarked;
