/**
 * What all files of the engine share: the header, the framed footer, names and little-endian
 * encoding. Internal to the engine; knows nothing of what the files contain.
 *
 * <h2>Layout</h2>
 *
 * <pre>
 * header (48 bytes)  [magic 8][type 4][version 4][engine id 16][file id 8][reserved 4][crc32c 4]
 * footer             [body ...][crc32c of body 4][body length 4][magic 8]
 * </pre>
 *
 * <h2>Fields</h2>
 *
 * All integers are little-endian. <b>magic</b>: the ASCII bytes {@code TIDELINE}. <b>type</b>: four
 * ASCII letters, {@code TABL}, {@code MNFS} or {@code SCRB}. <b>version</b>: format version of that
 * type, from 1. <b>engine id</b>: the identity drawn when the engine was created; two longs.
 * <b>file id</b>: number of the file, unique in the engine, 0 for the manifest. <b>crc32c</b> of a
 * header: of the 44 bytes before it.
 *
 * <h2>Compatibility</h2>
 *
 * Readers check magic and type first (not ours), then the checksum (corrupt), then the version (too
 * new), then identity (foreign). The 48 bytes never change; a new version of a type changes what
 * follows them.
 */
@NullMarked
package io.tideline.lsm.file;

import org.jspecify.annotations.NullMarked;
