/**
 * The commands on stores, timelines and meta: {@code store}, {@code timeline}, {@code meta}; and
 * how identifiers, values and entries are typed and printed.
 *
 * <p>Sees the client's public API only. Start reading at {@link
 * io.tideline.tools.data.TimelineCommands}; the forms are in {@link
 * io.tideline.tools.data.IdentifierText} and {@link io.tideline.tools.data.ValueJson}.
 */
@NullMarked
package io.tideline.tools.data;

import org.jspecify.annotations.NullMarked;
