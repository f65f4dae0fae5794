/**
 * Reading: one frozen state of an engine, heads and their cache, and the cursors that put layers
 * together. Internal to the engine; writes nothing. Start at {@link
 * io.tideline.lsm.view.EngineView}.
 */
@NullMarked
package io.tideline.lsm.view;

import org.jspecify.annotations.NullMarked;
