/**
 * The manifest: which runs make up an engine and what state they correspond to. Internal to the
 * engine; knows tables only by their metadata. Start at {@link io.tideline.lsm.manifest.Manifest}.
 *
 * <h2>Files</h2>
 *
 * {@code MANIFEST}; while it is rewritten also {@code MANIFEST.tmp}, which is worth nothing before
 * it is renamed.
 *
 * <h2>Layout</h2>
 *
 * <pre>
 * file    [header 48][record]*                                 (header: io.tideline.lsm.file)
 * record  [crc32c 4][length 4][number 8][type 1][body of length bytes]
 * edit    [index 8][term 8][time 8][expire before 8][configuration length 4, bytes]
 *         [next file id 8][next generation 8]
 *         [removed runs 4]([min generation 8][max generation 8])*
 *         [added runs 4]([min generation 8][max generation 8][tables 4][table]*)*
 * table   [file id 8][origin: engine id 16, file id 8][size 8][crc32c 4][body crc32c 4]
 *         [live bytes 8][ranges 4]([low length 4, bytes][high length 4, bytes])*
 *         [properties]                                         (io.tideline.lsm.table)
 * </pre>
 *
 * <h2>Fields</h2>
 *
 * Little-endian. <b>crc32c</b>: of everything in the record after it. <b>number</b>: 1, 2, 3 …
 * within the file. <b>type</b>: 1 edit, 2 seal. The first edit adds every run, so a file is
 * complete in itself. <b>file id</b> names the file, <b>origin</b> is what its header says: they
 * differ for a table that came by a split, a merge or a snapshot. <b>ranges</b>: the internal keys
 * of a virtual table that count, {@code [low, high)} each, ascending; none means all of it. <b>live
 * bytes</b>: how much of the file that is, estimated; its size if there are no ranges. A
 * <em>seal</em> (no body, the number of the edit before it) is written after that edit was forced
 * and is overwritten by the next edit; it is not forced itself. It lets a reader tell a damaged
 * last edit (a valid seal follows: corrupt) from one that a crash tore (nothing valid follows:
 * ignored, for it was never acknowledged).
 *
 * <h2>Example</h2>
 *
 * A seal of edit 1: {@code <crc 4> 00 00 00 00 | 01 00 00 00 00 00 00 00 | 02}.
 *
 * <h2>Compatibility</h2>
 *
 * Version 1. Readers refuse newer versions. A change gets a new version constant, a golden file and
 * a paragraph here.
 */
@NullMarked
package io.tideline.lsm.manifest;

import org.jspecify.annotations.NullMarked;
