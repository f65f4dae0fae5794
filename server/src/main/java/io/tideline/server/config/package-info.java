/**
 * A node's configuration: the table of keys, where values come from, and the memory plan made of
 * them.
 *
 * <p>Values come, later ones winning, from the defaults, the YAML file, the environment and the
 * command line. Knows nothing of what the values are used for. Start reading at {@link
 * io.tideline.server.config.ConfigKey}, the table, then {@link
 * io.tideline.server.config.NodeConfig}.
 */
@NullMarked
package io.tideline.server.config;

import org.jspecify.annotations.NullMarked;
