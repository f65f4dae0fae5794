/** The shared, group-committed log of a node; start at {@link io.tideline.server.log.GroupLog}. */
@NullMarked
package io.tideline.server.log;

import org.jspecify.annotations.NullMarked;
