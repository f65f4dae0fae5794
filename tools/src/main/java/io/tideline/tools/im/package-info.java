/**
 * A small instant messenger on the Java client: the example of how an application keeps users,
 * conversations, members, inboxes and cursors in timelines; and {@code tideline im}, a chat in the
 * terminal.
 *
 * <p>Start reading at {@link io.tideline.tools.im.Im} (what can be done), then {@code Members} (who
 * sees what) and {@link io.tideline.tools.im.ImDevice} (how a device comes up to date). The layout
 * of the stores is in {@code docs/im.md}. Sees the client's public API only; what is here, any
 * application can do.
 */
@NullMarked
package io.tideline.tools.im;

import org.jspecify.annotations.NullMarked;
