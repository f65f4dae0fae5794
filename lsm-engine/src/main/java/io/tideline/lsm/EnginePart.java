package io.tideline.lsm;

import java.nio.file.Path;

/**
 * What a part of a split becomes: an engine of its own.
 *
 * @param directory where; must not exist, or hold the same part from an earlier attempt
 * @param range its timelines
 * @param position where its own log begins: the engine's first {@link EngineState#position}. Its
 *     log has nothing to do with that of the engine it came from
 * @param configuration the owner's opaque bytes it begins with
 */
public record EnginePart(
    Path directory, KeyRange range, LogPosition position, byte[] configuration) {}
