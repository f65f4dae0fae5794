/**
 * Sorted tables: immutable files of groups in key order. Internal to the engine; knows nothing of
 * memtables, versions or threads. Start at {@link io.tideline.lsm.table.TableWriter} and {@link
 * io.tideline.lsm.table.TableReader}; a group's meaning is in {@link io.tideline.lsm.row}.
 *
 * <h2>Files</h2>
 *
 * {@code <16 hex digits>.sst}, written once, front to back, and never changed.
 *
 * <h2>Layout</h2>
 *
 * <pre>
 * file      [header 48][block]*[filter][index][properties][footer]     (header, footer: io.tideline.lsm.file)
 * block     [codec 1][0 3][raw length 4][stored payload][crc32c 4]
 * payload   [fragment]*[offset of fragment 4]*[fragment count 4]
 * fragment  [key length 2][flags 1][widths 1][row count 4][key]
 *           [last id 8][trim 8][appended 8][epoch 8][last millis 8]        if flag 2
 *           [base id 8][base millis 8]                                     if there are rows
 *           [id - base]*[millis - base]*[meta 1]*[end of value]*[value]*
 * filter    [kind 1][probes 1][0 2][lines 4][line 64]*[crc32c 4]                    kind 1, Bloom
 *           [kind 1][0 3][segments 4][segment length 4][0 4][seed 8][cell 1]*[crc32c 4]  kind 2, fuse
 * index     [count 4][offset of entry 4]*[entry]*[crc32c 4]
 * entry     [key length 2][key][last id 8][max millis 8][block offset 8][block length 4]
 * footer    [filter offset 8, length 4][index offset 8, length 4][properties offset 8, length 4]
 *           [crc32c of all bytes before the footer 4][0 4]
 * </pre>
 *
 * <h2>Fields</h2>
 *
 * Little-endian throughout. <b>key</b>: internal key ({@link io.tideline.lsm.row.InternalKey}).
 * <b>flags</b>: 1 the fragment starts its group, 2 an explicit head follows, 4 a record, 8 the
 * group goes on in the next block. A group that does not fit its block goes on in the next one,
 * even in the next file of its run, with fragments without flag 1. <b>widths</b>: bytes per id,
 * millis and end, as {@code (a * 5 + b) * 5 + c} of codes 0..4 for widths 0, 1, 2, 4, 8. Columns of
 * equal width make the i-th row reachable in O(1), in either direction. <b>meta</b>: {@link
 * io.tideline.lsm.row.RowType} in bits 5..6, kind in bits 0..4. <b>end of value</b>: relative to
 * the first value. A first fragment without explicit head, no record, has the head its rows imply:
 * last id and millis of the last row, appended = row count, nothing trimmed, epoch 0. <b>entry</b>:
 * of the last fragment and row of its block; <b>max millis</b> is {@code 2^63 - 1} if the block has
 * a row that is not an append, so that a block below the watermark may be skipped unseen.
 * <b>filter</b>: over {@link io.tideline.lsm.row.KeyHash}, seeded with the low half of the engine
 * id: a Bloom filter in 64-byte lines or a binary fuse filter of {@code segments + 2} times the
 * segment length cells. <b>properties</b>: {@link io.tideline.lsm.table.TableProperties}.
 *
 * <h2>Example</h2>
 *
 * A fragment of timeline key {@code 10 61} with one append, id 1 at millis 1000, kind 0, value
 * {@code 78}:
 *
 * <pre>
 * 02 00 | 01 | 01 | 01 00 00 00 | 10 61 | 01 00 00 00 00 00 00 00 | e8 03 00 00 00 00 00 00 | 00 | 01 | 78
 * keylen flags widths  rows        key      base id                    base millis            meta end value
 * </pre>
 *
 * <h2>Compatibility</h2>
 *
 * Version 1. Readers refuse newer versions. A change gets a new version constant, a golden file and
 * a paragraph here.
 */
@NullMarked
package io.tideline.lsm.table;

import org.jspecify.annotations.NullMarked;
