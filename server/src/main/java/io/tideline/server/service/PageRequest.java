package io.tideline.server.service;

import io.tideline.lsm.Direction;
import io.tideline.proto.v1.Filter;
import io.tideline.proto.v1.Projection;
import org.jspecify.annotations.Nullable;

/**
 * What one page of a timeline may hold.
 *
 * @param low smallest id, inclusive
 * @param high end of the ids, exclusive
 * @param lowGiven whether the caller named {@code low}, so that ids from there on that are gone are
 *     missing; otherwise it asked for what there is
 * @param entriesMax entries of the page
 * @param bytesMax bytes of the page's entries, but at least one entry
 * @param filter null for none
 */
record PageRequest(
    Direction direction,
    long low,
    long high,
    boolean lowGiven,
    int entriesMax,
    int bytesMax,
    @Nullable Filter filter,
    Projection projection) {}
