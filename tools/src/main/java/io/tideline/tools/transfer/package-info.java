/**
 * Moves chat logs into stores and back: {@code import} and {@code export}.
 *
 * <p>An import promises: order per conversation as in the file, no message twice, none left out,
 * however often importer or server are killed. It rests on message keys that follow from a line's
 * position ({@link io.tideline.tools.transfer.LineKeys}); the checkpoint ({@link
 * io.tideline.tools.transfer.Checkpoint}) only saves work. Start reading at {@link
 * io.tideline.tools.transfer.ImportJob}.
 */
@NullMarked
package io.tideline.tools.transfer;

import org.jspecify.annotations.NullMarked;
