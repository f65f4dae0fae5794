/**
 * {@code tideline bench idle}: what a node with many partitions costs while nobody uses it, and how
 * long it takes to start. {@link io.tideline.tools.bench.idle.IdleBenchCommand} is the script, and
 * what the system tells of a process.
 */
@NullMarked
package io.tideline.tools.bench.idle;

import org.jspecify.annotations.NullMarked;
