/** {@code tideline bench fanout}: one call for many inboxes beside one call for each. */
@NullMarked
package io.tideline.tools.bench.fanout;

import org.jspecify.annotations.NullMarked;
