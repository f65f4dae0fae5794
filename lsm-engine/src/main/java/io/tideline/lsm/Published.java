package io.tideline.lsm;

import io.tideline.lsm.version.Version;

/**
 * What a new view shows: replaced as a whole with every batch and every change of layers, so that a
 * reader gets all three of one moment with one volatile read.
 *
 * @param limit end of the version's active memtable
 */
record Published(Version version, int limit, EngineState state) {}
