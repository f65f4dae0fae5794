package io.tideline.tools.transfer;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What an import is told.
 *
 * @param file the log; empty for standard input
 * @param target stores to write to
 * @param inboxCap most recent speakers of a conversation whose inboxes get its messages; 0 without
 *     an inbox store
 * @param inboxTtl expiry of entries if the inbox store has to be created; empty for none
 * @param checkpoint where to keep how far it is; empty for nowhere
 * @param retryFor how long a write is retried while the node is away
 * @param skipBad malformed lines to skip before giving up
 */
record ImportOptions(
    Optional<Path> file,
    ChatTarget target,
    int inboxCap,
    Optional<Duration> inboxTtl,
    Optional<Path> checkpoint,
    Duration retryFor,
    long skipBad) {}
