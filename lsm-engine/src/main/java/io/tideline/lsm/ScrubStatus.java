package io.tideline.lsm;

/**
 * How far the verification of an engine's files has come.
 *
 * @param running whether a pass is under way
 * @param lastFinishedMillis when a pass was last completed, by the machine's clock in milliseconds
 *     since the epoch; 0 if never
 * @param filesVerified files read since the engine was opened
 * @param bytesVerified their bytes
 * @param filesLeft files that the present pass has still to read
 * @param manifestsRepaired damaged manifests that were written anew since the engine was opened
 */
public record ScrubStatus(
    boolean running,
    long lastFinishedMillis,
    long filesVerified,
    long bytesVerified,
    int filesLeft,
    long manifestsRepaired) {}
