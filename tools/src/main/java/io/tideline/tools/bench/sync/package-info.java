/**
 * {@code tideline bench sync}: many users that pull their inboxes, and tails that wait. {@link
 * io.tideline.tools.bench.sync.SyncBenchCommand} is the script, {@code SyncLoad} pulls, {@code
 * IdleTails} waits.
 */
@NullMarked
package io.tideline.tools.bench.sync;

import org.jspecify.annotations.NullMarked;
