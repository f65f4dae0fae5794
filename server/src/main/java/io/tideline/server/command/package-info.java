/**
 * What the replicated log carries and how a partition applies it.
 *
 * <p>Commands and results are plain values: no protobuf, no Raft types, no clock. Applying is a
 * pure function of (state, command), so that every replica reaches the same state.
 *
 * <p>Start reading at {@link io.tideline.server.command.Command} and {@link
 * io.tideline.server.command.CommandResult}; what they do is in {@link
 * io.tideline.server.command.TimelineStateMachine}.
 *
 * <h2>Format of a command batch, versions 1 to 3</h2>
 *
 * <p><b>Files.</b> None of its own: the payload of one data entry of the replicated log.
 *
 * <p><b>Layout.</b> Integers are little-endian; {@code bytes} is a length and that many bytes; a
 * length or count is an unsigned varint, 7 bits a byte, low bits first.
 *
 * <pre>
 * batch   := version u8 | time i64 | count varint | command * count | crc32c u32
 * command := type u8 | body
 *
 * 1 APPEND         := flags u8 | kind u8 | timeline bytes
 *                     [ messageKey bytes      if flags &amp; 1 ]
 *                     [ expectedLastId i64    if flags &amp; 2 ]
 *                     [ firstAttemptTime i64  if flags &amp; 4 ] | value bytes
 * 2 PUT            := timeline bytes | sequenceId i64 | overwrite u8 | kind u8 | value bytes
 * 3 TRIM           := timeline bytes | throughSequenceId i64
 * 4 PUT_META       := timeline bytes | expectedVersion i64 | value bytes
 * 5 DELETE_META    := timeline bytes
 * 6 ADVANCE_TIME   :=
 * 7 SET_OPTIONS    := sequenceMode u8 | ttl i64 | dedupWindow i64
 * 8 CHANGE_CATALOG := change bytes
 *
 * since version 2:
 * 9 REPLACE_ENTRY    := flags u8 | timeline bytes | sequenceId i64 | expectedFingerprint i64
 *                       | kind u8 | value bytes [ announcement if flags &amp; 1 ]
 * 10 DELETE_ENTRY    := flags u8 | timeline bytes | sequenceId i64 [ announcement if flags &amp; 1 ]
 * 11 DELETE_TIMELINE := timeline bytes
 * announcement       := kind u8 | value bytes
 *
 * since version 3:
 * 12 FAN_OUT         := flags u8 | kind u8 | messageKey bytes [ firstAttemptTime i64 if flags &amp; 1 ]
 *                       | value bytes | count varint | timeline bytes * count
 * 13 COMMIT_CURSORS  := count varint | (timeline bytes | reader bytes | sequenceId i64) * count
 * 14 SET_RETENTION_OPTIONS := sequenceMode u8 | ttl i64 | dedupWindow i64
 *                             | retentionMaxEntries i64 | retentionMaxBytes i64
 * </pre>
 *
 * <p><b>Fields.</b> {@code version}: the oldest that knows all types of the batch. {@code
 * announcement}: an entry appended in the same step; flag 2 of REPLACE_ENTRY: at most once. {@code
 * time}: the leader's clock at the proposal, milliseconds since the epoch. {@code crc32c}: of
 * everything before it; it is computed by the leader and checked when the entry is applied, so it
 * covers the way through memory, log and network. {@code sequenceMode}: 1 DENSE, 2 MONOTONIC, 3
 * MANUAL. Durations and times are milliseconds.
 *
 * <p><b>Example</b>, appending "hi" to timeline 0x61 at time 1 (crc in the last four bytes):
 *
 * <pre>
 * 01  01 00 00 00 00 00 00 00  01  01 00 01  01 61  02 68 69  xx xx xx xx
 * </pre>
 *
 * <p><b>Compatibility.</b> Codes are never renumbered. A reader refuses versions, types and flags
 * it does not know. Version 1 has the types up to 8; version 2 adds those that edit and delete, and
 * is written only for batches that have one of them, so that a member that reads version 1 only
 * stops at the first edit and not before. Version 3 adds FAN_OUT, COMMIT_CURSORS, and
 * SET_RETENTION_OPTIONS for options that limit what timelines keep, in the same way.
 *
 * <h2>Formats of records</h2>
 *
 * <p><b>Files.</b> None of their own: values in the record tables of a partition's engine ({@link
 * io.tideline.server.command.RecordTables}), whose blocks carry checksums.
 *
 * <pre>
 * META       key timeline
 *            value format u8 | revision i64 | version i64 | updateTime i64 | content to the end     (big-endian)
 * DEDUP      key timeline | messageKey | length of messageKey u16                                 (big-endian)
 *            value format u8 | sequenceId i64 | previousSequenceId i64 | appendTime i64
 *                  | expiresAt i64 | fingerprint i64                                              (big-endian)
 *            of an edit: instead of the message key FE | 1 replaced, 2 deleted u8 | sequenceId i64
 * CURSOR     key timeline | reader | length of reader u16                                         (big-endian)
 *            value format u8 | epoch i64 | sequenceId i64 | updateTime i64                        (big-endian)
 * PARTITION  key 01
 *            value format u8 | sequenceMode u8 | ttl i64 | dedupWindow i64 | agingWindow i64
 *                  | changedAt i64 | floor i64                                                    (little-endian)
 *            format 2, of stores with retention: dedupWindow is followed by retentionMaxEntries i64
 *                  | retentionMaxBytes i64, and floor by retentionSince i64
 * RETENTION  key timeline
 *            value format u8 | since i64 | rows i64 | valueBytes i64                              (little-endian)
 * </pre>
 *
 * <p>Formats are 1 where nothing else is said.
 *
 * <p><b>Compatibility.</b> A reader refuses formats it does not know.
 */
@NullMarked
package io.tideline.server.command;

import org.jspecify.annotations.NullMarked;
