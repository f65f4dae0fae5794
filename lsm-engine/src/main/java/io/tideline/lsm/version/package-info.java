/**
 * Versions: which memtables and runs a reader sees, kept alive by reference counts. Internal to the
 * engine. Start at {@link io.tideline.lsm.version.Version}.
 */
@NullMarked
package io.tideline.lsm.version;

import org.jspecify.annotations.NullMarked;
