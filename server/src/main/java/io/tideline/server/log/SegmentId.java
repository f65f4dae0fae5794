package io.tideline.server.log;

import java.util.UUID;

/**
 * Which segment of which log: salts every checksum, so that bytes of another log, another segment
 * or another place never pass for a record.
 */
record SegmentId(UUID log, long number) {}
