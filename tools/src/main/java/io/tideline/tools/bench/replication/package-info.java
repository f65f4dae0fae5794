/**
 * {@code tideline bench failover}, {@code catch-up} and {@code restart}: what writers feel when a
 * node is lost, a leadership moves, a copy is rebuilt, and how long a restart takes. Real processes
 * on this machine, the real client. Start reading at {@link
 * io.tideline.tools.bench.replication.PacedWriters}, which all but the last use.
 */
@NullMarked
package io.tideline.tools.bench.replication;

import org.jspecify.annotations.NullMarked;
